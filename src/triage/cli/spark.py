"""``triage score --engine spark``: the same on a cluster."""

from collections.abc import Sequence
from pathlib import Path

import typer

from triage.cli.terminal import describe_counts, note


def score_on_spark(
    inputs: Sequence[str],
    output: str,
    *,
    columns: dict[str, str],
    model: Path | None,
    master: str | None,
    with_text: bool,
    force: bool,
    restart: bool,
) -> None:
    """Score files on Spark and say what came out; see ``triage.spark.score_files``."""
    from triage.spark import score_files

    counts = score_files(
        inputs,
        output,
        master=master,
        columns=columns,
        model=model,
        with_text=with_text,
        force=force,
        restart=restart,
        note=note,
    )
    for line in describe_counts(counts):
        typer.echo(line)
    typer.echo(f"The ranked output: {output}")
