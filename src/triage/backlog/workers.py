"""Batches of complaints in, scored batches out, in their order: in this process or in many.

The result is the same whatever the number of processes, and whatever becomes of one of them. Each
worker has a line of its own, so that it is known what was in the hands of one that the system
killed, and nothing that it left half said reaches another.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import wait

import numpy as np

from triage.backlog.worker import Refusal, Score, Word, Worker, hold_interrupts
from triage.batches import ScoredBatch
from triage.errors import TriageError
from triage.records import Complaint

Load = Callable[[], Score]
GiveUp = Callable[[Complaint], ScoredBatch]
Note = Callable[[str], None]

AHEAD = 2
"""Pieces in a worker's hands: one is scored, and one lies ready so that it need not wait."""

STILLBORN = 3
"""Workers that may end in a row before they have loaded the model: as many as are left then, stay."""

HOPELESS = 8
"""Complaints that end their workers, before any is scored, until it is clear that all would."""


def score_batches(
    batches: Iterable[list[Complaint]], *, load: Load, workers: int, note: Note, give_up: GiveUp
) -> Generator[ScoredBatch, None, None]:
    """Score batches, in their order, one scored batch each.

    A worker that is killed is replaced, and what it had in hand is scored again. A complaint on
    which scoring fails even alone, or that ends its worker twice, is given up: it stops no other.
    Whoever stops early closes the iterator; no worker is left then.

    :param batches: none of them empty; read when needed, at most ``2 * workers + 2`` ahead.
    :param load: gives the scoring function in whichever process it is called; can be pickled.
    :param workers: 1 scores in this process; more are processes of their own.
    :param note: called with a plain line, once, where a worker was killed.
    :param give_up: makes the row, for a person, of a complaint that cannot be scored; called here.
    :raises TriageError: what ``load`` raises, or where workers end before they give any result.
    """
    if workers <= 1:
        score = load()
        for batch in batches:
            yield _score_here(score, batch, give_up)
        return
    crew = _Crew(load, workers, note, give_up)
    try:
        yield from crew.score(iter(batches))
    finally:
        if crew.workers:
            with hold_interrupts():
                crew.dismiss(list(crew.workers))


def _score_here(score: Score, complaints: Sequence[Complaint], give_up: GiveUp) -> ScoredBatch:
    try:
        return score(complaints)
    except TriageError:
        raise
    except Exception:  # whatever it is: halves, down to the one
        if len(complaints) == 1:
            return give_up(complaints[0])
        middle = len(complaints) // 2
        halves = (complaints[:middle], complaints[middle:])
        return _join([_score_here(score, half, give_up) for half in halves])


def _join(parts: Sequence[ScoredBatch]) -> ScoredBatch:
    if len(parts) == 1:
        return parts[0]
    rows = [row for part in parts for row in part.rows]
    return ScoredBatch(rows, np.concatenate([part.sketches for part in parts]))


@dataclass(slots=True)
class _Batch:
    """A batch, and what is scored of it so far by the place of its first complaint."""

    complaints: list[Complaint]
    parts: dict[int, ScoredBatch] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return sum(len(part.rows) for part in self.parts.values()) == len(self.complaints)

    def join(self) -> ScoredBatch:
        return _join([self.parts[start] for start in sorted(self.parts)])


@dataclass(slots=True)
class _Piece:
    """A run of complaints of a batch that is scored at once.

    :param suspect: a worker ended on it: it is scored while nothing else is, so that a second end
        is its own doing.
    :param deaths: workers that ended on just this piece.
    """

    batch: _Batch
    start: int
    stop: int
    suspect: bool = False
    deaths: int = 0

    @property
    def complaints(self) -> list[Complaint]:
        return self.batch.complaints[self.start : self.stop]

    @property
    def single(self) -> bool:
        return self.stop - self.start == 1

    def keep(self, scored: ScoredBatch) -> None:
        self.batch.parts[self.start] = scored

    def halve(self) -> "list[_Piece]":
        middle = (self.start + self.stop) // 2
        ends = ((self.start, middle), (middle, self.stop))
        return [_Piece(self.batch, start, stop, self.suspect) for start, stop in ends]


class _Crew:
    """The workers of a run, and what is on its way through their hands.

    Of the pieces that a worker has, it scores the first.
    """

    def __init__(self, load: Load, workers: int, note: Note, give_up: GiveUp) -> None:
        self.load, self.limit, self.note, self.give_up = load, workers, note, give_up
        self.most = 2 * workers + 2
        self.workers: dict[Worker[ScoredBatch], deque[_Piece]] = {}
        self.waiting: deque[_Piece] = deque()
        self.suspects: deque[_Piece] = deque()
        self.noted = self.proven = False
        self.stillborn = self.given_up = 0

    def score(self, batches: Iterator[list[Complaint]]) -> Iterator[ScoredBatch]:
        under_way: deque[_Batch] = deque()
        while True:
            for complaints in islice(batches, self.most - len(under_way)):
                under_way.append(_Batch(complaints))
                self.waiting.append(_Piece(under_way[-1], 0, len(complaints)))
            if not under_way:
                return
            self._hand_out()
            self._take_in(timeout_s=0 if under_way[0].done else None)
            if under_way[0].done:
                yield under_way.popleft().join()

    def dismiss(self, workers: Iterable[Worker[ScoredBatch]]) -> None:
        for worker in workers:
            worker.end()
            del self.workers[worker]

    def _hand_out(self) -> None:
        in_hand = [piece for pieces in self.workers.values() for piece in pieces]
        if any(piece.suspect for piece in in_hand) or (self.suspects and in_hand):
            return  # a suspect is scored alone: after all that came before it
        if self.suspects:
            self.dismiss(list(self.workers)[1:])  # where memory was short, it has it all
            self._hire(1)
            self._send(self.suspects, 1)
        else:
            self._hire(min(self.limit, len(in_hand) + len(self.waiting)))
            self._send(self.waiting, AHEAD)

    def _hire(self, wanted: int) -> None:
        while len(self.workers) < wanted:
            with hold_interrupts():
                self.workers[Worker.start(self.load)] = deque()

    def _send(self, pieces: deque[_Piece], most: int) -> None:
        for already in range(most):
            for worker, in_hand in self.workers.items():
                if pieces and worker.ready and len(in_hand) == already:
                    in_hand.append(pieces.popleft())
                    worker.send(in_hand[-1].complaints)

    def _take_in(self, *, timeout_s: float | None) -> None:
        speaking = set(wait([worker.line for worker in self.workers], timeout_s))
        for worker in [worker for worker in self.workers if worker.line in speaking]:
            try:
                answer = worker.hear()
            except EOFError:
                self._bury(worker)
            else:
                self._accept(worker, answer)

    def _accept(self, worker: Worker[ScoredBatch], answer: ScoredBatch | Refusal | Word) -> None:
        if isinstance(answer, Refusal):
            raise answer.error()
        if answer is Word.READY:
            worker.ready, self.stillborn = True, 0
            return
        piece = self.workers[worker].popleft()
        if isinstance(answer, ScoredBatch):
            self.proven = True
            piece.keep(answer)
        elif piece.single:
            piece.keep(self.give_up(piece.complaints[0]))
        else:
            self._put_back(piece.halve())

    def _put_back(self, pieces: Sequence[_Piece]) -> None:
        for piece in reversed(pieces):
            (self.suspects if piece.suspect else self.waiting).appendleft(piece)

    def _bury(self, worker: Worker[ScoredBatch]) -> None:
        pieces = list(self.workers[worker])
        self.dismiss([worker])
        if not self.noted:
            self.noted = True
            self.note(
                "a worker process was killed, most likely for want of memory:"
                " what it had in hand is scored again"
            )
        if worker.ready:
            self._put_back(pieces[1:])
            for piece in pieces[:1]:
                self._suspect(piece)
            return
        self.stillborn += 1
        if self.stillborn >= STILLBORN:
            self.limit = len(self.workers)  # memory is enough for those that are there
            self._check_hope(self.limit > 0)

    def _suspect(self, piece: _Piece) -> None:
        piece.deaths += 1
        if piece.suspect and not piece.single:
            self._put_back(piece.halve())
        elif piece.deaths > 1:
            piece.keep(self.give_up(piece.complaints[0]))
            self.given_up += 1
            self._check_hope(self.proven or self.given_up < HOPELESS)
        else:
            piece.suspect = True
            self._put_back([piece])

    def _check_hope(self, hope: bool) -> None:
        if not hope:
            raise TriageError(
                "the worker processes ended before they gave a result; try --workers 1"
            )
