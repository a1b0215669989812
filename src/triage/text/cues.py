"""Find the lexicon's cues in a doc, and read what the words around them make of each."""

from dataclasses import dataclass

from spacy.attrs import NORM
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from triage.text.context import SENTENCE_ENDS, ContextReader
from triage.text.lexicon import MAX_GAP, Lexicon, Pattern, Run
from triage.text.mentions import Mention, build_pattern

TOPIC_KINDS = frozenset({"topic", "minor"})
"""Cues whose meaning no context changes."""


@dataclass(frozen=True, slots=True)
class _GapPattern:
    cue: int
    runs: tuple[int, ...]


class CueFinder:
    """Pipeline component: sets ``doc._.mentions``.

    All phrases go into one ``PhraseMatcher`` on NORM, which costs little however many they are.
    Patterns with gaps are put together from their runs, only where all their runs were found.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self.matcher = PhraseMatcher(vocab, attr=NORM)

    def attach(self, lexicon: Lexicon) -> None:
        """Take the phrases of a lexicon."""
        self.cues = lexicon.cues
        self._order = {cue.id: i for i, cue in enumerate(self.cues)}
        self.reader = ContextReader(self.vocab, lexicon.rules)
        self._gaps_by_runs: dict[int, dict[int, list[_GapPattern]]] = {}
        self._cue_by_key: dict[int, int] = {}
        self._run_keys: set[int] = set()
        names: dict[Run, str] = {}
        for index, cue in enumerate(self.cues):
            plain = [build_pattern(self.vocab, p[0]) for p in cue.patterns if len(p) == 1]
            if plain:
                self.matcher.add(f"cue {index}", plain)
                self._cue_by_key[self.vocab.strings[f"cue {index}"]] = index
            for pattern in cue.patterns:
                if len(pattern) > 1:
                    self._add_gap_pattern(index, pattern, names)

    def _add_gap_pattern(self, index: int, pattern: Pattern, names: dict[Run, str]) -> None:
        for run in pattern:
            if run not in names:
                names[run] = f"run {len(names)}"
                self.matcher.add(names[run], [build_pattern(self.vocab, run)])
                self._run_keys.add(self.vocab.strings[names[run]])
        keys = tuple(self.vocab.strings[names[run]] for run in pattern)
        by_second = self._gaps_by_runs.setdefault(keys[0], {})
        by_second.setdefault(keys[1], []).append(_GapPattern(index, keys))

    def __call__(self, doc: Doc) -> Doc:
        """Find the cues of one doc and their context."""
        matches = self.matcher(doc)
        if matches:
            mentions = self._mentions(doc, matches)
            if mentions:
                doc._.mentions = self.reader.read(doc, keep_longest(mentions))
        return doc

    def _mentions(self, doc: Doc, matches: list[tuple[int, int, int]]) -> list[Mention]:
        mentions: list[Mention] = []
        runs: dict[int, list[tuple[int, int]]] = {}
        for key, start, end in matches:
            if key in self._run_keys:
                runs.setdefault(key, []).append((start, end))
            else:
                cue = self.cues[self._cue_by_key[key]]
                mentions.append(Mention(cue=cue, start=start, end=end))
        if len(runs) > 1:
            mentions += self._join_runs(doc, runs)
        # Where two cues hold the same words, the one that the lexicon names first speaks.
        return sorted(mentions, key=lambda m: self._order[m.cue.id])

    def _join_runs(self, doc: Doc, found: dict[int, list[tuple[int, int]]]) -> list[Mention]:
        joined: list[Mention] = []
        for first, spans in found.items():
            by_second = self._gaps_by_runs.get(first, {})
            # Most patterns share their first run with hundreds: the second one tells them apart.
            for second in by_second.keys() & found.keys():
                for gap in by_second[second]:
                    places = self._join_one(doc, gap, spans, found)
                    cue = self.cues[gap.cue]
                    joined += [Mention(cue, start, end, gapped=True) for start, end in places]
        return joined

    def _join_one(
        self,
        doc: Doc,
        gap: _GapPattern,
        spans: list[tuple[int, int]],
        found: dict[int, list[tuple[int, int]]],
    ) -> list[tuple[int, int]]:
        for key in gap.runs[1:]:
            spans = [
                (start, stop)
                for start, end in spans
                for begin, stop in found.get(key, ())
                if end <= begin <= end + MAX_GAP and not _ends_between(doc, end, begin)
            ]
        return spans


def _ends_between(doc: Doc, start: int, stop: int) -> bool:
    """Say whether a sentence ends in a gap; then the runs belong to two thoughts."""
    return any(doc[i].text in SENTENCE_ENDS for i in range(start, stop))


def keep_longest(mentions: list[Mention]) -> list[Mention]:
    """Drop each mention inside a longer one: "mann nahi karta jeene ka" also holds "jeene".

    Of two with the same words a decoy stays, else the higher level. Topics overlap whatever they like.
    """
    kept: list[Mention] = []
    order = sorted(mentions, key=lambda m: (m.start - m.end, m.cue.kind != "decoy", -m.cue.level))
    for mention in order:
        inside = mention.cue.kind not in TOPIC_KINDS and any(
            other.start <= mention.start
            and mention.end <= other.end
            and other.cue.kind not in TOPIC_KINDS
            for other in kept
        )
        if not inside:
            kept.append(mention)
    return sorted(kept, key=lambda m: (m.start, m.end))
