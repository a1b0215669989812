"""Use case: files of complaints in, one ranked file out."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from triage.datasets import check_input, read_complaints
from triage.default_model import find_model, load_model
from triage.errors import DataError
from triage.model.assessor import TriageModel
from triage.persistence import read_manifest
from triage.ranking import COLUMNS, build_row, check_output, rank_assessments, write_rows
from triage.records import Assessment, Complaint

Note = Callable[[str], None]
Progress = Callable[[int], None]

BATCH = 512


@dataclass(frozen=True, slots=True)
class Scored:
    """What a run of scoring gives.

    :param order: indexes into ``complaints`` and ``assessments``, first to call first.
    """

    complaints: list[Complaint]
    assessments: list[Assessment]
    order: list[int]


def score_files(
    inputs: Sequence[Path],
    output: Path,
    *,
    model_folder: Path | None = None,
    model: TriageModel | None = None,
    workers: int = 1,
    with_text: bool = False,
    force: bool = False,
    note: Note = lambda line: None,
    progress: Progress = lambda rows: None,
) -> Scored:
    """Score files and write them ranked, as one queue.

    :param output: its ending names its kind; whole or not there at all.
    :param model: a model that is loaded already, used in this process; None loads ``model_folder``,
        or the default, in each worker.
    :param workers: processes; changes nothing in the result.
    :param with_text: adds the column ``text``.
    :param force: replaces an output that is there.
    :param note: called with a plain line about what was odd in a file.
    :param progress: called with the number of complaints read so far.
    :raises DataError: where an input or the output cannot be used; nothing was written then.
    """
    check_output(output, force=force)
    for path in inputs:
        check_input(path)
        if path.resolve() == output.resolve():
            raise DataError("is input and output at once; name another output", path=path)
    complaints = [complaint for path in inputs for complaint in read_complaints(path, note=note)]
    assessments: list[Assessment] = []
    for batch in _assess(complaints, model, model_folder, workers):
        assessments += batch
        progress(len(assessments))
    order = rank_assessments(complaints, assessments)
    rows = [build_row(rank, assessments[i]) for rank, i in enumerate(order, start=1)]
    columns = list(COLUMNS)
    if with_text:
        columns.append("text")
        for row, i in zip(rows, order, strict=True):
            row["text"] = complaints[i].text
    write_rows(output, rows, columns)
    return Scored(complaints, assessments, order)


def _assess(
    complaints: list[Complaint], model: TriageModel | None, folder: Path | None, workers: int
) -> Iterator[list[Assessment]]:
    batches = _cut(complaints)
    if workers <= 1 or model is not None:
        model = model or load_model(folder)
        yield from (model.assess_many(batch) for batch in batches)
        return
    if folder is not None:
        read_manifest(find_model(folder))  # a wrong folder is named here, not by a broken worker
    # Spawned, not forked: threads of numeric libraries do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_load_worker, initargs=(folder,)
    ) as pool:
        yield from pool.map(_assess_in_worker, batches)


def _cut(complaints: Sequence[Complaint]) -> Iterator[list[Complaint]]:
    iterator = iter(complaints)
    while batch := list(islice(iterator, BATCH)):
        yield batch


_worker_model: TriageModel | None = None


def _load_worker(folder: Path | None) -> None:
    global _worker_model
    _worker_model = load_model(folder)


def _assess_in_worker(batch: list[Complaint]) -> list[Assessment]:
    assert _worker_model is not None
    return _worker_model.assess_many(batch)
