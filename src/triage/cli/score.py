"""``triage score``: files of complaints to one ranked file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from triage.records import Assessment

INPUTS = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT...", help="CSV, JSONL, Parquet or XLSX with a column 'text'."),
]


def score(
    inputs: INPUTS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Ranked file; its ending names its kind. Default: INPUT_ranked.csv.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            envvar="TRIAGE_MODEL",
            help="Model folder, champion or default. Default: the model in use.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Write the complaints' texts, too.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an output that is there.")
    ] = False,
    rows: Annotated[int, typer.Option(min=0, help="Complaints to show in the terminal.")] = 20,
) -> None:
    """Read files of complaints and write them ranked: whom to call first.

    Example: triage score monday.csv --output monday_ranked.xlsx
    """
    from triage.cli.terminal import note, show_queue, show_steps
    from triage.datasets import check_input
    from triage.ranking import check_output

    first = inputs[0]
    ranked = output or first.with_name(f"{first.stem}_ranked{first.suffix or '.csv'}")
    for path in inputs:
        check_input(path)  # before the model is loaded: a wrong name should not cost a minute
    check_output(ranked, force=force)
    with show_steps(f"Reading {', '.join(map(str, inputs))}") as step:
        from triage.default_model import find_model, load_model
        from triage.persistence import short_hash
        from triage.scoring import score_files

        loaded = load_model(model, progress=step)
        step(f"model: {loaded.name} ({short_hash(find_model(model))})")
        scored = score_files(
            inputs,
            ranked,
            model=loaded if workers == 1 else None,
            model_folder=model,
            workers=workers,
            with_text=with_text,
            force=force,
            note=note,
            progress=_every_so_often(step),
        )
    if rows:
        show_queue(scored, rows=rows)
    _say_what_next(ranked, scored.assessments)


def _every_so_often(step: Callable[[str], None]) -> Callable[[int], None]:
    """Speak at each ten thousand rows only."""
    spoken = 0

    def progress(rows: int) -> None:
        nonlocal spoken
        if rows // 10_000 > spoken:
            spoken = rows // 10_000
            step(f"{rows:,} complaints read")

    return progress


def _say_what_next(ranked: Path, assessments: "list[Assessment]") -> None:
    from collections import Counter

    counts = Counter(str(a.priority) for a in assessments)
    shown = ", ".join(f"{p}: {counts[p]:,}" for p in ("P1", "P2", "P3", "P4"))
    review = sum(a.needs_review for a in assessments)
    typer.echo(f"\n{len(assessments):,} complaints ({shown}); {review:,} to be read by a person.")
    typer.echo(f"The ranked file: {ranked}")
    typer.echo("Next: open it, call P1 first. To see why one stands where it does, paste its text:")
    typer.echo("  triage assess -")
