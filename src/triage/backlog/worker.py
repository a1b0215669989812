"""One worker process: it loads the model, then reads what comes down its line.

It never hears Ctrl-C, which goes to every process of a terminal: what that means is decided in the
process that started it. It ends at once when that one closes the line, or is killed itself.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, Self, TypeVar

from triage.batches import ScoredBatch
from triage.errors import TriageError
from triage.records import Complaint

Result = TypeVar("Result")
"""What a worker makes of a batch."""

Read = Callable[[Sequence[Complaint]], Result]
Score = Read[ScoredBatch]


class Word(Enum):
    """What a worker says beside its results."""

    READY = "the model is loaded"
    FAILED = "reading raised an error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error on its way between processes: those made of more than one line can't be pickled.

    :param state: its attributes, such as ``path``.
    """

    kind: type[TriageError]
    message: str
    state: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Take up an error; of one that was not raised on purpose its type alone."""
        if isinstance(error, TriageError):
            return cls(type(error), str(error), vars(error))
        name = type(error).__name__  # its message might quote a text
        return cls(
            TriageError, f"a worker process could not load the model ({name}); try --workers 1", {}
        )

    def error(self) -> TriageError:
        """Give the error back as it was raised."""
        error = self.kind.__new__(self.kind, self.message)
        vars(error).update(self.state)
        return error


@dataclass(eq=False, slots=True)
class Worker(Generic[Result]):
    """A worker process as the one that started it sees it.

    :param ready: it has loaded the model; complaints are sent to no other.
    """

    process: SpawnProcess
    line: "Connection[Any, Any]"
    ready: bool = False

    @classmethod
    def start(cls, load: Callable[[], Read[Result]]) -> Self:
        """Start a process; call it while interrupts are held, which it then never hears.

        :param load: gives there the function that makes a result of complaints; can be pickled.
        """
        # Spawned, not forked: threads of numeric libraries do not survive a fork.
        context = multiprocessing.get_context("spawn")
        line, far_end = context.Pipe()
        process = context.Process(target=_work, args=(far_end, load), daemon=True)
        process.start()
        far_end.close()
        return cls(process, line)

    def send(self, complaints: list[Complaint]) -> None:
        """Hand it complaints; one that was killed meanwhile is found out where it is heard."""
        with suppress(OSError):
            self.line.send(complaints)

    def hear(self) -> Result | Refusal | Word:
        """Give its next answer.

        :raises EOFError: where it has ended.
        """
        try:
            answer: Result | Refusal | Word = self.line.recv()
        except OSError:  # in the middle of an answer
            raise EOFError from None
        return answer

    def end(self) -> None:
        """End it at once: all that it keeps is in its memory."""
        self.line.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _work(line: "Connection[Any, Any]", load: Callable[[], Read[Result]]) -> None:
    batches: SimpleQueue[list[Complaint]] = SimpleQueue()
    Thread(target=_listen, args=(line, batches), daemon=True).start()
    with suppress(OSError):  # nobody is there any more
        try:
            read = load()
        except Exception as error:
            line.send(Refusal.of(error))
            return
        line.send(Word.READY)
        while True:
            line.send(_answer(read, batches.get()))


def _listen(line: "Connection[Any, Any]", batches: SimpleQueue[list[Complaint]]) -> None:
    try:
        while True:
            batches.put(line.recv())
    finally:  # the line is closed: at once, whatever is being read
        os._exit(1)


def _answer(read: Read[Result], batch: list[Complaint]) -> Result | Refusal | Word:
    try:
        return read(batch)
    except TriageError as error:
        return Refusal.of(error)
    except Exception:  # its message might quote a text: it stays here
        return Word.FAILED


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Keep Ctrl-C back for a moment; a process that is started meanwhile never hears it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    # It starts with the first process, and lets interrupts through again then: so before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
