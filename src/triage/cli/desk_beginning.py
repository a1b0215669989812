"""The first start of a desk: its first accounts, and the sample to try it with."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from triage.errors import DataError

if TYPE_CHECKING:
    from triage.desk.intake.reading import Reader
    from triage.desk.store.database import DeskDatabase

BATCH = 64

ACCOUNTS = {
    "admin": ("Administrator", "admin"),
    "asha": ("Asha (staff)", "staff"),
    "bilal": ("Bilal (staff)", "staff"),
    "chitra": ("Chitra (supervisor)", "supervisor"),
    "dev": ("Dev (data scientist)", "data_scientist"),
}
"""Of the sample, by the name to sign in with: the name shown, and the role. The first is every desk's."""


def add_first_admin(database: "DeskDatabase") -> dict[str, str]:
    """Add the account ``admin`` where there is none at all.

    :returns: its one-time password by its name; nothing where there are accounts.
    """
    from triage.desk.people.accounts import list_users

    with database.read() as session:
        started = bool(list_users(session))
    return {} if started else _add_accounts(database, ["admin"])


def prepare_sample(database: "DeskDatabase", reader: "Reader") -> dict[str, str]:
    """Fill an empty desk with the sample complaints and an account of each role.

    :returns: one-time passwords by name; on a later start of the accounts never used so far.
    """
    from triage.desk.people.accounts import find_user, list_users, reset_password

    with database.read() as session:
        accounts = list_users(session)
    if not accounts:
        _take_sample_in(database, reader)
        return _add_accounts(database, list(ACCOUNTS))
    made = {}
    with database.write() as session:
        for name in [a.name for a in accounts if a.must_change_password and a.active]:
            if (user := find_user(session, name)) is not None:
                made[name] = reset_password(session, user, by=None, now=datetime.now(UTC))
    return made


def show_passwords(passwords: dict[str, str]) -> None:
    """Show one-time passwords, once, in plain words."""
    if not passwords:
        return
    typer.echo(
        "\nTo sign in the first time (shown this once; then you choose a password of your own):"
    )
    typer.echo("पहली बार साइन इन के लिए (सिर्फ़ एक बार दिखेगा; फिर आप अपना पासवर्ड चुनेंगे):")
    width = max(map(len, passwords))
    for name, password in passwords.items():
        typer.echo(f"  name / नाम: {name:<{width}}   password / पासवर्ड: {password}")
    if set(passwords) == {"admin"}:
        typer.echo("With it you make the accounts of the staff, at the desk, under Accounts.")
        typer.echo("इससे आप डेस्क में स्टाफ़ के खाते बनाते हैं।")


def _add_accounts(database: "DeskDatabase", names: list[str]) -> dict[str, str]:
    from triage.desk.people.accounts import add_user
    from triage.desk.people.credentials import make_password

    passwords = {name: make_password() for name in names}
    with database.write() as session:
        for name, password in passwords.items():
            shown_name, role = ACCOUNTS[name]
            add_user(
                session,
                name=name,
                shown_name=shown_name,
                role=role,
                password=password,
                by=None,
                now=datetime.now(UTC),
            )
    return passwords


def _take_sample_in(database: "DeskDatabase", reader: "Reader") -> None:
    from triage.datasets import read_complaints
    from triage.desk.intake.arrivals import register

    complaints = read_complaints(_find_sample())
    while batch := list(islice(complaints, BATCH)):
        read = reader.read(batch)
        with database.write() as session:
            register(session, read, source="upload", now=datetime.now(UTC))


def _find_sample() -> Path:
    """Give the sample's file, which an installed package does not have."""
    sample = Path(__file__).resolve().parents[3] / "data" / "sample" / "complaints.csv"
    if not sample.is_file():
        raise DataError("the sample is not part of an installed package; start without --sample")
    return sample
