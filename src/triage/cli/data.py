"""``triage data``: the corpus and its quality."""

from pathlib import Path
from typing import Annotated

import typer

from triage.cli import agreement, labels
from triage.cli.options import COLUMNS, parse_columns

app = typer.Typer(help="Look after labelled complaints.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Look after labelled complaints."""


@app.command("check")
def check(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DATA]...", help="Default: the shipped corpus.")
    ] = None,
    apart_from: Annotated[
        list[Path] | None,
        typer.Option(help="Texts that none of these may come near, such as data/devset."),
    ] = None,
    column: COLUMNS = None,
) -> None:
    """Prove a corpus: labels, near-copies, identifiers that could be real, shortcuts.

    Example: triage data check data/corpus --apart-from data/devset
    """
    from triage.cli.terminal import note, show_steps
    from triage.corpus import read_corpus
    from triage.default_model import shipped_corpus
    from triage.evaluation.corpus_checks import check_corpus

    columns = parse_columns(column)
    complaints = read_corpus(folders or [shipped_corpus()], columns=columns, note=note)
    others = read_corpus(apart_from) if apart_from else []
    with show_steps(f"Checking {len(complaints):,} complaints") as step:
        report = check_corpus(complaints, others, progress=step)
    for line in report.counts:
        typer.echo(line)
    for problem in report.problems:
        typer.echo(f"problem: {problem}", err=True)
    if report.problems:
        raise typer.Exit(3)
    typer.echo("The corpus passes every check.")


@app.command("words")
def words(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DATA]...", help="Default: the shipped corpus.")
    ] = None,
) -> None:
    """Print the words in common use, which mending typos rests on, with their number of stories.

    Example: triage data words data/corpus > src/triage/text/lexicon/common_words.txt
    """
    from triage.corpus import read_corpus
    from triage.default_model import shipped_corpus
    from triage.text.lexicon import load_lexicon
    from triage.text.typos import count_words

    complaints = read_corpus(folders or [shipped_corpus()])
    risk_words = load_lexicon().risk_words()
    for key, stories in count_words((c.scenario, c.text) for c in complaints).items():
        if key not in risk_words:
            typer.echo(f"{key} {stories}")


app.command("audit")(labels.audit)
app.command("next")(labels.next_cases)
app.command("agree")(agreement.agree)
