"""``triage desk user`` and ``triage desk token``: who may use the desk."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli.desk_place import DATABASE, FOLDER, open_desk, read_password
from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.desk.people.accounts import Account

user = typer.Typer(no_args_is_help=True, help="Accounts of the people at the desk.")
token = typer.Typer(no_args_is_help=True, help="Tokens for software that sends complaints.")

NAME = Annotated[str, typer.Argument(metavar="NAME", help="To sign in with.")]
ASK = Annotated[
    bool,
    typer.Option(
        "--ask-password",
        help="Ask for the one-time password (or read it from standard input) instead of making"
        " one up.",
    ),
]


@user.command("add")
def add(
    name: NAME,
    role: Annotated[str, typer.Option(help="staff, supervisor, data_scientist or admin.")],
    shown_name: Annotated[str, typer.Option(help="What colleagues see. Default: NAME.")] = "",
    ask_password: ASK = False,
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Add an account; its one-time password is shown once.

    Example: triage desk user add asha --role staff --shown-name "Asha Kale"
    """
    with open_desk(database, folder) as desk:
        from triage.desk.people.accounts import add_user
        from triage.desk.people.credentials import make_password

        password = read_password() if ask_password else make_password()
        with desk.write() as session:
            added = add_user(
                session,
                name=name,
                shown_name=shown_name or name,
                role=role,
                password=password,
                by=None,
                now=datetime.now(UTC),
            )
            folded = added.name
    typer.echo(f"Account {folded} ({role}) added.")
    _show_password(folded, None if ask_password else password)


@user.command("list")
def list_accounts(database: DATABASE = None, folder: FOLDER = None) -> None:
    """List the accounts."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    with open_desk(database, folder) as desk, desk.read() as session:
        from triage.desk.people.accounts import list_users

        accounts = list_users(session)
    table = Table(box=None, pad_edge=False)
    for title in ("name", "shown as", "role", "state", "open cases"):
        table.add_column(title)
    for account in accounts:
        state = "in use" if account.active else "switched off"
        if account.active and account.must_change_password:
            state = "one-time password"
        cells = (account.name, account.shown_name, account.role, state, str(account.claimed))
        table.add_row(*map(Text, cells))
    Console(highlight=False).print(table)


@user.command("reset-password")
def reset_password(
    name: NAME, ask_password: ASK = False, database: DATABASE = None, folder: FOLDER = None
) -> None:
    """Give an account a new one-time password, shown once; it is signed out everywhere."""
    with open_desk(database, folder) as desk:
        from triage.desk.people import accounts

        chosen = read_password() if ask_password else None
        with desk.write() as session:
            made = accounts.reset_password(
                session,
                accounts.load_user(session, name),
                by=None,
                now=datetime.now(UTC),
                password=chosen,
            )
    _show_password(name, None if ask_password else made)


@user.command("disable")
def disable(name: NAME, database: DATABASE = None, folder: FOLDER = None) -> None:
    """Switch an account off: it is signed out at once. Nothing that it did is lost."""
    account = _switch(name, active=False, database=database, folder=folder)
    typer.echo(f"Account {name} is switched off.")
    if account.claimed:
        typer.echo(
            f"It holds {account.claimed} open cases: a supervisor has to release them at the desk."
        )
    for number, software in account.tokens_left:
        typer.echo(
            f"Its token {number} of {software} still holds; where nobody needs it:"
            f" triage desk token revoke {number}"
        )


@user.command("enable")
def enable(name: NAME, database: DATABASE = None, folder: FOLDER = None) -> None:
    """Switch an account on again."""
    _switch(name, active=True, database=database, folder=folder)
    typer.echo(f"Account {name} is in use again.")


@token.command("add")
def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose software it is for.")],
    by: Annotated[
        str, typer.Option(help="The administrator who answers for it. Default: the only one.")
    ] = "",
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Make a token; it is shown once.

    Example: triage desk token add "state portal"
    """
    with open_desk(database, folder) as desk:
        from triage.desk.people.accounts import list_users, load_user
        from triage.desk.people.tokens import make_token

        with desk.write() as session:
            admin = load_user(session, by or _choose_admin(list_users(session)))
            made = make_token(session, name=name, by=admin, now=datetime.now(UTC))
    typer.echo(f"The token, shown this once:\n  {made}")
    typer.echo("It is sent as the header  Authorization: Bearer TOKEN  to /api/complaints")


@token.command("list")
def list_all_tokens(database: DATABASE = None, folder: FOLDER = None) -> None:
    """List the tokens."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    with open_desk(database, folder) as desk, desk.read() as session:
        from triage.desk.people.tokens import list_tokens

        tokens = list_tokens(session)
    table = Table(box=None, pad_edge=False)
    for title in ("number", "for", "made by", "made (UTC)", "last used (UTC)", "state"):
        table.add_column(title)
    for each in tokens:
        used = f"{each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never"
        state = "revoked" if each.revoked_at else "holds"
        made = f"{each.created_at:%Y-%m-%d %H:%M}"
        table.add_row(*map(Text, (str(each.id), each.name, each.made_by, made, used, state)))
    Console(highlight=False).print(table)


@token.command("revoke")
def revoke(
    number: Annotated[int, typer.Argument(help="As triage desk token list shows it.")],
    database: DATABASE = None,
    folder: FOLDER = None,
) -> None:
    """Make a token useless from now on."""
    with open_desk(database, folder) as desk:
        from triage.desk.people.tokens import revoke_token

        with desk.write() as session:
            revoke_token(session, number, by=None, now=datetime.now(UTC))
    typer.echo(f"Token {number} is revoked.")


def _switch(
    name: str, *, active: bool, database: DATABASE = None, folder: FOLDER = None
) -> "Account":
    """Switch an account on or off, and give it as it is then."""
    with open_desk(database, folder) as desk:
        from triage.desk.people.accounts import list_users, load_user, set_active

        with desk.write() as session:
            found = load_user(session, name)
            set_active(session, found, active, by=None, now=datetime.now(UTC))
            return next(each for each in list_users(session) if each.id == found.id)


def _choose_admin(accounts: "list[Account]") -> str:
    admins = [each.name for each in accounts if each.active and each.role == "admin"]
    if len(admins) != 1:
        raise ConfigError([f"say which administrator answers for it: --by {' | '.join(admins)}"])
    return admins[0]


def _show_password(name: str, made: str | None) -> None:
    if made:
        typer.echo(f"One-time password of {name}, shown this once:  {made}")
    typer.echo("At the first sign-in a password of their own is asked for.")
