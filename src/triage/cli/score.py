"""``triage score``: complaints to one ranked file."""

import os
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import parse_columns
from triage.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.backlog.sources import Source
    from triage.scoring import Job, Summary

LARGE = 20_000_000
"""Bytes of input from which all cores are used: below, loading a model in each costs more."""

MOST_NAMED = 5
"""Files that could not be read, of which a closing line tells the names."""

INTERRUPTED = 130

INPUTS = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[INPUT]...",
        help="Files, folders or patterns such as 'in/*.csv': CSV, JSONL, Parquet or XLSX with a"
        " column 'text'; CSV and JSONL also as .gz, .bz2, .xz, .zst or .zip.",
    ),
]
OUTPUT = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="Ranked file; its ending names its kind. Default: INPUT_ranked.csv."
        " With --engine spark a name without ending, or a URI, is a folder of Parquet.",
    ),
]
MODEL = Annotated[
    Path | None,
    typer.Option(
        envvar="TRIAGE_MODEL", help="Model folder, champion or default. Default: the model in use."
    ),
]
COLUMNS = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OURS=THEIRS",
        help="Column of your input that holds one of ours: text, id, received_at. Repeat it.",
    ),
]
DATABASE = Annotated[
    str | None,
    typer.Option(
        "--from-sql",
        metavar="URL",
        envvar="TRIAGE_SQL_URL",
        show_envvar=True,
        help="Read a database, such as postgresql://desk@host/complaints, in place of files."
        " A password is best given by the variable: others see a command line.",
    ),
]
QUERY = Annotated[str | None, typer.Option(help="One SELECT with an ORDER BY, for --from-sql.")]
WORKERS = Annotated[
    int | None,
    typer.Option(
        min=1, help="Processes, about 500 MB each. Default: all cores for large inputs, else 1."
    ),
]
URGENT = Annotated[
    Path | None,
    typer.Option(
        "--stream-urgent",
        metavar="FILE",
        help="CSV or JSONL file to which each P1 is appended as soon as it is found.",
    ),
]


def score(
    inputs: INPUTS = None,
    output: OUTPUT = None,
    column: COLUMNS = None,
    from_sql: DATABASE = None,
    query: QUERY = None,
    stream_urgent: URGENT = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Write the complaints' texts, too.")
    ] = False,
    rows: Annotated[int, typer.Option(min=0, help="Complaints to show in the terminal.")] = 20,
    workers: WORKERS = None,
    model: MODEL = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an output that is there.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget a run for this output that was stopped.")
    ] = False,
    engine: Annotated[str, typer.Option(help="local, or spark for a cluster.")] = "local",
    master: Annotated[
        str | None, typer.Option(help="Spark's master, such as yarn or local[4].")
    ] = None,
) -> None:
    """Read complaints and write them ranked: whom to call first.

    A run that was stopped, by whatever, goes on with the same command. What could not be read
    stands in the queue, for a person, and is listed in OUTPUT.rejected.jsonl.

    Example: triage score monday.csv --output monday_ranked.xlsx

    Example: triage score 'backlog/*.csv.gz' -o ranked.parquet --stream-urgent urgent.csv
    """
    columns = parse_columns(column, fields=("text", "id", "received_at"))
    _check_options(inputs, from_sql, query, engine, master)
    chosen = _choose_output(inputs or [], output, query=query is not None)
    _check_apart(inputs or [], Path(chosen), stream_urgent)
    if engine == "spark":
        from triage.cli.spark import score_on_spark

        score_on_spark(
            inputs or [],
            chosen,
            columns=columns,
            model=model,
            master=master,
            with_text=with_text,
            force=force,
            restart=restart,
        )
        return
    from triage.scoring import Job

    _run(
        Job(
            sources=_open_sources(
                inputs or [], from_sql, query, columns, own=[Path(chosen), stream_urgent]
            ),
            output=Path(chosen),
            model_folder=_prepare(model),
            columns=columns,
            with_text=with_text,
            urgent=stream_urgent,
            force=force,
            restart=restart,
        ),
        workers=workers,
        rows=rows,
    )


def _check_options(
    inputs: list[str] | None,
    url: str | None,
    query: str | None,
    engine: str,
    master: str | None,
) -> None:
    problems = []
    if engine not in ("local", "spark"):
        problems.append(f"--engine {engine!r}: expected local or spark")
    if master and engine != "spark":
        problems.append("--master is for --engine spark")
    if bool(inputs) == bool(query):
        problems.append("name files to read, or a --query for --from-sql; one of both")
    if query and not url:
        problems.append("--query needs --from-sql URL")
    if query and engine == "spark":
        problems.append("--engine spark reads files; use triage.spark.score for tables")
    if problems:
        raise ConfigError(problems)


def _choose_output(inputs: "Sequence[str]", output: str | None, *, query: bool) -> str:
    if output is not None:
        return output
    from triage.files.kinds import kind_of

    first = Path(inputs[0]) if inputs else None
    if query or first is None or len(inputs) > 1 or (has_magic(inputs[0]) and not first.exists()):
        raise ConfigError(["name the ranked file with --output, such as --output ranked.csv"])
    if first.is_dir():
        return str(first.with_name(f"{first.resolve().name}_ranked.csv"))
    kind = kind_of(first)
    stem = first.name.lower().rpartition(kind)[0] if kind else first.stem
    return str(first.with_name(f"{first.name[: len(stem)]}_ranked{kind or '.csv'}"))


def _check_apart(inputs: "Sequence[str]", output: Path, urgent: Path | None) -> None:
    """Refuse to write over what is read: those complaints would be lost."""
    from triage.backlog.run_file import name_rejected

    written = [output, name_rejected(output)]
    if urgent and urgent.resolve() in [path.resolve() for path in written]:
        raise ConfigError(["--stream-urgent names the output; name another file"])
    written += [urgent] if urgent else []
    for given in map(Path, inputs):
        if given.is_file() and any(path.exists() and path.samefile(given) for path in written):
            raise DataError("is input and output at once; name another output", path=given)


def _open_sources(
    inputs: "Sequence[str]",
    url: str | None,
    query: str | None,
    columns: dict[str, str],
    *,
    own: "Sequence[Path | None]",
) -> "list[Source]":
    from triage.backlog.run_file import name_rejected
    from triage.backlog.sources import QuerySource, list_sources
    from triage.cli.terminal import note

    if query is not None:
        return [QuerySource(str(url), query, columns=columns)]
    written = [path for path in own if path is not None]
    return list_sources(
        inputs, columns=columns, leave_out=[*written, *map(name_rejected, written)], note=note
    )


def _prepare(model: Path | None) -> Path:
    from triage.default_model import prepare_model

    return prepare_model(model, progress=lambda line: typer.echo(f"  {line}", err=True))


def _run(job: "Job", *, workers: int | None, rows: int) -> None:
    from triage.cli.progress import show_progress
    from triage.cli.terminal import note, show_queue, show_summary
    from triage.scoring import score_job

    chosen = workers or _choose_workers(job.sources)
    try:
        with show_progress() as progress:
            done = score_job(
                job,
                workers=chosen,
                top=rows,
                note=note,
                progress=progress,
                step=progress.step,
            )
    except KeyboardInterrupt:
        typer.echo("triage: stopped; what is scored is kept, the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if rows:
        show_queue(done.top, left=done.counts.rows - len(done.top))
    show_summary(done, urgent=job.urgent)
    _check_all_read(done)


def _check_all_read(done: "Summary") -> None:
    """Let who started the run, maybe a script at night, know of files that were not read."""
    if not done.unread:
        return
    named = ", ".join(done.unread[:MOST_NAMED])
    left = len(done.unread) - MOST_NAMED
    raise DataError(
        f"not read, or not to the end: {named}{f' and {left:,} more' if left > 0 else ''}; in the"
        f" queue a row stands for each, for a person; the reasons are in {done.rejected}"
    )


def _choose_workers(sources: "Sequence[Source]") -> int:
    if sum(source.size or 0 for source in sources) < LARGE:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
