"""Find the lexicon's cues in a doc, and read what the words around them make of each."""

from dataclasses import dataclass
from operator import itemgetter

from spacy.attrs import NORM
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from triage.text.context import SENTENCE_ENDS, ContextReader
from triage.text.lexicon import MAX_GAP, Cue, Lexicon, Pattern, Run
from triage.text.mentions import Mention, build_pattern

TOPIC_KINDS = frozenset({"topic", "minor"})
"""Cues whose meaning no context changes."""

Match = tuple[int, int, int]
"""What the matcher gives: the name's hash, first token, one past the last."""


@dataclass(frozen=True, slots=True)
class _GapPattern:
    """A pattern by what follows its first two runs."""

    cue: Cue
    rest: tuple[int, ...]


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
        self._gaps_by_pair: dict[int, dict[int, list[_GapPattern]]] = {}
        self._cue_by_key: dict[int, int] = {}
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
        first, second, *rest = (self.vocab.strings[names[run]] for run in pattern)
        by_second = self._gaps_by_pair.setdefault(first, {})
        by_second.setdefault(second, []).append(_GapPattern(self.cues[index], tuple(rest)))

    def __call__(self, doc: Doc) -> Doc:
        """Set the cues of one doc and their context."""
        doc._.mentions = self.find(doc)
        return doc

    def find(self, doc: Doc) -> tuple[Mention, ...]:
        """Find the cues of one doc and their context."""
        matches = self.matcher(doc)
        mentions = self._mentions(doc, matches) if matches else None
        return self.reader.read(doc, keep_longest(mentions)) if mentions else ()

    def _mentions(self, doc: Doc, matches: list[Match]) -> list[Mention]:
        mentions: list[Mention] = []
        runs: list[Match] = []
        for match in matches:
            index = self._cue_by_key.get(match[0])
            if index is None:
                runs.append(match)
            else:
                cue = self.cues[index]
                mentions.append(Mention(cue, match[1], match[2], level=cue.level))
        if len(runs) > 1:
            mentions += self._join_runs(doc, runs)
        # Where two cues hold the same words, the one that the lexicon names first speaks.
        return sorted(mentions, key=lambda m: self._order[m.cue.id])

    def _join_runs(self, doc: Doc, runs: list[Match]) -> list[Mention]:
        runs.sort(key=itemgetter(1))
        present = {run[0] for run in runs}
        joined: list[Mention] = []
        for i, (first, start, end) in enumerate(runs, start=1):
            by_second = self._gaps_by_pair.get(first)
            if by_second is None or by_second.keys().isdisjoint(present):
                continue
            # Most patterns share their first run with hundreds: the second one tells them apart.
            for place in range(i, len(runs)):
                second, begin, stop = runs[place]
                if begin > end + MAX_GAP:
                    break
                gaps = by_second.get(second) if begin >= end else None
                if gaps and not _ends_between(doc, end, begin):
                    for gap in gaps:
                        if not present.issuperset(gap.rest):
                            continue
                        ends = _follow(doc, [stop], gap.rest, runs)
                        joined += [
                            Mention(gap.cue, start, last, level=gap.cue.level, gapped=True)
                            for last in ends
                        ]
        return joined


def _follow(doc: Doc, ends: list[int], rest: tuple[int, ...], runs: list[Match]) -> list[int]:
    """Go on from where a pattern's first runs end.

    :returns: where it ends as a whole; none where a run is missing.
    """
    for key in rest:
        ends = [
            stop
            for end in ends
            for found, begin, stop in runs
            if found == key and end <= begin <= end + MAX_GAP and not _ends_between(doc, end, begin)
        ]
    return ends


def _ends_between(doc: Doc, start: int, stop: int) -> bool:
    """Say whether a sentence ends in a gap; then the runs belong to two thoughts."""
    return any(doc[i].text in SENTENCE_ENDS for i in range(start, stop))


def keep_longest(mentions: list[Mention]) -> list[Mention]:
    """Drop each mention inside a longer one: "mann nahi karta jeene ka" also holds "jeene".

    Of two with the same words a decoy stays, else the higher level. Topics overlap whatever they like.
    """
    kept = [mention for mention in mentions if mention.cue.kind in TOPIC_KINDS]
    rest = [mention for mention in mentions if mention.cue.kind not in TOPIC_KINDS]
    rest.sort(key=lambda m: (m.start - m.end, m.cue.kind != "decoy", -m.cue.level))
    longest: list[Mention] = []
    for mention in rest:
        if not any(o.start <= mention.start and mention.end <= o.end for o in longest):
            longest.append(mention)
    return sorted(kept + longest, key=lambda m: (m.start, m.end))
