"""How far a long run came: a bar in a terminal, a line a minute everywhere else."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from triage.scoring import Progress

EVERY_S = 60
_WHOLE = 1000


class RunProgress:
    """Shows a run's progress; use as ``progress=`` of ``scoring.score_job``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._told = time.monotonic()

    def step(self, line: str) -> None:
        """Show a step that takes its time."""
        self._console.print(f"  {describe_time(time.monotonic() - self._began)}: {line}")

    def __call__(self, progress: "Progress") -> None:
        """Show how far it came, at most once a minute."""
        now = time.monotonic()
        if now - self._told >= EVERY_S:
            self._told = now
            self._console.print(describe(progress, now - self._began))


class _BarProgress(RunProgress):
    """Moves a bar."""

    def __init__(self, console: Console, bar: "Bar", task: "TaskID") -> None:
        super().__init__(console)
        self._bar, self._task = bar, task

    def __call__(self, progress: "Progress") -> None:
        """Show how far it came."""
        total = None if progress.share is None else _WHOLE
        done = _WHOLE * (progress.share or 0)
        told = describe(progress, time.monotonic() - self._began)
        self._bar.update(self._task, total=total, completed=done, told=told)


@contextmanager
def show_progress() -> Iterator[RunProgress]:
    """Show progress on standard error: as a bar where a person looks on."""
    console = Console(stderr=True, highlight=False)
    if not (sys.stderr.isatty() and console.is_terminal):
        yield RunProgress(console)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (BarColumn(bar_width=24), TaskProgressColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        yield _BarProgress(console, bar, bar.add_task("", total=None, told="reading"))


def describe(progress: "Progress", seconds: float) -> str:
    """Say in one line how far a run came.

    :param seconds: since this sitting began.
    """
    counts = progress.counts
    rate = (counts.rows - progress.earlier) / max(seconds, 1e-9)
    told = [f"{counts.rows:,} rows", f"{rate:,.0f} a second"]
    if rate and progress.share and progress.share < 1:
        left = counts.rows / progress.share - counts.rows
        told.append(f"{describe_time(left / rate)} left")
    told.append(f"{counts.high_risk:,} high risk")
    if counts.set_aside:
        told.append(f"{counts.set_aside:,} set aside")
    return ", ".join(told)


def describe_time(seconds: float) -> str:
    """Say a time as people do.

    >>> describe_time(42), describe_time(170), describe_time(8000)
    ('42 s', '3 min', '2 h 13 min')
    """
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
