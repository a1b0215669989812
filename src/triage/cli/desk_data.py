"""``triage desk backup``, ``restore``, ``verify-audit``, ``export-labels`` and ``upgrade``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.desk_place import DATABASE, FOLDER, open_desk, show_step
from triage.errors import ConfigError

SHORTEST_HEAD = 12


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as desk-2026-11-20.gz")],
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Write the whole desk to one file, readable by you alone; the desk may be running.

    Example: triage desk backup desk-$(date +%F).gz
    """
    with open_desk(database, folder) as desk:
        from triage.desk.store.backup import write_backup

        done = write_backup(desk, file, now=datetime.now(UTC), progress=show_step)
    typer.echo(f"{done.rows['complaints']:,} complaints, {done.rows['users']:,} accounts: {file}")
    typer.echo(f"The audit log ends at line {done.head.seq:,}: {done.head.hash}")
    typer.echo("It holds all texts: keep it as safe as the desk itself.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Of triage desk backup.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace a desk that holds complaints; they are kept."),
    ] = False,
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Put a backup in the place of a desk, wholly or not at all; also from SQLite to PostgreSQL.

    Example: triage desk restore desk-2026-11-20.gz --database postgresql://desk@localhost/desk
    """
    with open_desk(database, folder, upgrade=True) as desk:
        from triage.desk.store.backup import restore_backup

        now = datetime.now(UTC)
        done = restore_backup(desk, file, now=now, force=force, progress=show_step)
    typer.echo(f"Restored: {done.rows['complaints']:,} complaints. Everybody signs in anew.")
    if done.replaced:
        typer.echo(f"What the desk held before: {done.replaced}")


def verify_audit(
    head: Annotated[
        str,
        typer.Option(metavar="HASH", help="From an earlier shift report: it has to stand there."),
    ] = "",
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Check that no line of the audit log was changed, taken out or put in."""
    if head and len(head) < SHORTEST_HEAD:
        raise ConfigError([f"--head needs {SHORTEST_HEAD} characters of the hash at least"])
    with open_desk(database, folder) as desk, desk.read() as session:
        from triage.desk.store.audit import verify

        found = verify(session, known_head=head.strip().lower() or None)
    typer.echo(f"The audit log is whole: {found.seq:,} lines, the newest {found.hash}")


def upgrade(database: DATABASE = None, folder: FOLDER = None) -> None:
    """Bring the desk's database up to date with this version; back it up before."""
    with open_desk(database, folder, upgrade=True) as desk:
        typer.echo(f"Up to date: {desk.shown}")


def export_labels(
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="CSV, JSONL, Parquet or XLSX for triage train.")
    ],
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also what nobody has confirmed or corrected yet."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Write what staff confirmed and corrected as training data; it holds texts.

    Example: triage desk export-labels ours.csv && triage train ours.csv --name ours
    """
    from triage.files.row_files import check_output

    check_output(output, force=force)
    with open_desk(database, folder) as desk:
        from triage.desk.reports.labels_export import write_labels

        now = datetime.now(UTC)
        done = write_labels(desk, output, user=None, now=now, only_checked=not everything)
    typer.echo(f"{done.rows:,} complaints with their labels: {output}")
    if done.left_out:
        typer.echo(f"{done.left_out:,} were left out: training cannot use them.")
    typer.echo("It holds all texts: keep it as safe as the desk itself.")
