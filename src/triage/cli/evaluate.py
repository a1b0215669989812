"""``triage evaluate``: how good a model is on labelled files."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from triage.evaluation.scorecard import Scorecard


WIDTH = 112
"""Columns that the table needs; a narrower terminal wraps its lines rather than losing numbers."""


def evaluate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Labelled JSONL files or folders.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(envvar="TRIAGE_MODEL", help="Model folder. Default: the shipped model."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure a model on labelled complaints and minimal pairs, with 95 % intervals.

    Example: triage evaluate data/devset
    """
    from triage.cli.terminal import show_steps
    from triage.default_model import load_model
    from triage.evaluating import evaluate_files

    with show_steps(f"Measuring on {', '.join(map(str, files))}") as step:
        scorecard = evaluate_files(load_model(model, progress=step), files)
    if as_json:
        typer.echo(json.dumps(_without_nan(asdict(scorecard)), indent=2))
    else:
        show_scorecard(scorecard, title="Scorecard")


def _without_nan(value: Any) -> Any:
    """Say null where nothing could be measured: JSON knows no NaN."""
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def show_scorecard(scorecard: "Scorecard", *, title: str) -> None:
    """Print a scorecard: one column a language, one row a measure; then the pairs by phenomenon."""
    from rich.console import Console
    from rich.table import Table

    from triage.evaluation.cards import COLUMN_TITLES, measure, show_measure
    from triage.labels import LANGUAGE_TITLES

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    table = Table(title=f"{title} (95 % intervals)", title_justify="left", box=None, pad_edge=False)
    groups = {"all": scorecard.overall}
    groups |= {LANGUAGE_TITLES[name]: scores for name, scores in scorecard.languages.items()}
    table.add_column("measure", no_wrap=True)
    for name in groups:
        table.add_column(name, no_wrap=True)
    for name, shown in COLUMN_TITLES.items():
        table.add_row(shown, *(show_measure(measure(scores, name)) for scores in groups.values()))
    console.print(table)
    if scorecard.phenomena:
        pairs = Table(
            title="Pairs right, by phenomenon", title_justify="left", box=None, pad_edge=False
        )
        pairs.add_column("phenomenon")
        pairs.add_column("both sides right")
        pairs.add_column("pairs", justify="right")
        for name, value in scorecard.phenomena.items():
            pairs.add_row(name, show_measure(value), str(value.count))
        console.print(pairs)
