"""What makes a run of scoring survive: the file beside the output that keeps what is scored.

However a run ends, killed or without power, the file holds whole batches: the same command goes on
behind the last one. It is readable by its owner alone, held by one run at a time, and goes when the
output stands. The order of the queue and the near-copies are found in it, on disk, so that memory
stays flat.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from triage.backlog.copies import PAIRS, CopyFinder, tie_to_place
from triage.backlog.fingerprint import Fingerprint
from triage.backlog.run_file import RunFile
from triage.batches import Arrival, ScoredBatch
from triage.errors import DataError
from triage.files.row_files import clean_text, remove_leftovers
from triage.labels import Priority
from triage.ranking import QUEUE_ORDER, tell_unread

__all__ = ["SCORING", "WRITING", "Counts", "Fingerprint", "Ledger"]

SCORING, WRITING = "scoring", "writing"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run holds.

    :param rows: complaints, and sources that stand as one.
    :param set_aside: rows that could not be read.
    :param priorities: rows of each priority, ``P1`` first.
    :param near_copies: rows that are nearly the same as an earlier one; 0 before ``settle``.
    :param repeated_ids: rows whose id an earlier row has; 0 before ``settle``.
    :param whole_sources: sources that could not be read, wholly or from some row on.
    """

    rows: int
    set_aside: int
    priorities: dict[str, int]
    needs_review: int
    high_risk: int
    near_copies: int
    repeated_ids: int
    whole_sources: int


class Ledger:
    """What a run has scored; use as a context manager, or ``close`` it.

    :ivar is_new: True where no earlier run was begun.
    :ivar resumed: True where an earlier run had kept rows, or had scored all.
    :ivar sizes: of the sources when the run was begun; None where nobody knows.
    :ivar phase: ``SCORING``, or ``WRITING`` once all is scored and settled.
    :ivar urgent_bytes: length of the file of urgent complaints that belongs to what is kept; None
        before ``begin_urgent``.
    """

    def __init__(self, output: Path, file: RunFile) -> None:
        """Use ``open``."""
        self._output, self._file, self.is_new = output, file, file.is_new
        self._counts: Counter[str] = Counter()
        self._digest, self.phase = b"", SCORING
        self.urgent_bytes: int | None = None
        self._read_state()
        self.resumed = self.rows > 0 or self.phase == WRITING

    @classmethod
    def open(
        cls,
        output: Path,
        plan: Mapping[str, object],
        *,
        restart: bool,
        sizes: Sequence[int | None] = (),
    ) -> "Ledger":
        """Begin a run, or go on with the one that was stopped.

        :param plan: what makes a run the same run, such as inputs, model and columns; for JSON. Its
            keys name, in plain words, what differs.
        :param restart: begins afresh, whatever was kept.
        :param sizes: bytes of the sources, which may grow while a run goes on; kept with a new run.
        :raises DataError: where another run writes this output, or was stopped and had another
            plan, or its file cannot be used.
        """
        file = RunFile.open(output, restart=restart)
        try:
            if file.is_new:
                with file.writing():
                    file.begin(json.dumps(plan, sort_keys=True), json.dumps(list(sizes)))
            else:
                _check_plan(output, json.loads(file.row("SELECT plan FROM run")[0]), plan)
            remove_leftovers(output)
            return cls(output, file)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def rows(self) -> int:
        """Rows that are kept."""
        return self._counts["rows"]

    def check_prefix(self, digest: bytes) -> None:
        """Check that the input is the same up to where the run came.

        :param digest: of the fingerprint of the first ``rows`` arrivals.
        :raises DataError: where it is another.
        """
        if digest != self._digest:
            raise DataError(
                f"the input has changed since the run began (within its first {self.rows:,} rows);"
                " start afresh with --restart",
                path=self._output,
            )

    def keep(
        self, arrivals: Sequence[Arrival], batch: ScoredBatch, digest: bytes, urgent_bytes: int
    ) -> None:
        """Keep one batch, wholly or not at all.

        :param arrivals: in the order of the batch's rows.
        :param digest: of the fingerprint of all arrivals up to these.
        :param urgent_bytes: length of the file of urgent complaints that belongs to what is kept.
        :raises DataError: where the disk is full; what was kept stays.
        """
        first = self.rows
        aside = [
            (first + i, clean_text(arrival.source), arrival.row, clean_text(reason))
            for i, (arrival, row) in enumerate(zip(arrivals, batch.rows, strict=True))
            if (reason := arrival.complaint.problem or tell_unread(row)) is not None
        ]
        counts = self._counts + _count(arrivals, batch) + Counter(set_aside=len(aside))
        sketches = tie_to_place(batch.sketches, batch.rows).astype("<u4").tobytes()
        with self._file.writing(kept=first):
            self._file.add_rows(first, batch.rows)
            self._file.change_many("INSERT INTO set_aside VALUES (?, ?, ?, ?)", aside)
            self._file.change("INSERT INTO sketches VALUES (?, ?)", (first, sketches))
            self._file.change(
                "UPDATE run SET counts = ?, digest = ?, urgent_bytes = ?",
                (json.dumps(counts), digest, urgent_bytes),
            )
        self._counts, self._digest, self.urgent_bytes = counts, digest, urgent_bytes

    def begin_urgent(self, length: int) -> None:
        """Keep how long the file of urgent complaints was before this run's first row."""
        with self._file.writing():
            self._file.change("UPDATE run SET urgent_bytes = ?", (length,))
        self.urgent_bytes = length

    def settle(self) -> None:
        """Find the order of the queue, repeated ids and near-copies; afterwards it is ``WRITING``.

        May be killed at any moment and called again.

        :raises DataError: where the disk is full.
        """
        if self.phase == WRITING:
            return
        steps: tuple[Callable[[], object], ...] = (
            lambda: self._file.change(f"CREATE INDEX IF NOT EXISTS queue ON rows ({QUEUE_ORDER})"),
            self._count_repeated,
            self._find_copies,
            lambda: self._file.change("UPDATE run SET phase = ?", (WRITING,)),
        )
        for step in steps:
            with self._file.writing(kept=self.rows):
                step()
        self._read_state()

    def _count_repeated(self) -> None:
        self._file.change("CREATE INDEX by_id ON rows (id_hash)")
        distinct = self._file.row("SELECT count(*) FROM (SELECT DISTINCT id_hash FROM rows)")[0]
        self._file.change("DROP INDEX by_id")
        self._file.change("UPDATE run SET repeated_ids = ?", (self.rows - distinct,))

    def _find_copies(self) -> None:
        self._file.change("DELETE FROM near_copies")
        with CopyFinder(self._output.parent) as finder:
            for (sketches,) in self._file.rows("SELECT sketches FROM sketches ORDER BY first"):
                finder.add(sketches)
            for pairs in finder.find():
                self._file.change_many(
                    "INSERT INTO near_copies (seq, first) VALUES (?, ?)", pairs.tolist()
                )
            self._follow_chains(finder)

    def _follow_chains(self, finder: CopyFinder) -> None:
        """Let a copy of a copy point to the first of all, if it is near that one, too."""
        while self._file.change(
            "UPDATE near_copies SET checked = 0, first ="
            " (SELECT earlier.first FROM near_copies AS earlier"
            " WHERE earlier.seq = near_copies.first)"
            " WHERE first IN (SELECT seq FROM near_copies)"
        ):
            continue
        unchecked = (
            "SELECT seq, first FROM near_copies WHERE NOT checked AND seq > ? ORDER BY seq LIMIT ?"
        )
        last = -1
        while chunk := [*self._file.rows(unchecked, (last, PAIRS))]:
            pairs = np.array(chunk, dtype=np.int64)
            apart = pairs[~finder.check(pairs), :1]
            self._file.change_many("DELETE FROM near_copies WHERE seq = ?", apart.tolist())
            last = chunk[-1][0]

    def ranked(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Give the rows of the ranked file, first to call first, one by one.

        :param columns: all of them, in order: ``ranking.COLUMNS``, and ``text`` where it was kept.
        """
        names = [name for name in columns if name not in ("rank", "near_copy_of")]
        ranked = self._file.rows(
            "SELECT own.cells, original.id FROM rows INDEXED BY queue"
            " JOIN cells AS own ON own.seq = rows.seq"
            " LEFT JOIN near_copies AS copy ON copy.seq = rows.seq"
            " LEFT JOIN cells AS original ON original.seq = copy.first"
            f" ORDER BY {QUEUE_ORDER.replace('seq', 'rows.seq')}"
        )
        for rank, (cells, original) in enumerate(ranked, start=1):
            row = dict(zip(names, json.loads(cells), strict=True))
            row["rank"], row["near_copy_of"] = rank, original or ""
            yield row

    def set_aside(self) -> Iterator[dict[str, Any]]:
        """Give the rows that could not be read, in the order of arrival; without any text."""
        for source, row, given, reason in self._file.rows(
            "SELECT source, row, id, reason FROM set_aside JOIN cells USING (seq) ORDER BY seq"
        ):
            yield {"source": source, "row": row, "id": given, "reason": reason}

    def counts(self) -> Counts:
        """Count what is kept."""
        told = self._counts
        return Counts(
            rows=told["rows"],
            set_aside=told["set_aside"],
            priorities={priority.value: told[priority.value] for priority in Priority},
            needs_review=told["needs_review"],
            high_risk=told["high_risk"],
            near_copies=self._file.row("SELECT count(*) FROM near_copies")[0],
            repeated_ids=self._file.row("SELECT repeated_ids FROM run")[0],
            whole_sources=told["whole_sources"],
        )

    def close(self) -> None:
        """Let go of the file; another run may go on with it."""
        self._file.close()

    def remove(self) -> None:
        """Remove the file: the output stands."""
        self._file.remove()

    def _read_state(self) -> None:
        counts, sizes, self._digest, self.urgent_bytes, self.phase = self._file.row(
            "SELECT counts, sizes, digest, urgent_bytes, phase FROM run"
        )
        self._counts = Counter(json.loads(counts))
        self.sizes: list[int | None] = json.loads(sizes)


def _count(arrivals: Sequence[Arrival], batch: ScoredBatch) -> Counter[str]:
    return Counter(row.priority for row in batch.rows) + Counter(
        rows=len(batch.rows),
        needs_review=sum(row.needs_review for row in batch.rows),
        high_risk=sum(row.high_risk for row in batch.rows),
        whole_sources=sum(arrival.whole_source for arrival in arrivals),
    )


def _check_plan(output: Path, kept: dict[str, object], plan: Mapping[str, object]) -> None:
    asked = json.loads(json.dumps(plan))
    differing = [key for key in {**kept, **asked} if kept.get(key) != asked.get(key)]
    if differing:
        raise DataError(
            f"a run with other {', '.join(differing)} was stopped on its way to this output; give the"
            " same command as then to go on with it, or --restart to begin afresh",
            path=output,
        )
