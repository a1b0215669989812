"""``triage evaluate``: how good a model is on labelled files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import COLUMNS, TRACKING_URI, parse_columns
from triage.cli.tables import build_table, plain_json, print_table

if TYPE_CHECKING:
    from triage.evaluation.robustness import Robustness
    from triage.evaluation.scorecard import Scorecard


def evaluate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Labelled files or folders.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            envvar="TRIAGE_MODEL",
            help="Model folder, run, champion or default. Default: the model in use.",
        ),
    ] = None,
    column: COLUMNS = None,
    robustness: Annotated[
        bool,
        typer.Option(help="Measure also under noise (typos, capitals, ...) and without evidence."),
    ] = True,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with words, tables and figures to this file, too."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that is there.")] = False,
    tracking_uri: TRACKING_URI = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure a model on labelled complaints and minimal pairs, with 95 % intervals.

    Example: triage evaluate data/devset --html report.html
    """
    from triage.cli.terminal import note, show_steps
    from triage.corpus import read_corpus
    from triage.default_model import default_store, load_model
    from triage.evaluating import check_page, evaluate_model, save_page

    measured_on = ", ".join(map(str, files))
    if html:
        check_page(html, force=force)  # before anything is measured: a wrong name costs no minute
    complaints = read_corpus(files, columns=parse_columns(column), note=note)
    with show_steps(f"Measuring on {measured_on}") as step:
        if model is None:
            loaded = load_model(progress=step)
        else:
            from triage.model_names import load_named_model

            store = tracking_uri or default_store()
            loaded = load_named_model(model, store=store, progress=step)
        found = evaluate_model(loaded, complaints, robustness=robustness, progress=step)
        if html:
            step("writing the page")
            save_page(html, loaded, found, made_of=f"the labelled files {measured_on}", force=force)
    if html:
        note(f"the page to read and print is {html}")
    if as_json:
        held = {"robustness": asdict(found.robustness)} if found.robustness else {}
        typer.echo(json.dumps(plain_json(asdict(found.scorecard) | held), indent=2))
        return
    show_scorecard(found.scorecard, title="Scorecard")
    if found.robustness:
        _show_robustness(found.robustness)


def show_scorecard(scorecard: "Scorecard", *, title: str) -> None:
    """Print a scorecard: one column a language, one row a measure; then the pairs by phenomenon."""
    from triage.evaluation.cards import COLUMN_TITLES, measure, show_measure
    from triage.labels import LANGUAGE_TITLES

    groups = {"all": scorecard.overall}
    groups |= {LANGUAGE_TITLES[name]: scores for name, scores in scorecard.languages.items()}
    table = build_table(f"{title} (95 % intervals)", "measure", *groups, numbers=True)
    for name, shown in COLUMN_TITLES.items():
        table.add_row(shown, *(show_measure(measure(scores, name)) for scores in groups.values()))
    print_table(table)
    if scorecard.phenomena:
        columns = ("phenomenon", "both sides right", "pairs")
        pairs = build_table("Pairs right, by phenomenon", *columns, numbers=True)
        for name, value in scorecard.phenomena.items():
            pairs.add_row(name, show_measure(value), str(value.count))
        print_table(pairs)


def _show_robustness(robustness: "Robustness") -> None:
    from triage.evaluation.cards import show_measure
    from triage.labels import LANGUAGE_TITLES

    groups = list(robustness.faithful)
    titles = [LANGUAGE_TITLES.get(name, name) for name in groups]
    noise = build_table("Recall of high risk under noise", "noise", *titles, numbers=True)
    for kind, by_language in robustness.recall.items():
        cells = (show_measure(by_language[name]) if name in by_language else "-" for name in groups)
        noise.add_row(kind.replace("_", " "), *cells)
    print_table(noise)
    title = "High risk that is none without its evidence"
    faithful = build_table(title, "", *titles, numbers=True)
    faithful.add_row("share", *(show_measure(value) for value in robustness.faithful.values()))
    print_table(faithful)
