"""What an administrator can set in the desk itself, and what holds where nothing was set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.desk.people.roles import Right, require
from triage.desk.store import audit
from triage.desk.store.database import bump_queue
from triage.desk.store.schema import ChosenSetting, User
from triage.errors import ConfigError
from triage.labels import Priority

LONGEST_TARGET_MIN = 30 * 24 * 60
"""Minutes: no complaint may wait for longer than thirty days, whatever is set."""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What holds at the desk.

    :param targets_min: minutes within which a complaint of each priority has to be read; a new
        target holds for complaints that arrive, or change their priority, from then on.
    :param session_minutes: an account that does nothing for as long is signed out.
    :param blur: texts are blurred until somebody asks to see them, for rooms that others enter.
    :param sound: a new P1 makes a sound.
    :param max_upload_mb: megabytes that one file may have.
    """

    targets_min: Mapping[Priority, int] = field(
        default_factory=lambda: MappingProxyType(
            {Priority.P1: 10, Priority.P2: 60, Priority.P3: 480, Priority.P4: 4320}
        )
    )
    session_minutes: int = 30
    blur: bool = False
    sound: bool = True
    max_upload_mb: int = 200


def load_settings(session: Session) -> DeskSettings:
    """Give what holds now; a value that this version cannot use counts as not set."""
    chosen: dict[str, Any] = {}
    for row in session.execute(select(ChosenSetting.name, ChosenSetting.value)):
        if row.name in _READERS:
            try:
                chosen[row.name] = _READERS[row.name](row.value.get("value"))
            except ValueError:
                continue
    return replace(DeskSettings(), **chosen)


def change_setting(session: Session, name: str, value: Any, *, user: User | None) -> DeskSettings:
    """Set one value.

    :param name: a field of ``DeskSettings``.
    :param value: of the kind that the field has; for ``targets_min`` minutes by priority.
    :param user: who sets it; None for the server's own command line.
    :returns: what holds from now on.
    :raises ConfigError: where there is no such setting, or the value makes no sense.
    :raises NotAllowedError: where the user may not set anything.
    """
    if user is not None:
        require(user, Right.ACCOUNTS)
    if name not in _READERS:
        raise ConfigError([f"there is no setting {name!r}; there are: {', '.join(_READERS)}"])
    try:
        read = _READERS[name](value)
    except ValueError as error:
        raise ConfigError([f"{name}: {error}"]) from None
    kept = dict(read) if isinstance(read, Mapping) else read
    session.merge(ChosenSetting(name=name, value={"value": kept}))
    session.flush()
    audit.append(session, "setting_changed", user=user, detail={"name": name, "value": kept})
    bump_queue(session)
    return load_settings(session)


def _read_number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most} is expected")
        return value

    return read


def _read_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def _read_targets(value: Any) -> Mapping[Priority, int]:
    if not isinstance(value, Mapping) or set(value) != set(Priority):
        raise ValueError("minutes are expected for each of P1, P2, P3 and P4")
    read = _read_number(1, LONGEST_TARGET_MIN)
    targets = {priority: read(value[priority]) for priority in Priority}
    if list(targets.values()) != sorted(targets.values()):
        raise ValueError("a more urgent priority cannot have the longer target")
    return MappingProxyType(targets)


_READERS: dict[str, Callable[[Any], Any]] = {
    "targets_min": _read_targets,
    "session_minutes": _read_number(5, 12 * 60),
    "blur": _read_switch,
    "sound": _read_switch,
    "max_upload_mb": _read_number(1, 2000),
}
if set(_READERS) != {each.name for each in fields(DeskSettings)}:
    raise AssertionError("each setting needs its reader")
