"""``triage promote``: put a model into use where it passes the gates, or go back to the last one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import COLUMNS, TRACKING_URI, parse_columns
from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.promotion import Promotion

NOT_PROMOTED = 4


def promote(
    candidate: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|DIR]",
            help="A run (its id, the beginning of it, or name) or model folder.",
        ),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Labelled files to measure on. Default: data/devset."
        ),
    ] = None,
    gates: Annotated[
        Path | None, typer.Option(help="TOML with your own gates. Default: the shipped ones.")
    ] = None,
    force: Annotated[
        str,
        typer.Option(metavar="REASON", help="Promote it though a gate fails; the reason is kept."),
    ] = "",
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put the model that was in use before back into use.")
    ] = False,
    column: COLUMNS = None,
    tracking_uri: TRACKING_URI = None,
) -> None:
    """Put a model into use, if it passes the gates: `triage score` then uses it.

    Example: triage promote pune   and to go back: triage promote --rollback
    """
    from triage.cli.terminal import show_steps
    from triage.default_model import default_store, shipped_devset

    uri = tracking_uri or default_store()
    if rollback:
        from triage.promotion import restore_previous

        typer.echo(f"In use again: {restore_previous(uri)}")
        return
    if candidate is None:
        raise ConfigError(
            ["name a run or a model folder, or say --rollback; see: triage experiments"]
        )
    from triage.cli.terminal import note
    from triage.corpus import read_corpus
    from triage.gates import load_gates
    from triage.promotion import promote as promote_model

    wanted = load_gates(gates)
    complaints = read_corpus(files or [shipped_devset()], columns=parse_columns(column), note=note)
    with show_steps(f"Holding {candidate!r} against the gates") as step:
        done = promote_model(candidate, complaints, wanted, uri=uri, force=force, progress=step)
    _show(done)
    if not done.promoted:
        raise typer.Exit(NOT_PROMOTED)


def _show(done: "Promotion") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("gate", "", "measured", "asked"):
        table.add_column(title)
    for result in done.results:
        mark = "[green]passes[/green]" if result.passed else "[bold red]FAILS[/bold red]"
        table.add_row(result.gate, mark, result.measured, result.asked)
    Console(highlight=False).print(table)
    if done.promoted:
        typer.echo(
            f"In use now: {done.name} (version {done.version}). Back: triage promote --rollback"
        )
        return
    failed = ", ".join(result.gate for result in done.results if not result.passed)
    typer.echo(f"Not promoted: {done.name} fails {failed}. The model in use stays.", err=True)
    typer.echo('To promote it all the same: --force "the reason"', err=True)
