"""What an administrator can set."""

import json

import pytest
from sqlalchemy import select

from triage.desk.people.settings import DeskSettings, change_setting, load_settings
from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.desk.store.schema import ChosenSetting
from triage.errors import ConfigError, NotAllowedError
from triage.labels import Priority

TARGETS = {"P1": 5, "P2": 60, "P3": 480, "P4": 4320}


def test_defaults_hold_where_nothing_was_set(database):
    with database.read() as session:
        assert load_settings(session) == DeskSettings()
    assert DeskSettings().targets_min[Priority.P1] == 10


def test_a_change_holds_and_is_told(database, admin):
    with database.write() as session:
        assert change_setting(session, "blur", True, user=admin).blur
        assert change_setting(session, "targets_min", TARGETS, user=admin).targets_min == TARGETS
    with database.read() as session:
        settings = load_settings(session)
        lines = session.execute(select(AuditLine.action, AuditLine.detail)).all()
        assert session.scalars(select(DeskState.queue_version)).one() == 2
    assert (settings.blur, settings.targets_min[Priority.P1], settings.sound) == (True, 5, True)
    assert [line.action for line in lines] == ["setting_changed"] * 2
    assert json.loads(lines[0].detail) == {"name": "blur", "value": True}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("blur", 1),
        ("session_minutes", 1),
        ("session_minutes", True),
        ("session_minutes", "30"),
        ("max_upload_mb", 10**9),
        ("targets_min", 10),
        ("targets_min", {"P1": 10}),
        ("targets_min", {**TARGETS, "P5": 1}),
        ("targets_min", {**TARGETS, "P1": 0}),
        ("targets_min", {**TARGETS, "P4": 10**9}),
        ("targets_min", {**TARGETS, "P2": 4}),
    ],
)
def test_what_makes_no_sense_is_refused(database, admin, name, value):
    with pytest.raises(ConfigError), database.write() as session:
        change_setting(session, name, value, user=admin)
    with database.read() as session:
        assert load_settings(session) == DeskSettings()


def test_only_administrators_set(database, supervisor):
    with pytest.raises(NotAllowedError), database.write() as session:
        change_setting(session, "blur", True, user=supervisor)


def test_what_another_version_set_does_no_harm(database):
    with database.write() as session:
        session.add(ChosenSetting(name="blur", value={"value": "perhaps"}))
        session.add(ChosenSetting(name="unheard_of", value={"value": 1}))
        session.add(ChosenSetting(name="sound", value={"value": False}))
    with database.read() as session:
        assert load_settings(session) == DeskSettings(sound=False)
