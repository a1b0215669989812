"""Is a corpus sound? Near-copies, identifiers that could be real, evidence, balance, shortcuts."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from triage.evaluation.near_copies import WORD, hold_together, near_copies, word_runs
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, LANGUAGES, Urgency
from triage.records import LabelledComplaint
from triage.text.leads import find_leads

__all__ = [
    "CorpusReport",
    "check_corpus",
    "hold_together",
    "near_copies",
    "shortcut_scores",
    "word_runs",
]

SHORTCUT_MARGIN = 0.08
"""Macro-F1 by which a model that sees only the outside may beat one that knows nothing."""

_REAL_PHONE = re.compile(r"(?<![\dxX])[6-9]\d{9}(?!\d)")
_NUMBER = re.compile(r"[\d\u0966-\u096fxX]*\d(?:[\d\u0966-\u096fxX,.:/-]*[\dxX])?(?:/-)?")
_EXAMPLE = re.compile(r"example", re.IGNORECASE)

STOP_WORDS = frozenset(
    (
        "the a an is are was were am be been to of in on at for from with by and or but i me my we "
        "he she it they his her him them this that not no do did so as if sir please hai he ho hu "
        "ka ki ke ko se ne me mein par pe aur or ye wo to bhi hi na nahi kya mai main mera meri mere "
        "है का की के को से ने में पर और यह वो तो भी ही न नहीं मैं मेरा मेरी मेरे हैं था थी थे आहे आणि "
        "चा ची चे ला त मी माझा माझी माझे हा ही हे तो ती ते नाही पण व"
    ).split()
)


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What the checks found.

    :param counts: plain lines about sizes and balance.
    :param problems: one plain line each, naming ids only; empty where all is well.
    """

    counts: tuple[str, ...]
    problems: tuple[str, ...]


def check_corpus(
    complaints: Sequence[LabelledComplaint],
    apart_from: Sequence[LabelledComplaint] = (),
    *,
    progress: Callable[[str], None] = lambda step: None,
) -> CorpusReport:
    """Check a corpus.

    :param apart_from: texts that none of the corpus may come near.
    :param progress: called with a plain line before each check.
    """
    progress("looking for near-copies")
    runs = [word_runs(c.text) for c in complaints]
    problems = [
        f"{complaints[i].id} and {complaints[j].id} are near-copies in different scenarios"
        for i, j in near_copies(runs)
        if complaints[i].scenario != complaints[j].scenario
    ]
    if apart_from:
        progress(f"comparing with {len(apart_from):,} texts to keep apart from")
        other = [word_runs(c.text) for c in apart_from]
        count = len(complaints)
        problems += [
            f"{complaints[i].id} comes near {apart_from[j - count].id}, which it must not"
            for i, j in near_copies([*runs, *other])
            if i < count <= j
        ]
    progress("looking at identifiers and evidence")
    problems += [problem for c in complaints for problem in _check_one(c)]
    progress("looking for shortcuts")
    counts = [*_count_lines(complaints)]
    for name, target in _targets(complaints).items():
        found, blind = shortcut_scores(complaints, target)
        counts.append(f"shortcut {name}: macro-F1 {found:.3f}, knowing nothing {blind:.3f}")
        if found > blind + SHORTCUT_MARGIN:
            problems.append(
                f"{name} shows in length, language, punctuation, capitals or stop words: macro-F1"
                f" {found:.3f}, at most {blind + SHORTCUT_MARGIN:.3f}"
            )
    return CorpusReport(tuple(counts), tuple(problems))


def _check_one(complaint: LabelledComplaint) -> list[str]:
    problems: list[str] = []
    if _REAL_PHONE.search(complaint.text):
        problems.append("holds a phone number that could be real")
    for lead in find_leads(complaint.text, kinds=frozenset({"email", "link", "upi"})):
        # The name of a file leads nowhere; the portal is no secret.
        harmless = lead.value.endswith(".apk") or lead.value.startswith("cybercrime.gov")
        if not harmless and not _EXAMPLE.search(lead.value):
            problems.append(f"holds a {lead.kind} outside the example domains")
    if any(words not in complaint.text for words in complaint.evidence):
        problems.append("marks evidence that is not in its text")
    if complaint.urgency and not complaint.evidence:
        problems.append("has a level and no marked evidence")
    return [f"{complaint.id} {problem}" for problem in problems]


def _count_lines(complaints: Sequence[LabelledComplaint]) -> list[str]:
    lines = [f"{len(complaints):,} complaints, {len({c.scenario for c in complaints}):,} stories"]
    for language in LANGUAGES:
        own = [c for c in complaints if c.language == language]
        pairs = len({c.scenario for c in own if c.phenomenon})
        category = Counter(c.category for c in own)
        level = Counter(c.urgency for c in own)
        lines.append(
            f"{language}: {len(own):,} ({pairs} pairs); "
            + ", ".join(f"{c} {category[c]}" for c in CATEGORIES)
            + "; levels "
            + "/".join(str(level[u]) for u in Urgency)
        )
    return lines


def _targets(complaints: Sequence[LabelledComplaint]) -> dict[str, NDArray[np.int64]]:
    return {
        "category": np.array([CATEGORIES.index(c.category) for c in complaints]),
        "high risk": np.array([int(c.urgency >= HIGH_RISK_LEVEL) for c in complaints]),
    }


def shortcut_scores(
    complaints: Sequence[LabelledComplaint], target: NDArray[np.int64]
) -> tuple[float, float]:
    """Score a model that sees only the outside of the texts, cross-validated by scenario.

    :returns: its macro-F1, and that of knowing nothing: the better of always saying the commonest
        label and of drawing labels by their shares (with three equal classes the first has a
        macro-F1 of 0.17 and any blind guess 0.33).
    """
    outside = np.array([_outside(c) for c in complaints])
    groups = np.array([c.scenario for c in complaints])
    folds = GroupKFold(n_splits=5, shuffle=True, random_state=20)

    def score(model: object) -> float:
        guess = cross_val_predict(model, outside, target, groups=groups, cv=folds)
        return float(f1_score(target, guess, average="macro"))

    shallow = HistGradientBoostingClassifier(max_iter=60, max_depth=3, random_state=20)
    commonest = score(DummyClassifier(strategy="most_frequent"))
    draws = [score(DummyClassifier(strategy="stratified", random_state=n)) for n in range(20)]
    return score(shallow), max(commonest, float(np.mean(draws)))


def _outside(complaint: LabelledComplaint) -> list[float]:
    """Describe a text by length, language, punctuation, capitals and stop words.

    Numbers go first: the commas of "12,000" are no punctuation, and money is content.
    """
    text = _NUMBER.sub(" ", complaint.text)
    words = WORD.findall(text)
    count = max(1, len(words))
    letters = max(1, sum(char.isalpha() for char in text))
    return [
        len(words),
        len(text),
        LANGUAGES.index(complaint.language),
        sum(char in ".!?।" for char in text) / count,
        sum(char in ",;:-" for char in text) / count,
        sum(char.isupper() for char in text) / letters,
        text.count("\n"),
        sum(word.lower() in STOP_WORDS for word in words) / count,
    ]
