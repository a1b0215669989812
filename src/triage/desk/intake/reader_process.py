"""The reader in a process of its own: pages stay quick while it reads, and nothing takes the desk down.

A complaint on which that process ends, twice, or is silent for too long, goes to a person; the
process is started anew for the others.
"""

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from triage.backlog.worker import Refusal, Word, Worker, hold_interrupts
from triage.desk.intake.reading import ComplaintReader, Read, give_up
from triage.errors import DeskBusyError, TriageError
from triage.persistence import load_model_folder
from triage.records import Complaint

Load = Callable[[], Callable[[Sequence[Complaint]], list[Read]]]

LONGEST_START_S = 120.0
LONGEST_READ_S = 60.0
"""Seconds for one batch; the longest text that the desk takes needs a few."""

TRIES = 2
"""Processes that may end on a complaint before it is given up."""

_log = logging.getLogger(__name__)


class ReaderProcess:
    """Reads complaints in another process; many threads may ask at once, one is served at a time.

    :param load: gives the reading function in that process; can be pickled.
    :param name: of the model, with its short hash.
    """

    def __init__(self, load: Load, name: str) -> None:
        self.name = name
        self._load = load
        self._worker: Worker[list[Read]] | None = None
        self._turn = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start the process and wait until it has loaded the model.

        :raises ModelError: where the model cannot be used.
        :raises TriageError: where the process ends before, or takes too long.
        """
        with self._turn:
            self._find_worker()

    def read(self, complaints: Sequence[Complaint]) -> list[Read]:
        """Read complaints, in their order.

        :raises DeskBusyError: where the desk is being closed; nothing is lost by asking again.
        """
        with self._turn:
            return self._read(list(complaints)) if complaints else []

    def close(self) -> None:
        """End the process; what it was reading has to be asked for again."""
        self._closed = True
        if self._worker is not None:
            with suppress(ValueError):  # it was being replaced just now
                self._worker.process.kill()  # who waits for its answer hears that it ended
        with self._turn:
            self._dismiss()

    def _read(self, complaints: list[Complaint]) -> list[Read]:
        tries = TRIES if len(complaints) == 1 else 1
        for _ in range(tries):
            try:
                worker = self._find_worker()
            except DeskBusyError:
                raise
            except TriageError as error:
                _log.error("no complaint can be read: %s", error)
                return [self._give_up(complaint) for complaint in complaints]
            read = self._ask(worker, complaints)
            if read is not None:
                return read
        if len(complaints) == 1:
            return [self._give_up(complaints[0])]
        return [read for complaint in complaints for read in self._read([complaint])]

    def _give_up(self, complaint: Complaint) -> Read:
        return give_up(complaint, doubt="the program was stopped on it", model=self.name)

    def _find_worker(self) -> Worker[list[Read]]:
        """Give the process that runs, or start one."""
        if self._closed:
            raise DeskBusyError("the desk is being closed; nothing was changed")
        if self._worker is not None and not self._worker.process.is_alive():
            self._dismiss()  # it ended between two complaints, by neither's doing
        if self._worker is None:
            with hold_interrupts():
                self._worker = Worker.start(self._load)
            self._wait_until_ready(self._worker)
        return self._worker

    def _wait_until_ready(self, worker: Worker[list[Read]]) -> None:
        answer = _hear(worker, LONGEST_START_S)
        if answer is Word.READY:
            return
        self._dismiss()
        if isinstance(answer, Refusal):
            raise answer.error()
        raise TriageError("the process that reads complaints did not start; is memory short?")

    def _ask(self, worker: Worker[list[Read]], complaints: list[Complaint]) -> list[Read] | None:
        """Have complaints read; None where the process is lost, or could not."""
        worker.send(complaints)
        answer = _hear(worker, LONGEST_READ_S)
        if isinstance(answer, list):
            return answer
        if answer is None:
            _log.warning("the process that reads complaints ended, or hung; it is started anew")
            self._dismiss()
        return None

    def _dismiss(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def build_reader_process(folder: Path, name: str) -> ReaderProcess:
    """Build the reader of a model, not started yet.

    :param folder: see ``load_model_folder``.
    :param name: see ``ReaderProcess``.
    """
    return ReaderProcess(partial(_load_reading, folder, name), name)


def _load_reading(folder: Path, name: str) -> Callable[[Sequence[Complaint]], list[Read]]:
    reader = ComplaintReader(load_model_folder(folder), name)
    reader.read([Complaint(id="", text="a first one")])  # takes half a second, none after it does
    gc.collect()
    gc.freeze()  # the model stays: to go through it for garbage took a second now and then
    return reader.read


def _hear(worker: Worker[list[Read]], longest_s: float) -> list[Read] | Refusal | Word | None:
    """Give the next answer; None where none comes in time, or none will."""
    try:
        return worker.hear() if worker.line.poll(longest_s) else None
    except EOFError:
        return None
