"""The few words of a complaint that the list shows, names and identifiers masked."""

import re

from triage.records import Assessment
from triage.text.normalise import normalise
from triage.text.redaction import redact

WIDTH = 200
"""Characters of a snippet at most."""

_READ = 4 * WIDTH  # characters that are masked at once; masks are shorter than what they stand for
_BACK = 120  # characters before the telling words in which their sentence may begin
_SENTENCE_END = re.compile(r"[.!?\u0964\n]\s+(?=\S)")


def make_snippet(text: str, assessment: Assessment) -> str:
    """Give the sentence that tells most, or, where none does, the beginning.

    :param text: as it was written.
    :param assessment: whose evidence, the most telling first, has its places in the text.
    """
    start = _find_start(text, assessment)
    window = text[start : start + _READ]
    if start + _READ < len(text):  # half of an identifier would not be known as one
        window = window[: window.rfind(" ") + 1] or window
    words = redact(normalise(window).text).strip()
    cut = len(words) > WIDTH or start + _READ < len(text)
    if len(words) > WIDTH:
        words = words[: words.rfind(" ", WIDTH // 2, WIDTH)].rstrip()[:WIDTH]
    return f"{'… ' if start else ''}{words}{' …' if cut else ''}"


def _find_start(text: str, assessment: Assessment) -> int:
    telling = [item for item in assessment.evidence if item.counts and item.level > 0]
    if not telling or telling[0].end <= WIDTH:
        return 0
    earliest = max(telling[0].start - _BACK, 0)
    before = text[earliest : telling[0].start]
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    if ends:
        return earliest + ends[-1]
    return earliest + before.find(" ") + 1
