"""``triage evaluate``: how good a model is on labelled files."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from triage.evaluation.robustness import Robustness
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
    robustness: Annotated[
        bool,
        typer.Option(help="Measure also under noise (typos, capitals, ...) and without evidence."),
    ] = True,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with words, tables and figures to this file, too."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure a model on labelled complaints and minimal pairs, with 95 % intervals.

    Example: triage evaluate data/devset --html report.html
    """
    from triage.cli.terminal import note, show_steps
    from triage.default_model import load_model
    from triage.evaluating import check_page, evaluate_files, save_page

    measured_on = ", ".join(map(str, files))
    if html:
        check_page(html, force=force)  # before anything is measured: a wrong name costs no minute
    with show_steps(f"Measuring on {measured_on}") as step:
        loaded = load_model(model, progress=step)
        found = evaluate_files(loaded, files, robustness=robustness, progress=step)
        if html:
            step("writing the page")
            save_page(html, loaded, found, made_of=f"the labelled files {measured_on}", force=force)
    if html:
        note(f"the page to read and print is {html}")
    if as_json:
        held = {"robustness": asdict(found.robustness)} if found.robustness else {}
        typer.echo(json.dumps(_without_nan(asdict(found.scorecard) | held), indent=2))
        return
    show_scorecard(found.scorecard, title="Scorecard")
    if found.robustness:
        _show_robustness(found.robustness)


def _without_nan(value: Any) -> Any:
    """Say null where nothing could be measured: JSON knows no NaN."""
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def show_scorecard(scorecard: "Scorecard", *, title: str) -> None:
    """Print a scorecard: one column a language, one row a measure; then the pairs by phenomenon."""
    from triage.evaluation.cards import COLUMN_TITLES, measure, show_measure
    from triage.labels import LANGUAGE_TITLES

    groups = {"all": scorecard.overall}
    groups |= {LANGUAGE_TITLES[name]: scores for name, scores in scorecard.languages.items()}
    table = _table(f"{title} (95 % intervals)", "measure", *groups, numbers=True)
    for name, shown in COLUMN_TITLES.items():
        table.add_row(shown, *(show_measure(measure(scores, name)) for scores in groups.values()))
    _print(table)
    if scorecard.phenomena:
        columns = ("phenomenon", "both sides right", "pairs")
        pairs = _table("Pairs right, by phenomenon", *columns, numbers=True)
        for name, value in scorecard.phenomena.items():
            pairs.add_row(name, show_measure(value), str(value.count))
        _print(pairs)


def _show_robustness(robustness: "Robustness") -> None:
    from triage.evaluation.cards import show_measure
    from triage.labels import LANGUAGE_TITLES

    groups = list(robustness.faithful)
    titles = [LANGUAGE_TITLES.get(name, name) for name in groups]
    noise = _table("Recall of high risk under noise", "noise", *titles, numbers=True)
    for kind, by_language in robustness.recall.items():
        cells = (show_measure(by_language[name]) if name in by_language else "-" for name in groups)
        noise.add_row(kind.replace("_", " "), *cells)
    _print(noise)
    title = "High risk that is none without its evidence"
    faithful = _table(title, "", *titles, numbers=True)
    faithful.add_row("share", *(show_measure(value) for value in robustness.faithful.values()))
    _print(faithful)


def _table(title: str, *columns: str, numbers: bool = False) -> "Table":
    """Lay out an empty table.

    :param numbers: whether every column but the first holds numbers.
    """
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, no_wrap=True, justify="right" if numbers and place else "left")
    return table


def _print(table: "Table") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    console.print(table)
