"""The evidence behind one assessment: the words it rests on, with places in the original text."""

import re
from collections.abc import Sequence

from triage.records import Evidence
from triage.text.mentions import Mention
from triage.text.reading import Reading
from triage.text.redaction import redact

_DIGIT = re.compile(r"\d")

MODEL_CUE = "model"
"""Names evidence that the statistics chose, not the lexicon."""

_SHOWN_KINDS = ("risk", "decoy", "mention", "distress", "farewell", "death", "topic")


def collect_evidence(
    original: str,
    reading: Reading,
    *,
    level: int,
    carriers: Sequence[tuple[int, int]],
) -> tuple[Evidence, ...]:
    """Collect the words that carried an assessment.

    :param original: the text as it was written.
    :param reading: what was read of it.
    :param level: the urgency decided on.
    :param carriers: token ranges that carried it beyond the lexicon's; see ``find_carriers``.
    :returns: what counts first, the highest level first; then what was read and set aside; then
        what names the crime.
    """
    found = [
        _of_mention(original, reading, mention)
        for mention in reading.mentions
        if mention.cue.kind in _SHOWN_KINDS
    ]
    found += [_of_range(original, reading, start, end, level) for start, end in carriers]
    return tuple(sorted(found, key=_rank))


def _rank(evidence: Evidence) -> tuple[bool, bool, int, bool, int]:
    topic = evidence.cue.startswith("topic.")
    by_model = evidence.cue == MODEL_CUE
    return (topic, not evidence.counts, -evidence.level, by_model, evidence.start)


def _of_mention(original: str, reading: Reading, mention: Mention) -> Evidence:
    start, end = reading.original_span(mention.start, mention.end)
    words = original[start:end]
    # A phrase without a gap or a number is the lexicon's own words: nothing in it to mask.
    own_words = not mention.gapped and not _DIGIT.search(words)
    return Evidence(
        start=start,
        end=end,
        level=mention.level if mention.counts else mention.cue.level,
        counts=mention.counts,
        context=mention.context,
        cue=mention.cue.id,
        snippet=words if own_words else redact(words),
    )


def _of_range(original: str, reading: Reading, first: int, last: int, level: int) -> Evidence:
    start, end = reading.original_span(first, last)
    return Evidence(
        start=start,
        end=end,
        level=level,
        counts=True,
        context=(),
        cue=MODEL_CUE,
        snippet=redact(original[start:end]),
    )


def summarise(evidence: Sequence[Evidence], *, most: int = 3, width: int = 60) -> str:
    """Put the most telling snippets in one short line.

    :param most: snippets at most.
    :param width: characters of one snippet at most.
    :returns: masked snippets, such as ``"zeher kha lunga" (level 3)``; empty where there are none.
    """
    lines: list[str] = []
    for item in evidence:
        words = " ".join(item.snippet.split())
        if len(words) > width:
            words = words[: width - 1].rstrip() + "…"
        notes = [f"level {item.level}"] if item.level and item.counts else []
        notes += list(item.context) if not item.counts else []
        line = f'"{words}"' + (f" ({', '.join(notes)})" if notes else "")
        if line not in lines:
            lines.append(line)
    return "; ".join(lines[:most])
