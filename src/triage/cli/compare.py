"""``triage compare``: what sets two models apart on labelled files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import COLUMNS, TRACKING_URI, parse_columns
from triage.cli.tables import build_table, plain_json, print_table

if TYPE_CHECKING:
    from triage.evaluation.changes import Change
    from triage.evaluation.comparison import Comparison, Difference
    from triage.evaluation.discordance import Discordance

_QUESTION_TITLES = {
    "found": "high risk found",
    "false_alarms": "no false alarm",
    "high_risk": "high risk or not",
    "category": "category",
    "pairs": "pairs",
}


def compare(
    a: Annotated[
        str, typer.Argument(metavar="A", help="Model folder, run, or: champion, default.")
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The model that would replace A.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Labelled files or folders.")
    ],
    cases: Annotated[
        int, typer.Option(min=0, help="Changed cases to list, worst first; --json lists all.")
    ] = 20,
    column: COLUMNS = None,
    tracking_uri: TRACKING_URI = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Compare two models on the same labelled complaints: does B do better, or is it chance?

    Example: triage compare default models/mine data/devset
    """
    from triage.cli.terminal import note, show_steps
    from triage.comparing import compare_models
    from triage.corpus import read_corpus
    from triage.default_model import default_store
    from triage.evaluation.verdict import write_verdict

    complaints = read_corpus(files, columns=parse_columns(column), note=note)
    with show_steps(f"Comparing on {', '.join(map(str, files))}") as step:
        store = tracking_uri or default_store()
        found = compare_models(a, b, complaints, store=store, progress=step)
    verdict = write_verdict(found)
    if as_json:
        shown = {"a": a, "b": b, "verdict": verdict} | asdict(found)
        typer.echo(json.dumps(plain_json(shown), indent=2))
        return
    typer.echo(f"A is {a}, B is {b}; {found.cases:,} complaints and sides of pairs\n")
    typer.echo("\n".join(verdict) + "\n")
    _show_differences(found)
    _show_tests(found)
    _show_changes(found, most=cases)


def _show_differences(found: "Comparison") -> None:
    from triage.evaluation.cards import COLUMN_TITLES
    from triage.labels import LANGUAGE_TITLES

    every, *languages = found.differences
    table = build_table(
        "All complaints", "measure", "A", "B", "B - A", "95 % interval", "", "cases"
    )
    for name, shown in COLUMN_TITLES.items():
        held = found.differences[every][name]
        if held.cases:
            numbers = (f"{held.a:.3f}", f"{held.b:.3f}", f"{held.difference:+z.3f}")
            interval = f"{held.low:+z.3f} to {held.high:+z.3f}"
            table.add_row(shown, *numbers, interval, _judge(name, held), f"{held.cases:,}")
    print_table(table)
    if len(languages) > 1:
        typer.echo()
        titles = [LANGUAGE_TITLES[name] for name in languages]
        table = build_table("B - A by language (95 % interval)", "measure", *titles)
        for name, shown in COLUMN_TITLES.items():
            by_language = [found.differences[language][name] for language in languages]
            table.add_row(shown, *map(_show_difference, by_language))
        print_table(table)
    typer.echo(
        "* beyond chance: the interval leaves out zero and at least six stories differ. Of twenty\n"
        "  intervals of equal models about one does so by chance.\n"
    )


def _show_difference(held: "Difference") -> str:
    if not held.cases:
        return "-"
    if not held.differing:
        return "alike"
    star = "*" if held.beyond_chance else ""
    return f"{held.difference:+z.2f} ({held.low:+z.2f}, {held.high:+z.2f}){star}"


def _judge(name: str, held: "Difference") -> str:
    from triage.evaluation.paired_answers import LOWER_IS_BETTER

    if not held.differing:
        return "alike"
    if not held.beyond_chance:
        return "may be chance"
    return "B worse *" if (held.difference > 0) is (name in LOWER_IS_BETTER) else "B better *"


def _show_tests(found: "Comparison") -> None:
    from triage.labels import LANGUAGE_TITLES

    groups = list(found.differences)
    titles = [LANGUAGE_TITLES.get(name, name) for name in groups]
    title = "Cases that A alone has right : that B alone has right (McNemar's exact test)"
    table = build_table(title, "right in", *titles)
    for question, tests in found.tests.items():
        table.add_row(_QUESTION_TITLES[question], *(_show_test(tests[name]) for name in groups))
    print_table(table)
    typer.echo("p of the languages is corrected for their number (Holm).\n")


def _show_test(test: "Discordance") -> str:
    from triage.evaluation.verdict import show_p

    if not test.cases:
        return "-"
    p = show_p(test.p_holm).replace(" ", "")
    return f"{test.only_a:,} : {test.only_b:,}  p{p}" if test.only_a + test.only_b else "0 : 0"


def _show_changes(found: "Comparison", *, most: int) -> None:
    from triage.evaluation.changes import count_turns

    if not found.changes:
        typer.echo("No case came out otherwise.")
        return
    title = f"{len(found.changes):,} of {found.cases:,} cases came out otherwise"
    table = build_table(title, "what changed with B", "complaints", "sides of pairs")
    sides = count_turns([change for change in found.changes if change.phenomenon])
    for turn, count in count_turns(found.changes).items():
        own = sides.get(turn, 0)
        table.add_row(turn, f"{count - own:,}", f"{own:,}")
    print_table(table)
    if not most:
        return
    typer.echo()
    table = build_table("Worst first", "id", "language", "level", "A", "B", "what changed with B")
    for change in found.changes[:most]:
        table.add_row(*_show_change(change))
    print_table(table)
    if len(found.changes) > most:
        typer.echo(f"... and {len(found.changes) - most:,} more: --cases lists more, --json all.")


def _show_change(change: "Change") -> tuple[str, ...]:
    levels = (str(int(level)) for level in (change.level, change.level_a, change.level_b))
    kind = " (pair)" if change.phenomenon else ""
    return change.id[:24], change.language, *levels, ", ".join(change.turns) + kind
