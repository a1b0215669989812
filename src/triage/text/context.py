"""What the words around a cue make of it: denied, whose life, said by whom, in general, past, now.

In the manner of ConText (Harkema et al., 2009): a trigger has a direction and a reach, and a
sentence's end or a word such as "but" closes its scope. The triggers of all languages are in the
lexicon; this module knows none.
"""

from dataclasses import dataclass

from spacy.attrs import NORM
from spacy.matcher import PhraseMatcher
from spacy.strings import hash_string  # type: ignore[attr-defined]
from spacy.tokens import Doc
from spacy.vocab import Vocab

from triage.text.lexicon import ContextRule
from triage.text.mentions import Mention, build_pattern
from triage.text.spelling import spelling_key

CANCELLING = frozenset({"denied", "offender", "taunt", "general", "past"})
"""Context that takes a cue's meaning away."""

SENTENCE_ENDS = (".", "!", "?", "।", "॥", "|", "..", "...", "…", ";")

_READ_KINDS = frozenset({"risk", "mention", "distress", "farewell", "death"})
NEGATORS = tuple(
    "nahi na not no never cannot dont wont without neither nothing siwa sivay alawa bina "
    "नको नाय न्हाई नाहीये नाहीय नये शिवाय वाचून नसेन नव्हता".split()
)
"""Words of denial: a cue that holds one already is not denied by another."""


_MARK_KEYS = frozenset(hash_string(mark) for mark in SENTENCE_ENDS)


def sentence_ends(keys: list[int]) -> list[int]:
    """Give the places of the tokens that end a sentence.

    :param keys: each token's spelling key as a hash; a mark is its own key.
    """
    return [i for i, key in enumerate(keys) if key in _MARK_KEYS]


def ends_sentence(key: int) -> bool:
    """Say whether a word, by its spelling key's hash, is a mark that ends a sentence."""
    return key in _MARK_KEYS


@dataclass(frozen=True, slots=True)
class _Trigger:
    rule: ContextRule
    start: int
    end: int


class ContextReader:
    """Reads the context of each mention of a doc.

    :param rules: the lexicon's context rules; those of kind ``end`` close every scope.
    """

    def __init__(self, vocab: Vocab, rules: tuple[ContextRule, ...]) -> None:
        self.rules = rules
        self.matcher = PhraseMatcher(vocab, attr=NORM)
        self._rule_by_key: dict[int, ContextRule] = {}
        self._negators = {vocab.strings.add(spelling_key(word)) for word in NEGATORS}
        for i, rule in enumerate(rules):
            docs = [build_pattern(vocab, run) for pattern in rule.patterns for run in pattern]
            self.matcher.add(f"rule {i}", docs)
            self._rule_by_key[vocab.strings[f"rule {i}"]] = rule

    def read(self, doc: Doc, mentions: list[Mention]) -> tuple[Mention, ...]:
        """Give each mention its context, level and whether it counts.

        :param mentions: in order of their place.
        :returns: the same mentions, read.
        """
        if not any(m.cue.kind in _READ_KINDS for m in mentions):
            return tuple(_read_alone(m) for m in mentions)
        triggers = [
            _Trigger(self._rule_by_key[key], start, end) for key, start, end in self.matcher(doc)
        ]
        ends = sentence_ends(doc.to_array(NORM).tolist())
        return tuple(self._read_one(doc, m, triggers, ends) for m in mentions)

    def _read_one(
        self, doc: Doc, mention: Mention, triggers: list[_Trigger], ends: list[int]
    ) -> Mention:
        if mention.cue.kind not in _READ_KINDS:
            return _read_alone(mention)
        low = max((e + 1 for e in ends if e < mention.start), default=0)
        high = min((e for e in ends if e >= mention.end), default=10**9)
        near = [t for t in triggers if t.start >= low and t.end <= high]
        breaks = [t.start for t in near if t.rule.kind == "end"]
        found = {t.rule.kind for t in near if t.rule.kind != "end" and _applies(t, mention, breaks)}
        if any(doc[i].norm in self._negators for i in range(mention.start, mention.end)):
            found.discard("denied")  # "jeene ka mann nahi": the no is part of the wish itself
        return judge(mention, frozenset(found))


def _read_alone(mention: Mention) -> Mention:
    """Read a mention whose meaning no context changes; a decoy says itself what it is."""
    if mention.cue.kind == "decoy":
        return mention.read_as((mention.cue.reading,), level=0, counts=False)
    return mention


def _applies(trigger: _Trigger, mention: Mention, breaks: list[int]) -> bool:
    before = trigger.end <= mention.start
    after = trigger.start >= mention.end
    where = trigger.rule.where
    if not before and not after:
        # A trigger inside a cue is part of its wording: "jeene ka mann nahi" is not denied. One that
        # only begins or ends there is no longer where it has to be: "cannot face my [father]".
        passed = (where == "before" and trigger.end > mention.end) or (
            where == "after" and trigger.start < mention.start
        )
        return trigger.rule.kind in ("now", "other") and not passed
    if (before and where == "after") or (after and where == "before"):
        return False
    distance = mention.start - trigger.end if before else trigger.start - mention.end
    if distance > trigger.rule.reach:
        return False
    low, high = (trigger.end, mention.start) if before else (mention.end, trigger.start)
    return not any(low <= place < high for place in breaks)


def judge(mention: Mention, found: frozenset[str]) -> Mention:
    """Say what a mention means in its context.

    :param found: kinds of context around it.
    :returns: the mention with ``context``, ``counts`` and ``level`` set.

    Source: label guide, section 2. What counts no more has level 0; "no
    option but" tied to an "if" is 3; a plan for now is 4.
    """
    context = found
    counts = not (context & CANCELLING)
    level = mention.cue.level
    if not counts:
        level = 0
    elif level == 3 and "now" in context:
        level = 4
    elif level == 2 and "if" in context and mention.cue.sure:
        level = 3
    return mention.read_as(tuple(sorted(context)), level=level, counts=counts)
