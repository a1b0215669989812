"""``triage train``: labelled complaints to a model folder."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="Labelled JSONL files or folders. Default: the shipped corpus.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Model folder. Default: the default model's."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Experiment's TOML file with a [model] table.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name shown beside results.")] = "default",
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; changes nothing in the result.")
    ] = 2,
    if_needed: Annotated[
        bool,
        typer.Option(
            "--if-needed", help="Do nothing where the default model is there and current."
        ),
    ] = False,
) -> None:
    """Train a model on labelled complaints and measure it on stories it has not seen.

    Example: triage train data/corpus --output models/mine --name mine
    """
    from triage.config import load_settings

    settings = load_settings(config)
    from triage.cli.evaluate import show_scorecard
    from triage.cli.terminal import show_steps
    from triage.default_model import default_folder, is_current, shipped_corpus

    folder = output or default_folder()
    if if_needed and is_current(folder):
        typer.echo(f"The model in {folder} is current.")
        return
    from triage.corpus import read_corpus
    from triage.training import train_model

    complaints = read_corpus(data or [shipped_corpus()])
    with show_steps(f"Training {name!r}") as step:
        trained = train_model(
            complaints, settings, output=folder, name=name, progress=step, workers=workers
        )
    show_scorecard(trained.scorecard, title="On stories that the judging model had not seen")
    typer.echo(f"The model: {folder}")
