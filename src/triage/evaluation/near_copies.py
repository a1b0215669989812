"""Texts that are nearly the same, and stories held together so that no split parts such texts."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from triage.records import LabelledComplaint

RUN = 4
"""Near-copies share many runs of this many words."""

NEAR_SHARE = 0.3
NEAR_RUNS = 6
COMMON = 20
"""A run in more texts than this is a form's opening or a stock phrase, and no sign of copying."""

_NUMBER = re.compile(r"\d+")
WORD = re.compile(r"[^\W_]+(?:[\u0900-\u0963]+[^\W_]*)*")


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Give the runs of four words of a text, lower case."""
    words = WORD.findall(text.lower())
    return frozenset(tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def near_copies(runs: Sequence[frozenset[tuple[str, ...]]]) -> list[tuple[int, int]]:
    """Find pairs of texts that share six or more runs and three in ten of the shorter one's.

    Runs that more than ``COMMON`` texts hold don't count, neither as shared nor as a text's own.

    :returns: pairs of indexes, the smaller first, sorted.
    """
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, own in enumerate(runs):
        for run in own:
            places[run].append(i)
    telling = [texts for texts in places.values() if len(texts) <= COMMON]
    sizes = Counter(i for texts in telling for i in texts)
    shared: Counter[tuple[int, int]] = Counter()
    for texts in telling:
        shared.update((i, j) for n, i in enumerate(texts) for j in texts[n + 1 :])
    return sorted(
        (i, j)
        for (i, j), count in shared.items()
        if count >= NEAR_RUNS and count >= NEAR_SHARE * min(sizes[i], sizes[j])
    )


def hold_together(complaints: Sequence[LabelledComplaint]) -> list[LabelledComplaint]:
    """Give near-copies one scenario, so that no split has one to learn from and one to be asked.

    Texts of the same words are held together too, however short, and whatever their numbers: a form
    letter sent by many differs in its amounts alone. It goes on from copy to copy: where
    A is near B and B near C, the stories of all three become one.

    :param complaints: in an order of which the first one's scenario gives its name to the others'.
    :returns: the same complaints in the same order, only their scenarios changed.

    Source: Galler and Fischer (1964) for the joining of sets; Kapoor and Narayanan (2023), "Leakage
    and the reproducibility crisis in machine-learning-based science", for why copies may not be
    parted.
    """
    parents = {complaint.scenario: complaint.scenario for complaint in complaints}
    ranks = {scenario: rank for rank, scenario in enumerate(parents)}

    def find(scenario: str) -> str:
        while parents[scenario] != scenario:
            parents[scenario] = scenario = parents[parents[scenario]]
        return scenario

    pairs = near_copies([word_runs(complaint.text) for complaint in complaints])
    for i, j in (*pairs, *_same_words(complaints)):
        first, second = sorted(
            (find(complaints[i].scenario), find(complaints[j].scenario)), key=ranks.__getitem__
        )
        parents[second] = first
    return [
        complaint if scenario == complaint.scenario else replace(complaint, scenario=scenario)
        for complaint in complaints
        for scenario in (find(complaint.scenario),)
    ]


def _same_words(complaints: Sequence[LabelledComplaint]) -> list[tuple[int, int]]:
    """Pair each text with the first of the same words; texts without a word are left alone."""
    firsts: dict[tuple[str, ...], int] = {}
    pairs = []
    for i, complaint in enumerate(complaints):
        words = tuple(WORD.findall(_NUMBER.sub("0", complaint.text.lower())))
        if words and firsts.setdefault(words, i) != i:
            pairs.append((firsts[words], i))
    return pairs
