"""``triage train``: labelled complaints to a model folder, a report and a run in MLflow."""

import re
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.options import COLUMNS, TRACKING_URI, choose_tracker, parse_columns
from triage.errors import ConfigError


def train(
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="Labelled CSV, XLSX, Parquet or JSONL files, or folders. Default: the shipped corpus.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Model folder. Default: models/NAME."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Experiment's TOML file with a [model] table.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name shown beside results.")] = "default",
    column: COLUMNS = None,
    extend: Annotated[
        bool, typer.Option(help="Learn from the shipped corpus as well as from DATA.")
    ] = True,
    track: Annotated[bool, typer.Option(help="Keep the run in MLflow.")] = True,
    tracking_uri: TRACKING_URI = None,
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

    Example: triage train cases.csv --column "text=Complaint Details" --name pune
    """
    from triage.config import load_settings

    settings = load_settings(config)
    columns = parse_columns(column)
    from triage.cli.evaluate import show_scorecard
    from triage.cli.terminal import note, show_steps
    from triage.default_model import (
        champion_folder,
        default_folder,
        is_current,
        shipped_corpus,
    )

    folder = output or default_folder().with_name(_check_name(name, shipped=not data))
    if folder.resolve() == champion_folder().resolve():
        raise ConfigError([f"{folder}: holds the model in use; only `triage promote` fills it"])
    if if_needed and not data and is_current(folder):
        typer.echo(f"The model in {folder} is current.")
        return
    from triage.corpus import read_corpus
    from triage.persistence import REPORT, check_model_folder
    from triage.retraining import retrain

    check_model_folder(folder)
    own = read_corpus(data or [shipped_corpus()], columns=columns, note=note)
    with show_steps(f"Training {name!r} on {len(own):,} complaints") as step:
        done = retrain(
            own,
            settings,
            output=folder,
            name=name,
            extend=extend and bool(data),
            tracker=choose_tracker(track, tracking_uri),
            progress=step,
            workers=workers,
        )
    show_scorecard(
        done.scorecard, title="On your cases, each judged by a model that had not seen its story"
    )
    typer.echo(f"The model: {folder}")
    typer.echo(f"The report, for people: {folder / REPORT}")
    if done.run:
        typer.echo(f"The run: {done.run} (see: triage experiments)")
    if done.kept:
        typer.echo(
            f"Next: put it into use where it passes the gates: triage promote {done.run[:8]}"
        )


def _check_name(name: str, *, shipped: bool) -> str:
    """Refuse a name whose folder is another model's.

    :raises ConfigError: for ``champion``, which only promoting fills; for ``default`` where it is not
        the shipped corpus that is learned from; and for what is no plain name.
    """
    taken = name.startswith("champion") or (name == "default" and not shipped)
    if taken or not re.fullmatch(r"\w[\w.-]*", name):
        raise ConfigError(
            [
                f"--name {name!r} cannot name a model folder of yours; give another, such as --name pune"
            ]
        )
    return name
