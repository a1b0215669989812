"""``triage tune``: a search over settings; the best of them as a configuration for training."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import COLUMNS, TRACKING_URI, choose_tracker, parse_columns

if TYPE_CHECKING:
    from triage.records import LabelledComplaint
    from triage.search_plan import SearchPlan
    from triage.trials import TrialResult
    from triage.tuning import Searched


def tune(
    config: Annotated[
        Path, typer.Option(help="Plan of the search: TOML with [model], [search] and [objective].")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="Labelled files or folders. Default: the shipped corpus.",
        ),
    ] = None,
    column: COLUMNS = None,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials in all, with those of earlier runs.")
    ] = 20,
    name: Annotated[
        str | None, typer.Option(help="Name of the search. Default: that of the plan's file.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Database that keeps the trials. Default: sqlite:///experiments/tuning.db",
        ),
    ] = None,
    subset: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Only N stories, drawn by the seed: quick, rough."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where the best settings go. Default: printed."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output.")] = False,
    track: Annotated[bool, typer.Option(help="Keep each trial as a run in MLflow.")] = True,
    tracking_uri: TRACKING_URI = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; changes nothing in the result.")
    ] = 2,
) -> None:
    """Search for better settings: try some, measure each on stories it has not seen.

    The default settings are always tried first. Stop with Ctrl-C whenever you like: the same
    command goes on from there. One search of a name at a time.

    Example: triage tune --config experiments/tune_example.toml --trials 20
    """
    from triage.search_plan import load_plan

    plan = load_plan(config)
    from triage.files.row_files import check_place

    if output is not None:
        check_place(output, force=force)  # before hours of work
    from triage.corpus import read_corpus
    from triage.default_model import shipped_corpus
    from triage.evaluation.corpus_checks import hold_together
    from triage.tuning import DEFAULT_STORAGE, search_settings, take_stories

    columns = parse_columns(column)
    complaints = hold_together(read_corpus(data or [shipped_corpus()], columns=columns, note=_say))
    if subset:
        complaints = take_stories(complaints, count=subset, seed=plan.start.seed)
        _check_subset(complaints, plan, subset)
    name = name or config.stem
    _say(f"Searching {name!r}: {trials} trials on {len(complaints):,} complaints")
    table, tracker = TrialTable(plan), choose_tracker(track, tracking_uri)
    try:
        with tracker.start(f"search {name}") as search:

            def keep(trial: "TrialResult") -> None:
                table.show(trial)
                with tracker.start(f"{name}, trial {trial.number}", parent=search.id) as run:
                    run.log_numbers(asdict(trial.settings), _flatten(trial))

            found = search_settings(
                complaints,
                plan,
                trials=trials,
                name=name,
                storage=storage or DEFAULT_STORAGE,
                workers=workers,
                progress=_say,
                on_earlier=table.show,
                on_trial=keep,
            )
    except KeyboardInterrupt:
        _say("\nThe finished trials are kept: the same command goes on from there.")
        raise
    _hand_over(found, plan, name, output)


def _flatten(trial: "TrialResult") -> dict[str, float]:
    """Give a trial's numbers by the names that runs of training have, such as ``recall.en``."""
    numbers = {"score": trial.score, "seconds": trial.seconds}
    for group, measures in trial.measures.items():
        # A measure of nothing is left out: no store knows what nan is.
        numbers |= {f"{n}.{group}": m.value for n, m in measures.items() if m.value == m.value}
    return numbers


class TrialTable:
    """Shows trials as they come, one line each, and which is the best so far."""

    def __init__(self, plan: "SearchPlan") -> None:
        from triage.evaluation.cards import COLUMN_TITLES

        self.plan = plan
        self.best = float("-inf")
        self.titles = ["trial", "score", *(COLUMN_TITLES[m] for m in plan.weights), "seconds"]
        self.titles += plan.space
        self.begun = False

    def show(self, trial: "TrialResult") -> None:
        """Show one trial, under the titles where it is the first."""
        if not self.begun:
            self._line(self.titles, "")
            self.begun = True
        settings = asdict(trial.settings)
        cells = [str(trial.number), f"{trial.score:.4f}"]
        cells += [f"{trial.measures['all'][name].value:.4f}" for name in self.plan.weights]
        cells += [f"{trial.seconds:.0f}", *(f"{settings[name]:g}" for name in self.plan.space)]
        better, self.best = trial.score > self.best, max(trial.score, self.best)
        remark = "the start" if trial.number == 0 else "best so far" if better else ""
        self._line(cells, remark)

    def _line(self, cells: list[str], remark: str) -> None:
        widths = [max(len(title), 6) for title in self.titles]
        row = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        _say(f"{row}  {remark}".rstrip())


def _hand_over(found: "Searched", plan: "SearchPlan", name: str, output: Path | None) -> None:
    """Say what came out, and write the best settings; only they go to the standard output."""
    from triage.tuning import write_settings

    verdict = judge_search(found, plan)
    _say("\n" + "\n".join(verdict))
    head = [f"Search {name!r}, trial {found.best.number}.", *verdict]
    settings = "".join(f"# {line}\n" for line in head) + write_settings(found.best.settings)
    if output is None:
        _say("")
        typer.echo(settings, nl=False)
        return
    from triage.errors import DataError

    try:
        output.write_text(settings, "utf-8")
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror}); the trials are kept, so the same command with"
            " another --output gives the settings at once",
            path=output,
        ) from None
    typer.echo(f"The settings: {output}")


def judge_search(found: "Searched", plan: "SearchPlan") -> list[str]:
    """Say in plain words what a search gave and how far to believe it."""
    from triage.config import Settings
    from triage.evaluation.cards import COLUMN_TITLES

    best, start, others = found.best, found.start, len(found.trials) - 1
    begun_with = "the default settings"
    if plan.start != Settings():
        begun_with += ", with the [model] table's where it names others,"
    if best is start:
        tried = f"None of {others} other trials beats" if others else "Nothing was tried but"
        return [f"{tried} {begun_with.rstrip(',')}."]
    lines = [
        f"Trial {best.number} scores {best.score:.4f}, {begun_with} {start.score:.4f}:"
        f" {found.gain:.4f} better."
    ]
    for measure in plan.weights:
        ours, theirs = best.measures["all"][measure], start.measures["all"][measure]
        lines.append(
            f"{COLUMN_TITLES[measure]}: {ours.value:.4f} ({ours.low:.4f} to {ours.high:.4f}),"
            f" at the start {theirs.value:.4f} ({theirs.low:.4f} to {theirs.high:.4f})"
        )
    return [
        *lines,
        f"The best of {len(found.trials)} looks better than it is: it was chosen by these very"
        " numbers, and luck is part of them.",
        "Before you use it, measure it beside those of the start on complaints that no trial has seen.",
    ]


def _check_subset(
    complaints: "Sequence[LabelledComplaint]", plan: "SearchPlan", subset: int
) -> None:
    """Say where so few stories are too little to train on."""
    from triage.errors import DataError
    from triage.training import check_enough

    try:
        check_enough(complaints, plan.start)
    except DataError as error:
        raise DataError(f"{error}; or take more stories than --subset {subset}") from None


def _say(line: str) -> None:
    typer.echo(line, err=True)
