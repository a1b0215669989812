"""Does the promised recall hold? Draw and split labelled cases again and again, and count.

    python tests/benchmarks/recall_guarantee.py [CASES.npz]

CASES.npz holds ``risk``, ``truth`` and ``floor`` of each complaint, as judged by models that had
not seen its story, and, where there are some, ``language`` and ``group`` (its story; stories are
drawn whole). Without a file, made-up scores are used. Two checks, 200 rounds each:

- *draws*: the cases are taken for all there are, and a sample is drawn from them with replacement.
  A threshold is chosen on the sample; its miss rate among all cases is then known exactly. This is
  the promise itself: at most 5 % of the rounds may exceed it.
- *halves*: a threshold is chosen on one half and counted on the other. The other half has luck of
  its own: about one half in eight lies above a promise that is perfectly true (the share expected
  is printed beside the one seen). What may fail in 5 % of the rounds only is the bound on the
  misses among the next cases (``bound_next_misses``).

Beside them, what today's choice (the share seen, no promise) would have done in the draws.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, binom

from triage.model.guarantees import (
    CONFIDENCE,
    RECALL_FLOORS,
    Shortage,
    bound_next_misses,
    choose_guaranteed_point,
    miss_rate_of,
)
from triage.model.thresholds import choose_operating_point, mark_high_risk

ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Cases:
    """Judged complaints, and the story that each tells."""

    risk: NDArray[np.float64]
    truth: NDArray[np.bool_]
    floor: NDArray[np.int64]
    story: NDArray[np.int64]

    def take(self, rows) -> "Cases":
        return Cases(self.risk[rows], self.truth[rows], self.floor[rows], self.story[rows])

    def missed(self, threshold: float) -> tuple[int, int]:
        """Count the high-risk cases that a threshold misses, and all of them."""
        marked = mark_high_risk(self.risk, self.floor, threshold)
        return int((self.truth & ~marked).sum()), int(self.truth.sum())


@dataclass(frozen=True, slots=True)
class Tally:
    """Shares of the rounds, 0 to 1.

    :param rounds: those in which there were cases enough for a promise.
    :param broken: what was promised did not hold; may be ``1 - confidence``.
    :param unpromised: draws: the same for today's choice; halves: above the promised rate by luck
        and all.
    :param expected: halves: what ``unpromised`` is where the promise is exactly true.
    """

    rounds: int
    broken: float
    unpromised: float
    expected: float = float("nan")


def make_cases(count: int = 6000, *, seed: int = 20) -> Cases:
    """Make up cases: two beta distributions that overlap, a fifth of them high risk."""
    random = np.random.default_rng(seed)
    truth = random.random(count) < 0.2
    risk = np.where(truth, random.beta(2.5, 1, count), random.beta(0.6, 6, count))
    floor = np.where(truth & (random.random(count) < 0.3), 3, 0)
    return Cases(risk, truth, floor, np.arange(count))


def read_cases(path: str) -> dict[str, Cases]:
    """Read judged cases: of all, and of each language."""
    with np.load(path) as held:
        columns = {name: held[name] for name in held.files}
    rows = np.arange(len(columns["risk"]))
    story = np.unique(columns.get("group", rows), return_inverse=True)[1]
    cases = Cases(columns["risk"], columns["truth"].astype(bool), columns["floor"], story)
    spoken = columns.get("language")
    names = [] if spoken is None else np.unique(spoken).tolist()
    return {"all": cases} | {name: cases.take(np.flatnonzero(spoken == name)) for name in names}


def try_draws(cases: Cases, recall_floor: float, *, rounds: int = ROUNDS, seed: int = 20) -> Tally:
    """Choose on samples drawn from the cases, and look at all the cases."""
    random = np.random.default_rng(seed)
    by_story = _rows_by_story(cases)
    promises = broken = unpromised = 0
    for _ in range(rounds):
        drawn = random.integers(0, len(by_story), len(by_story))
        sample = cases.take(np.concatenate([by_story[i] for i in drawn]))
        point = choose_guaranteed_point(
            sample.risk, sample.truth, sample.floor, recall_floor=recall_floor
        )
        seen = choose_operating_point(
            sample.risk, sample.truth, sample.floor, recall_floor=recall_floor
        )
        if not isinstance(point, Shortage):
            promises += 1
            broken += _breaks(cases, point.threshold, recall_floor)
            unpromised += _breaks(cases, seen.threshold, recall_floor)
    return _tally(promises, broken, unpromised)


def try_halves(cases: Cases, recall_floor: float, *, rounds: int = ROUNDS, seed: int = 20) -> Tally:
    """Choose on one half of the stories, and look at the other half."""
    random = np.random.default_rng(seed)
    by_story = _rows_by_story(cases)
    promises = broken = over = 0
    expected = 0.0
    for _ in range(rounds):
        order = random.permutation(len(by_story))
        chosen, other = (
            cases.take(np.concatenate([by_story[i] for i in part]))
            for part in np.array_split(order, 2)
        )
        point = choose_guaranteed_point(
            chosen.risk, chosen.truth, chosen.floor, recall_floor=recall_floor
        )
        if isinstance(point, Shortage):
            continue
        promises += 1
        misses, known = chosen.missed(point.threshold)
        seen, coming = other.missed(point.threshold)
        promised = int(miss_rate_of(recall_floor) * coming)
        broken += seen > bound_next_misses(misses, known, coming=coming)
        over += seen > promised
        expected += float(betabinom.sf(promised, coming, misses + 1, known - misses))
    return _tally(promises, broken, over, expected)


def most_broken(rounds: int, *, confidence: float = CONFIDENCE) -> float:
    """Give the share of broken rounds that a true promise exceeds once in a thousand times."""
    return float(binom.ppf(0.999, rounds, 1 - confidence)) / rounds


def _tally(rounds: int, *counts: float) -> Tally:
    return Tally(rounds, *(count / rounds if rounds else float("nan") for count in counts))


def _breaks(cases: Cases, threshold: float, recall_floor: float) -> bool:
    misses, known = cases.missed(threshold)
    return misses > miss_rate_of(recall_floor) * known


def _rows_by_story(cases: Cases) -> list[NDArray[np.int64]]:
    order = np.argsort(cases.story, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(cases.story[order])) + 1)


def main() -> None:
    groups = read_cases(sys.argv[1]) if len(sys.argv) > 1 else {"made up": make_cases()}
    print(
        f"{ROUNDS} rounds each; a promise at {CONFIDENCE * 100:g} % may break in"
        f" {(1 - CONFIDENCE) * 100:g} % of them, by chance in {most_broken(ROUNDS):.1%} at most\n"
    )
    print("                             draws              |  halves")
    print("cases        high  promise   broken  today's    |  broken  above promise (expected)")
    for name, cases in groups.items():
        for recall_floor in RECALL_FLOORS:
            drawn, halved = try_draws(cases, recall_floor), try_halves(cases, recall_floor)
            if not halved.rounds:
                print(f"{name:10} {cases.truth.sum():6,} {recall_floor:8.0%}   too few to halve")
                continue
            print(
                f"{name:10} {cases.truth.sum():6,} {recall_floor:8.0%}   {drawn.broken:6.1%}"
                f" {drawn.unpromised:8.1%}    |  {halved.broken:6.1%} {halved.unpromised:8.1%}"
                f"        ({halved.expected:.1%})"
            )


if __name__ == "__main__":
    main()
