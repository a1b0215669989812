"""Administration: accounts, tokens of other software, and what holds at the desk."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response

from triage.desk.people import accounts, tokens
from triage.desk.people.accounts import Account
from triage.desk.people.credentials import make_password
from triage.desk.people.roles import Role
from triage.desk.people.settings import DeskSettings, change_setting, load_settings
from triage.desk.people.tokens import TokenView
from triage.desk.store.database import Session
from triage.desk.store.schema import User
from triage.errors import DeskError
from triage.labels import Priority
from triage.web.fields import Number, Switch, Typed
from triage.web.rendering import render
from triage.web.visits import AccountsSeat, Database, Id

router = APIRouter()

_UNITS: Final = {"min": 1, "h": 60, "days": 1440}


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown once, a password or a token, and whose it is."""

    whose: str
    value: str


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """All accounts.

    :param made: the password of an account that was added or got a new one.
    """

    accounts: list[Account]
    roles: list[str]
    made: Secret | None = None


@dataclass(frozen=True, slots=True)
class TokensPage:
    """All tokens.

    :param made: the one that was just made.
    """

    tokens: list[TokenView]
    made: Secret | None = None


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What holds at the desk; ``targets`` as priority, number and unit."""

    settings: DeskSettings
    targets: list[tuple[Priority, int, str]]
    units: list[str]


@router.get("/accounts")
def show_accounts(request: Request, seat: AccountsSeat, database: Database) -> Response:
    """Show who has an account."""
    with database.read() as session:
        page = _list_accounts(session)
    return render(request, "accounts.html", page, seat=seat)


@router.post("/accounts/add")
def add_account(
    request: Request,
    seat: AccountsSeat,
    database: Database,
    name: Typed = "",
    shown_name: Typed = "",
    role: Typed = "",
) -> Response:
    """Add an account with a one-time password, which is shown once."""
    password = make_password()
    with database.write() as session:
        added = accounts.add_user(
            session,
            name=name,
            shown_name=shown_name or name,
            role=role,
            password=password,
            by=seat.user,
            now=seat.now,
        )
        page = _list_accounts(session, Secret(added.name, password))
    return render(request, "accounts_list.html", page, seat=seat, done="Account added")


@router.post("/accounts/{id}/role")
def change_role(
    id: Id, request: Request, seat: AccountsSeat, database: Database, role: Typed = ""
) -> Response:
    """Give an account another role."""
    with database.write() as session:
        accounts.set_role(session, _find_user(session, id), role, by=seat.user, now=seat.now)
        page = _list_accounts(session)
    return render(request, "accounts_list.html", page, seat=seat, done="Role changed")


@router.post("/accounts/{id}/active")
def switch_account(
    id: Id, request: Request, seat: AccountsSeat, database: Database, active: Switch
) -> Response:
    """Switch an account on or off."""
    with database.write() as session:
        accounts.set_active(session, _find_user(session, id), active, by=seat.user, now=seat.now)
        page = _list_accounts(session)
    return render(
        request,
        "accounts_list.html",
        page,
        seat=seat,
        done="Account switched on" if active else "Account switched off",
    )


@router.post("/accounts/{id}/password")
def reset_password(id: Id, request: Request, seat: AccountsSeat, database: Database) -> Response:
    """Make a one-time password for an account, which is shown once."""
    with database.write() as session:
        user = _find_user(session, id)
        password = accounts.reset_password(session, user, by=seat.user, now=seat.now)
        page = _list_accounts(session, Secret(user.name, password))
    return render(request, "accounts_list.html", page, seat=seat, done="Password made")


@router.get("/accounts/tokens")
def show_tokens(request: Request, seat: AccountsSeat, database: Database) -> Response:
    """Show which software may send complaints."""
    with database.read() as session:
        page = TokensPage(tokens.list_tokens(session))
    return render(request, "tokens.html", page, seat=seat)


@router.post("/accounts/tokens/add")
def add_token(
    request: Request, seat: AccountsSeat, database: Database, name: Typed = ""
) -> Response:
    """Make a token, which is shown once."""
    with database.write() as session:
        made = tokens.make_token(session, name=name, by=seat.user, now=seat.now)
        page = TokensPage(tokens.list_tokens(session), Secret(name.strip(), made))
    return render(request, "tokens_list.html", page, seat=seat, done="Token made")


@router.post("/accounts/tokens/{id}/revoke")
def revoke_token(id: Id, request: Request, seat: AccountsSeat, database: Database) -> Response:
    """Make a token useless from now on."""
    with database.write() as session:
        tokens.revoke_token(session, id, by=seat.user, now=seat.now)
        page = TokensPage(tokens.list_tokens(session))
    return render(request, "tokens_list.html", page, seat=seat, done="Token revoked")


@router.get("/settings")
def show_settings(request: Request, seat: AccountsSeat) -> Response:
    """Show what holds at the desk."""
    return render(request, "settings.html", _describe(seat.settings), seat=seat)


@router.post("/settings")
def save_settings(
    request: Request,
    seat: AccountsSeat,
    database: Database,
    session_minutes: Number,
    max_upload_mb: Number,
    target: Annotated[list[int], Form()],
    unit: Annotated[list[str], Form()],
    blur: Switch = False,
    sound: Switch = False,
) -> Response:
    """Keep what was changed: all of it, or nothing where one value makes no sense."""
    minutes = [n * _UNITS.get(each, 0) for n, each in zip(target, unit, strict=False)]
    given = {
        "targets_min": dict(zip(Priority, minutes, strict=False)),
        "session_minutes": session_minutes,
        "max_upload_mb": max_upload_mb,
        "blur": blur,
        "sound": sound,
    }
    with database.write() as session:
        before = load_settings(session)
        for name, value in given.items():
            if getattr(before, name) != value:
                change_setting(session, name, value, user=seat.user)
        page = _describe(load_settings(session))
    return render(request, "settings_form.html", page, seat=seat, done="Saved")


def _list_accounts(session: Session, made: Secret | None = None) -> AccountsPage:
    return AccountsPage(accounts.list_users(session), list(Role), made)


def _describe(settings: DeskSettings) -> SettingsPage:
    targets = [(priority, *_cut(settings.targets_min[priority])) for priority in Priority]
    return SettingsPage(settings, targets, list(_UNITS))


def _cut(minutes: int) -> tuple[int, str]:
    """Give a time in the largest unit that it fills without a rest.

    >>> _cut(480), _cut(4320), _cut(90)
    ((8, 'h'), (3, 'days'), (90, 'min'))
    """
    for unit, length in reversed(_UNITS.items()):
        if minutes % length == 0:
            return minutes // length, unit
    return minutes, "min"


def _find_user(session: Session, id: int) -> User:
    user = session.get(User, id)
    if user is None:
        raise DeskError(f"there is no account {id} any more; load the page anew")
    return user
