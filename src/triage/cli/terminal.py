"""What several commands show in the same way: progress, notes and the queue."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.cli.progress import describe_time
from triage.labels import Category, Priority

if TYPE_CHECKING:
    from triage.backlog.ledger import Counts
    from triage.scoring import Summary

_EVIDENCE = 70
"""Characters of evidence that the table shows at most."""

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


def show_queue(rows: "Sequence[Mapping[str, Any]]", *, left: int) -> None:
    """Print the top of the queue as a table.

    :param rows: the first rows of the ranked file.
    :param left: rows that follow in the file.
    """
    console = Console(highlight=False)
    table = Table(title="Whom to call first", title_justify="left", pad_edge=False, box=None)
    table.add_column("rank", justify="right")
    table.add_column("id", overflow="fold", min_width=6)
    table.add_column("pri.")
    table.add_column("urgency", min_width=10)
    table.add_column("category", min_width=13)
    table.add_column("the words it rests on (identifiers masked)", ratio=1)
    for row in rows:
        table.add_row(*_queue_cells(row))
    console.print(table)
    if left > 0:
        console.print(f"... and {left:,} more in the file", style="dim")


def _queue_cells(row: "Mapping[str, Any]") -> tuple[str | Text, ...]:
    priority = Priority(row["priority"])
    words = str(row["evidence"])
    if len(words) > _EVIDENCE:
        words = f"{words[: _EVIDENCE - 1].rstrip()}…"
    if row["needs_review"]:
        doubt = f"to be read by a person: {str(row['reasons']).split('; ')[-1]}"
        words = f"{words} [{doubt}]" if words else f"[{doubt}]"
    return (
        str(row["rank"]),
        Text(str(row["id"])[:24]),
        Text(priority, style=PRIORITY_STYLES[priority]),
        f"{row['urgency']} {row['urgency_name']}",
        Text(f"{Category(row['category']).shown} {row['category_confidence']:.0%}"),
        Text(words),
    )


def describe_counts(counts: "Counts") -> list[str]:
    """Say in some lines what a run's rows are."""
    shown = ", ".join(f"{name}: {count:,}" for name, count in counts.priorities.items())
    scored = counts.rows - counts.set_aside
    lines = [
        f"{counts.rows:,} complaints in: {scored:,} scored, {counts.set_aside:,} set aside.",
        f"{shown}. To be read by a person: {counts.needs_review:,}.",
    ]
    if counts.near_copies:
        lines.append(
            f"{counts.near_copies:,} are nearly the same as an earlier one (near_copy_of)."
        )
    if counts.repeated_ids:
        lines.append(f"{counts.repeated_ids:,} have the id of an earlier one; all are kept.")
    return lines


def show_summary(done: "Summary", *, urgent: Path | None = None) -> None:
    """Print what a run gave and what to do next, in English and Hindi.

    :param urgent: the file to which each P1 was added, where there is one.
    """
    typer.echo("")
    for line in describe_counts(done.counts):
        typer.echo(line)
    name, short_hash = done.model
    earlier = f" {done.earlier:,} were scored in an earlier sitting." if done.earlier else ""
    typer.echo(f"Time: {describe_time(done.seconds)}.{earlier} Model: {name} ({short_hash}).")
    typer.echo(f"The ranked file: {done.output}")
    if urgent:
        typer.echo(f"Each P1 was added at once to: {urgent}")
    if done.rejected:
        typer.echo(f"What could not be read, in the queue as well: {done.rejected}")
    typer.echo("Next: open it, call P1 first. To see why one stands where it does, paste its text:")
    typer.echo("  triage assess -")
    typer.echo("आगे: फ़ाइल खोलें और सबसे पहले P1 वालों को फ़ोन करें।")
