"""``triage data audit``, ``next`` and ``agree``: better labels."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triage.cli.options import COLUMNS, parse_columns
from triage.cli.tables import build_table, plain_json, print_table

if TYPE_CHECKING:
    from triage.labelling import Audit, Choice, Finding

_Model = Annotated[
    Path | None,
    typer.Option(
        envvar="TRIAGE_MODEL", help="Model folder, champion or default. Default: the model in use."
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="For machines.")]
_Force = Annotated[bool, typer.Option("--force", help="Replace an output that is there.")]


def audit(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Labelled files or folders.")
    ],
    column: COLUMNS = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Judge by this model as it is, in seconds; right only where it was not taught on"
            " these cases. Default: models taught anew, none on a story that it judges."
        ),
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Findings to show.")] = 50,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for all findings, such as a CSV.")
    ] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Show a few words of each, names masked.")
    ] = False,
    force: _Force = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; changes nothing in the result.")
    ] = 2,
    as_json: _Json = False,
) -> None:
    """List labels that are likely wrong, worst first, for a person to look at.

    A small file is judged by models that were taught on the shipped corpus as well (about a minute).

    Example: triage data audit my_cases.jsonl --output suspects.csv
    """
    from triage.cli.terminal import note, show_steps
    from triage.default_model import load_model
    from triage.files.row_files import check_output, write_rows
    from triage.labelling import audit_labels

    if output is not None:
        check_output(output, force=force)
    with show_steps(f"Auditing the labels of {', '.join(map(str, files))}") as step:
        found = audit_labels(
            files,
            columns=parse_columns(column),
            model=load_model(model) if model is not None else None,
            with_text=with_text,
            workers=workers,
            note=note,
            progress=step,
        )
    rows = [_finding_row(finding, with_text=with_text) for finding in found.findings]
    if output is not None:
        write_rows(output, rows, _finding_columns(with_text=with_text))
    if as_json:
        shown = plain_json({"cases": found.cases, "findings": rows[:count]})
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    _show_audit(found, count)
    if output is not None:
        typer.echo(f"All findings: {output}")


def _finding_columns(*, with_text: bool) -> list[str]:
    columns = "id file row field labelled looks_like probability gap why".split()
    return [*columns, "words"] if with_text else columns


def _finding_row(finding: "Finding", *, with_text: bool) -> dict[str, Any]:
    suspect = finding.suspect
    probability = suspect.probability
    row = {
        "id": finding.id,
        "file": finding.file,
        "row": finding.row,
        "field": suspect.field,
        "labelled": suspect.labelled,
        "looks_like": suspect.looks_like,
        "probability": None if probability is None else round(probability, 4),
        "gap": round(suspect.gap, 4),
        "why": suspect.why,
    }
    return row | {"words": finding.snippet} if with_text else row


def _show_audit(found: "Audit", count: int) -> None:
    from rich.text import Text

    beside = f", judged beside {found.beside:,} of the shipped corpus" if found.beside else ""
    if not found.findings:
        typer.echo(f"No label of {found.cases:,} cases looks wrong{beside}.")
        return
    title = f"Likely label errors, worst first ({found.cases:,} cases{beside})"
    table = build_table(title, "id", "row", "labelled", "looks like", "sure", "why", fold=True)
    for finding in found.findings[:count]:
        suspect = finding.suspect
        sure = "" if suspect.probability is None else f"{suspect.probability:.0%}"
        why = suspect.why + (f"\n{finding.snippet}" if finding.snippet else "")
        cells = [finding.id, str(finding.row), suspect.labelled, suspect.looks_like, sure, why]
        table.add_row(*map(Text, cells))
    print_table(table)
    kinds = {s: sum(f.suspect.field == s for f in found.findings) for s in _FIELD_TITLES}
    typer.echo("; ".join(f"{title}: {kinds[name]}" for name, title in _FIELD_TITLES.items()))
    if len(found.findings) > count:
        typer.echo(f"{len(found.findings) - count:,} more; see them with -n or --output")
    typer.echo(
        "The model errs too, most on rare and hard cases: change a label only after reading."
    )


_FIELD_TITLES = {
    "urgency": "urgency suspect",
    "category": "category suspect",
    "copy": "copies labelled differently",
}


def next_cases(
    file: Annotated[
        Path, typer.Argument(help="Complaints without labels: CSV, JSONL, Parquet or XLSX.")
    ],
    model: _Model = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Complaints to choose.")] = 50,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Sheet to fill in, such as to_label.csv."),
    ] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Write the texts into the sheet, unmasked.")
    ] = False,
    force: _Force = False,
) -> None:
    """Choose the complaints that are most worth labelling next.

    A third speak of death or distress, the others are those that the model is least sure of; none
    is a copy of another. They are no fair sample: teach on them, don't measure on them.

    Example: triage data next monday.csv -n 50 --output to_label.csv --with-text
    """
    from triage.cli.terminal import note, show_steps
    from triage.default_model import load_model
    from triage.labelling import choose_cases

    with show_steps(f"Choosing what to label in {file}") as step:
        choice = choose_cases(
            file,
            load_model(model, progress=step),
            count=count,
            sheet=output,
            with_text=with_text,
            force=force,
            note=note,
            progress=step,
        )
    _show_choice(choice)
    if len(choice.chosen) < count:
        typer.echo(f"{len(choice.chosen)} of {count}: the rest are copies or tell nothing new")
    if choice.unreadable:
        typer.echo(f"{choice.unreadable:,} rows without a readable text were left out")
    if output is not None:
        typer.echo(f"The sheet: {output}")
        if with_text:
            typer.echo("It holds complaints as they were written: keep it where they may be read.")
        else:
            typer.echo("It holds no texts; with --with-text it can be filled in by itself.")


def _show_choice(choice: "Choice") -> None:
    from rich.text import Text

    table = build_table("Worth labelling next", "id", "row", "why", fold=True)
    for pick in choice.chosen:
        table.add_row(
            Text(choice.complaints[pick.index].id), str(pick.index + 1), Text(pick.reason)
        )
    print_table(table)
