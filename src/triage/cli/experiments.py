"""``triage experiments``: the runs that MLflow keeps, in the terminal or on MLflow's own page."""

from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import TRACKING_URI

if TYPE_CHECKING:
    from triage.tracking.registry import RunSummary

_MEASURES = {
    "category_f1.all": "category F1",
    "recall.all": "recall",
    "precision.all": "precision",
    "average_precision.all": "avg. prec.",
    "pairs.all": "pairs",
    "risk_error.all": "risk ECE",
}
_STATUS = {"FINISHED": "done", "KILLED": "interrupted", "FAILED": "failed", "RUNNING": "running"}


def experiments(
    tracking_uri: TRACKING_URI = None,
    most: Annotated[int, typer.Option("-n", min=1, help="Runs to show, newest first.")] = 20,
    ui: Annotated[bool, typer.Option("--ui", help="Open MLflow's own page instead.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of that page.")] = 5000,
) -> None:
    """List the runs of training: what was tried, what it gave, which model is in use.

    Example: triage experiments -n 10
    """
    from triage.default_model import default_store
    from triage.tracking.mlflow_store import close_abandoned, connect

    uri = tracking_uri or default_store()
    with connect(uri) as (client, experiment):
        close_abandoned(client, experiment)
    if ui:
        _serve(uri, port)
        return
    from triage.tracking.registry import list_runs

    runs = list_runs(uri, most=most)
    if not runs:
        typer.echo("No run is kept yet. Train a model: triage train cases.csv --name mine")
        return
    _show(runs)
    typer.echo("MLflow's own page: triage experiments --ui")


def _show(runs: "list[RunSummary]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Runs, newest first", title_justify="left", box=None, pad_edge=False)
    for title in ("run", "name", "when (UTC)", "state", "in use"):
        table.add_column(title, no_wrap=True)
    for title in ("cases", *_MEASURES.values()):
        table.add_column(title, no_wrap=True, justify="right")
    for run in runs:
        cases = run.params.get("data.own.complaints", "")
        numbers = [f"{run.metrics[m]:.2f}" if m in run.metrics else "-" for m in _MEASURES]
        state = _STATUS.get(run.status, run.status.lower())
        when = f"{run.started:%Y-%m-%d %H:%M}"
        table.add_row(
            run.id[:8],
            run.name[:24],
            when,
            state,
            "champion" if run.champion else "",
            cases,
            *numbers,
        )
    console = Console(highlight=False)
    console.width = max(console.width, 128)
    console.print(table)


def _serve(uri: str, port: int) -> None:
    import os
    import subprocess
    import sys

    typer.echo(f"MLflow's page: http://127.0.0.1:{port}  (Ctrl-C ends it)")
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    done = subprocess.run(command, env=os.environ | quiet, check=False)
    raise typer.Exit(done.returncode)
