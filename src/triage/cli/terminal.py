"""What several commands show in the same way: progress, notes and the queue."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.labels import Priority

if TYPE_CHECKING:
    from triage.scoring import Scored

PRIORITY_STYLES = {
    Priority.P1: "bold white on red",
    Priority.P2: "bold red",
    Priority.P3: "yellow",
    Priority.P4: "dim",
}


def note(line: str) -> None:
    """Show a note beside the output proper."""
    print(f"note: {line}", file=sys.stderr)


@contextmanager
def show_steps(title: str) -> Iterator[Callable[[str], None]]:
    """Show the steps of long work as they come, with the seconds since its start."""
    console = Console(stderr=True, highlight=False)
    start = time.monotonic()
    console.print(title)

    def step(line: str) -> None:
        console.print(f"  {time.monotonic() - start:5.0f} s  {line}")

    yield step
    step("done")


def show_queue(scored: "Scored", *, rows: int) -> None:
    """Print the top of the queue as a table.

    :param rows: complaints to show at most.
    """
    console = Console(highlight=False)
    table = Table(title="Whom to call first", title_justify="left", pad_edge=False, box=None)
    table.add_column("rank", justify="right")
    table.add_column("id", overflow="fold", min_width=6)
    table.add_column("pri.")
    table.add_column("urgency", min_width=10)
    table.add_column("category", min_width=13)
    table.add_column("the words it rests on (identifiers masked)", ratio=1)
    for rank, i in enumerate(scored.order[:rows], start=1):
        table.add_row(str(rank), *_queue_cells(scored, i))
    console.print(table)
    left = len(scored.order) - rows
    if left > 0:
        console.print(f"... and {left:,} more in the file", style="dim")


def _queue_cells(scored: "Scored", i: int) -> tuple[str | Text, ...]:
    from triage.model.explain import summarise

    found = scored.assessments[i]
    words = summarise(found.evidence, most=2, width=48)
    if found.needs_review:
        doubt = f"to be read by a person: {found.reasons[-1]}"
        words = f"{words} [{doubt}]" if words else f"[{doubt}]"
    return (
        Text(found.id[:24]),
        Text(str(found.priority), style=PRIORITY_STYLES[found.priority]),
        f"{int(found.urgency)} {found.urgency.shown}",
        Text(f"{found.category.shown} {found.category_confidence:.0%}"),
        Text(words),
    )
