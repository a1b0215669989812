"""The program ``triage``: its commands, and how an error becomes one line and an exit code."""

import os
import sys

import typer

from triage import __version__
from triage.cli import (
    assess,
    compare,
    data,
    desk,
    evaluate,
    experiments,
    promote,
    score,
    train,
    tune,
)
from triage.errors import TriageError

INTERRUPTED = 130
USAGE = 2

app = typer.Typer(
    name="triage",
    help="Read complaints to a cyber police cell and tell the desk whom to call first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("score")(score.score)
app.command("assess")(assess.assess)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("tune")(tune.tune)
app.command("experiments")(experiments.experiments)
app.command("promote")(promote.promote)
app.add_typer(data.app, name="data")
app.add_typer(desk.desk, name="desk")


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Show the version and stop."),
) -> None:
    if version:
        typer.echo(f"triage {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the program; never shows a traceback, which could quote a complaint."""
    try:
        code = app(standalone_mode=False)
    except TriageError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; nothing was left half done", INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (such as head) has enough: no error, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "format_message"):  # wrong usage, as the command parser words it
            _fail(f"{error.format_message()} See: triage --help", USAGE)
        _fail(_unforeseen(error), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception) -> str:
    """Name where an unforeseen error was raised, without its message, which might quote a text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
    return f"an error that triage did not foresee ({type(error).__name__} at {where}); please report it"


def _fail(message: str, code: int) -> None:
    typer.echo(f"triage: {message}", err=True)
    sys.exit(code)
