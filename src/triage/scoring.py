"""Use case: a backlog of complaints in, one ranked file out, whatever happens in between.

What is scored is kept batch by batch in a file beside the output: a run that was stopped at any
moment goes on with the same command, and ends with the same bytes as one that was not.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from triage import __version__
from triage.backlog.fingerprint import Fingerprint
from triage.backlog.ledger import WRITING, Counts, Ledger
from triage.backlog.outputs import write_ranked, write_rejected
from triage.backlog.run_file import name_rejected
from triage.backlog.scorer import give_up, load_scorer
from triage.backlog.sources import Source
from triage.backlog.urgent_file import UrgentFile
from triage.backlog.workers import score_batches
from triage.batches import BATCH, Arrival, ScoredRow
from triage.errors import DataError, OutputExistsError
from triage.files.row_files import check_output, remove_leftovers
from triage.labels import Priority
from triage.persistence import read_manifest, short_hash
from triage.ranking import ASSESSMENT_COLUMNS
from triage.records import Complaint

Note = Callable[[str], None]

SKIPPED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came.

    :param counts: of what is scored, also in earlier sittings.
    :param earlier: complaints that earlier sittings scored.
    :param share: how much of the input was read, 0 to 1; None where nobody knows.
    """

    counts: Counts
    earlier: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run gave.

    :param counts: see ``ledger.Counts``.
    :param earlier: complaints that earlier sittings had scored.
    :param seconds: of this sitting.
    :param model: name and short hash of the model.
    :param rejected: the file that lists what could not be read, or None where all could.
    :param unread: names of the sources that could not be read, wholly or from some row on.
    :param top: the first rows of the ranked file.
    """

    counts: Counts
    earlier: int
    seconds: float
    model: tuple[str, str]
    output: Path
    rejected: Path | None
    unread: list[str]
    top: list[dict[str, Any]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be scored, and how.

    :param sources: in the order in which they are read.
    :param output: its ending names its kind; whole or not there at all.
    :param model_folder: of a model that is ready, see ``default_model.prepare_model``.
    :param columns: our names to the input's own; tells this run from others.
    :param with_text: adds the column ``text``.
    :param urgent: a file to which each P1 is appended as soon as it is found.
    :param force: replaces an output that is there.
    :param restart: forgets a run for this output that was stopped.
    """

    sources: Sequence[Source]
    output: Path
    model_folder: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    with_text: bool = False
    urgent: Path | None = None
    force: bool = False
    restart: bool = False


def score_job(
    job: Job,
    *,
    workers: int = 1,
    top: int = 0,
    note: Note = lambda line: None,
    progress: Callable[[Progress], None] = lambda progress: None,
    step: Note = lambda line: None,
) -> Summary:
    """Score complaints and write them ranked, as one queue; go on with a run that was stopped.

    Rows that cannot be read stand in the queue, for a person, and are listed in
    ``<output>.rejected.jsonl`` with their place and the reason.

    :param workers: processes; changes nothing in the result.
    :param top: first rows of the ranked file to give back.
    :param note: called with a plain line about what was odd.
    :param progress: called after each batch.
    :param step: called with a plain line before each step that takes its time.
    :raises DataError: where nothing could be read, or the output or the disk cannot be used; what
        was scored is kept, and the same call goes on with it.
    """
    began = time.monotonic()
    check_output(job.output, force=True)
    with _open_ledger(job) as ledger:
        earlier = ledger.rows
        if ledger.phase != WRITING:
            _score_all(job, ledger, workers, note, progress)
            step("looking for near-copies, and for the order of the queue")
            ledger.settle()
        counts = ledger.counts()
        step("writing the ranked file")
        rejected, unread = write_rejected(job.output, ledger)
        first = write_ranked(job.output, ledger, with_text=job.with_text, top=top)
        ledger.remove()
    return Summary(
        counts=counts,
        earlier=earlier,
        seconds=time.monotonic() - began,
        model=(read_manifest(job.model_folder).name, short_hash(job.model_folder)),
        output=job.output,
        rejected=rejected,
        unread=unread,
        top=first,
    )


@contextmanager
def _open_ledger(job: Job) -> Iterator[Ledger]:
    plan = {
        "inputs": [source.describe() for source in job.sources],
        "columns": dict(job.columns),
        "model": short_hash(job.model_folder),
        "choice of --with-text": job.with_text,
        "file for the urgent": str(job.urgent.resolve()) if job.urgent else None,
        "version of triage": __version__,
    }
    sizes = [source.size for source in job.sources]
    with Ledger.open(job.output, plan, restart=job.restart, sizes=sizes) as ledger:
        remove_leftovers(name_rejected(job.output))
        # Once all is scored the output may be there already: a run was killed just behind it.
        if job.output.exists() and not job.force and ledger.phase != WRITING:
            if ledger.is_new:
                ledger.remove()
            raise OutputExistsError("is already there; use --force to replace it", path=job.output)
        for source, size in zip(job.sources, ledger.sizes, strict=True):
            source.size = size
        try:
            yield ledger
        except DataError:
            if not (ledger.rows or _has_urgent(job.urgent, ledger)):
                ledger.remove()  # nothing to go on with
            raise


def _has_urgent(path: Path | None, ledger: Ledger) -> bool:
    """Say whether rows were shown as urgent that are not kept: shown again, they would be double."""
    began = ledger.urgent_bytes
    return path is not None and began is not None and path.exists() and path.stat().st_size > began


def _score_all(
    job: Job,
    ledger: Ledger,
    workers: int,
    note: Note,
    progress: Callable[[Progress], None],
) -> None:
    """Score what is not scored yet, and keep it."""
    fingerprint, earlier = Fingerprint(), ledger.rows
    arrivals = chain.from_iterable(source.read(note) for source in job.sources)
    _skip(arrivals, ledger, fingerprint)
    under_way: deque[tuple[list[Arrival], bytes]] = deque()

    def take() -> Iterator[list[Complaint]]:
        while batch := list(islice(arrivals, BATCH)):
            if not (ledger.rows or under_way):
                _check_any_read(batch)
            fingerprint.update(batch)
            under_way.append((batch, fingerprint.digest()))
            yield [arrival.complaint for arrival in batch]

    scored = score_batches(
        take(),
        load=partial(load_scorer, job.model_folder, with_text=job.with_text),
        workers=workers,
        note=note,
        give_up=partial(give_up, with_text=job.with_text),
    )
    with ExitStack() as stack:
        urgent = stack.enter_context(_open_urgent(job.urgent, ledger)) if job.urgent else None
        for batch in stack.enter_context(closing(scored)):
            length = urgent.append(_pick_urgent(batch.rows)) if urgent else 0
            arrived, digest = under_way.popleft()
            ledger.keep(arrived, batch, digest, length)
            progress(Progress(ledger.counts(), earlier, _share_read(job.sources)))


def _skip(arrivals: Iterator[Arrival], ledger: Ledger, fingerprint: Fingerprint) -> None:
    """Read again what is scored already, to see that it is still the same."""
    left = ledger.rows
    while left and (again := list(islice(arrivals, min(left, SKIPPED_AT_ONCE)))):
        fingerprint.update(again)
        left -= len(again)
    if ledger.rows:
        ledger.check_prefix(fingerprint.digest())


def _check_any_read(batch: Sequence[Arrival]) -> None:
    """Refuse an input of which nothing could be read.

    :param batch: the first one.
    """
    if len(batch) < BATCH and all(arrival.whole_source for arrival in batch):
        raise DataError("; ".join(f"{a.source}: {a.complaint.problem}" for a in batch))


@contextmanager
def _open_urgent(path: Path, ledger: Ledger) -> Iterator[UrgentFile]:
    with UrgentFile(path, kept_bytes=ledger.urgent_bytes, columns=ASSESSMENT_COLUMNS) as urgent:
        if ledger.urgent_bytes is None:  # before the first row: those of other nights stay apart
            ledger.begin_urgent(urgent.length)
        yield urgent


def _pick_urgent(rows: Sequence[ScoredRow]) -> list[dict[str, Any]]:
    return [
        dict(zip(ASSESSMENT_COLUMNS, json.loads(row.cells), strict=False))
        for row in rows
        if row.priority == Priority.P1
    ]


def _share_read(sources: Sequence[Source]) -> float | None:
    """Give the share of all bytes that was read; None where nobody knows how many there are."""
    sizes = [source.size for source in sources]
    if not all(sizes):
        return None
    read = sum((source.share or 0.0) * (source.size or 0) for source in sources)
    return read / sum(size or 0 for size in sizes)
