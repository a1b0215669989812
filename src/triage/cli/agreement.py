"""``triage data agree``: how far two people label alike."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.options import COLUMNS, parse_columns
from triage.cli.tables import build_table, plain_json, print_table

if TYPE_CHECKING:
    from triage.evaluation.agreement import Agreement
    from triage.evaluation.metrics import Measure


def agree(
    first: Annotated[Path, typer.Argument(metavar="A", help="One person's labels.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another's, of the same complaints.")],
    column: COLUMNS = None,
    count: Annotated[int, typer.Option("-n", "--count", min=0, help="Differences to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure how far two people label alike, and list where they differ, worst first.

    Example: triage data agree labels_asha.jsonl labels_ravi.jsonl
    """
    from dataclasses import asdict

    from triage.cli.terminal import note
    from triage.labelling import compare_files

    found = compare_files(first, second, columns=parse_columns(column), note=note)
    if as_json:
        typer.echo(json.dumps(plain_json(asdict(found)), indent=2, ensure_ascii=False))
        return
    _show_likeness(found)
    _show_levels(found)
    _show_differences(found, count)
    for title, ids in {
        f"only in {first}": found.only_first,
        f"only in {second}": found.only_second,
        "read with different texts under one id": found.other_text,
    }.items():
        if ids:
            more = f" and {len(ids) - 20:,} more" if len(ids) > 20 else ""
            typer.echo(f"{title}: {len(ids):,} ({', '.join(ids[:20])}{more})")


def _show_likeness(found: "Agreement") -> None:
    from triage.evaluation.agreement import ALL, SCALES, name_band
    from triage.labels import LANGUAGE_TITLES

    titles = [LANGUAGE_TITLES.get(name, name) for name in found.groups]
    table = build_table(
        f"Agreement on {found.cases:,} cases (95 % intervals)", "measure", *titles, fold=True
    )
    for name, scale in SCALES.items():
        weighted = ", weighted" if scale.ordered else ""
        rows = {
            f"{scale.title}: same label": [group[name].same for group in found.groups.values()],
            f"  Cohen's kappa{weighted}": [group[name].kappa for group in found.groups.values()],
            f"  Gwet's {'AC2' if scale.ordered else 'AC1'}{weighted}": [
                group[name].gwet for group in found.groups.values()
            ],
        }
        for title, measures in rows.items():
            table.add_row(title, *map(_show_measure, measures))
    print_table(table)
    for name in ("category", "urgency", "high_risk"):
        whole = found.groups[ALL][name]
        typer.echo(
            f"{SCALES[name].title}: Gwet's coefficient is {name_band(whole.gwet.value)}, kappa"
            f" {name_band(whole.kappa.value)}, in the bands of Landis and Koch (1977)."
        )
    typer.echo(
        "1 is full agreement, 0 what blind guessing gives. Weighted: one level off counts nearly as"
        " agreement, four as none.\nWhere a label is rare kappa falls though people agree: then go by"
        " Gwet's. Judge by the low end of an interval."
    )


def _show_measure(value: "Measure") -> str:
    if value.count == 0 or math.isnan(value.value):
        return "-"
    return f"{value.value:.2f} ({value.low:.2f}-{value.high:.2f})"


def _show_levels(found: "Agreement") -> None:
    from triage.labels import LEVELS

    names = [f"{int(level)} {level.shown}" for level in LEVELS]
    table = build_table("\nLevels: A's down, B's across", "A \\ B", *names, fold=True)
    for name, row in zip(names, found.levels, strict=True):
        table.add_row(name, *(str(cases) if cases else "." for cases in row))
    print_table(table)


def _show_differences(found: "Agreement", count: int) -> None:
    from rich.text import Text

    from triage.evaluation.agreement import SCALES

    if not found.differences:
        typer.echo("They differ nowhere.")
        return
    table = build_table(
        f"\nWhere they differ, worst first ({len(found.differences):,} cases)", "id", "A / B"
    )
    for difference in found.differences[:count]:
        shown = (f"{SCALES[name].title} {a} / {b}" for name, (a, b) in difference.labels.items())
        table.add_row(Text(difference.id), Text("; ".join(shown)))
    print_table(table)
    if len(found.differences) > count:
        typer.echo(f"{len(found.differences) - count:,} more; see them with -n or --json")
