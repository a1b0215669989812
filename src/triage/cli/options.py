"""Options that several commands share, and how they are read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.tracking.records import Tracker

TRACKING_URI = Annotated[
    str | None,
    typer.Option(
        envvar="MLFLOW_TRACKING_URI",
        help="MLflow store: sqlite:///FILE or a server. Default: experiments/mlflow.db.",
    ),
]

COLUMNS = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OURS=THEIRS",
        help="Column of your file that holds one of ours: text, id, category, urgency, at_risk,"
        " language, minor, death_reported, scenario, evidence. Repeat it for each.",
    ),
]

FIELDS = (
    *("text", "id", "category", "urgency", "at_risk", "language"),
    *("minor", "death_reported", "scenario", "evidence"),
)


def choose_tracker(track: bool, uri: str | None) -> "Tracker":
    """Open the tracker that the options ask for; where it cannot be used, a note says so."""
    from triage.cli.terminal import note
    from triage.default_model import default_store
    from triage.tracking.mlflow_store import open_tracker
    from triage.tracking.records import NoTracker

    return open_tracker(uri or default_store(), note=note) if track else NoTracker()


def parse_columns(given: list[str] | None, *, fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """Read ``OURS=THEIRS`` options.

    :param fields: what may be named of ours.
    :returns: the user's column for each of ours that was named.
    :raises ConfigError: with every option that is none.

    >>> parse_columns(["text=Complaint Details"])
    {'text': 'Complaint Details'}
    """
    columns, problems = {}, []
    for pair in given or []:
        ours, equals, theirs = pair.partition("=")
        if not equals or ours.strip() not in fields or not theirs.strip():
            problems.append(
                f"--column {pair!r}: expected OURS=THEIRS with OURS one of {', '.join(fields)}"
            )
        columns[ours.strip()] = theirs.strip()
    if problems:
        raise ConfigError(problems)
    return columns
