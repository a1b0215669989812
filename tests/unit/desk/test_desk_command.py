"""``triage desk`` and its commands, without the server itself."""

import re
import socket
import ssl
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triage.cli.desk import desk as app
from triage.cli.desk_beginning import ACCOUNTS, add_first_admin, prepare_sample
from triage.cli.desk_place import choose_place
from triage.desk.people.accounts import list_users
from triage.desk.people.sessions import sign_in
from triage.desk.store.database import open_database
from triage.errors import ConfigError, DataError, DeskError, TriageError
from triage.web.server import Address, PlaceFormatter, describe_error

ONE_TIME = re.compile(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}")


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    for name in ("TRIAGE_DESK_DATABASE", "TRIAGE_DESK_FOLDER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def url(database):
    """The address of a desk that has its first administrator."""
    add_first_admin(database)
    return database.url.render_as_string(hide_password=False)


def run(*given, typed=None):
    """Run a command, and give what it shows; what it raises on purpose is raised."""
    done = CliRunner().invoke(app, [str(each) for each in given], input=typed)
    if isinstance(done.exception, TriageError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_the_first_account_is_made_once(database, now):
    (made,) = add_first_admin(database).items()
    assert made[0] == "admin"
    assert add_first_admin(database) == {}
    _, visit = sign_in(database, name="admin", password=made[1], address="", now=now)
    assert (visit.user.role, visit.user.must_change_password) == ("admin", True)


def test_accounts(url):
    said = run("user", "add", "Asha", "--role", "staff", "--database", url)
    assert ONE_TIME.search(said)
    said = run("user", "add", "bilal", "--role", "staff", "--ask-password", "--database", url,
               typed="three blue umbrellas\n")  # fmt: skip
    assert "umbrellas" not in said
    assert not ONE_TIME.search(said)
    run("user", "disable", "asha", "--database", url)
    said = run("user", "list", "--database", url)
    assert re.search(r"asha +Asha +staff +switched off", said)
    assert ONE_TIME.search(run("user", "reset-password", "bilal", "--database", url))
    assert "in use again" in run("user", "enable", "asha", "--database", url)


def test_a_password_typed_too_short_is_not_quoted(url):
    with pytest.raises(ConfigError) as raised:
        run("user", "add", "asha", "--role", "staff", "--ask-password", "--database", url,
            typed="hunter2\n")  # fmt: skip
    assert "hunter2" not in str(raised.value)


def test_tokens(url):
    said = run("token", "add", "state portal", "--database", url)
    token = re.search(r"triage_\S+", said)[0]
    said = run("token", "list", "--database", url)
    assert "state portal" in said
    assert token not in said
    run("token", "revoke", 1, "--database", url)
    assert "revoked" in run("token", "list", "--database", url)


def test_disabling_an_administrator_names_the_tokens_left(url):
    run("user", "add", "second", "--role", "admin", "--database", url)
    for name in ("portal", "bank"):
        run("token", "add", name, "--by", "second", "--database", url)
    run("token", "revoke", 2, "--database", url)
    said = run("user", "disable", "second", "--database", url)
    assert "token revoke 1" in said
    assert "portal" in said
    assert "bank" not in said


def test_a_token_needs_one_administrator_to_answer_for_it(url):
    run("user", "add", "second", "--role", "admin", "--database", url)
    with pytest.raises(ConfigError, match=r"--by admin \| second"):
        run("token", "add", "portal", "--database", url)
    run("token", "add", "portal", "--by", "second", "--database", url)


def test_a_backup_and_back(url, tmp_path):
    file, copy = tmp_path / "b.gz", f"sqlite:///{tmp_path / 'copy.db'}"
    said = run("backup", file, "--database", url)
    head = re.search(r"[0-9a-f]{64}", said)[0]
    assert "0 complaints" in run("restore", file, "--database", copy)
    assert "is whole: 3 lines" in run("verify-audit", "--head", head[:12], "--database", copy)
    with pytest.raises(ConfigError, match="12 characters"):
        run("verify-audit", "--head", "abc", "--database", copy)


def test_labels_that_nobody_checked_yet(url, tmp_path):
    said = run("export-labels", tmp_path / "labels.csv", "--database", url)
    assert said.startswith("0 complaints")
    assert (tmp_path / "labels.csv").stat().st_mode & 0o077 == 0


def test_upgrade_makes_a_desk_and_others_do_not(tmp_path):
    for command in (["user", "list"], ["verify-audit"], ["backup", tmp_path / "b.gz"]):
        with pytest.raises(DataError, match="there is no desk"):
            run(*command)
    assert not (tmp_path / "share").exists()
    assert "Up to date" in run("upgrade")
    assert "whole: 0 lines" in run("verify-audit")
    assert (tmp_path / "share" / "triage" / "desk" / "desk.db").is_file()


def test_a_place_is_chosen_by_option_then_environment_then_default(monkeypatch, tmp_path):
    default, named = tmp_path / "default", tmp_path / "named"
    assert choose_place(None, None, default=default).database == f"sqlite:///{default}/desk.db"
    monkeypatch.setenv("TRIAGE_DESK_FOLDER", str(named))
    assert choose_place(None, None, default=default).spool == named / "spool"
    monkeypatch.setenv("TRIAGE_DESK_DATABASE", "postgresql://h/d")
    assert choose_place(None, None, default=default).database == "postgresql://h/d"
    assert choose_place("sqlite:///x", None, default=default).database == "sqlite:///x"
    assert choose_place(None, default, default=named).database == f"sqlite:///{default}/desk.db"


def test_options_of_a_command_stand_behind_it(url):
    with pytest.raises(ConfigError, match="behind user"):
        run("--database", url, "user", "list")


class StandInReader:
    """Gives no complaint: what reading gives is told elsewhere."""

    def read(self, complaints):
        assert all(each.text for each in complaints)
        return []


def test_the_sample_has_an_account_of_each_role_and_new_passwords_until_used(database, now):
    first = prepare_sample(database, StandInReader())
    second = prepare_sample(database, StandInReader())
    assert set(first) == set(second) == set(ACCOUNTS)
    assert first["asha"] != second["asha"]
    with database.read() as session:
        assert len({account.role for account in list_users(session)}) == 4
    assert sign_in(database, name="asha", password=second["asha"], address="", now=now)


def build_address(host="127.0.0.1", cert=None, key=None, *, port=0, behind_tls=False):
    return Address(host, port, cert, key, behind_tls=behind_tls)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (build_address("0.0.0.0"), "lets others"),
        (build_address("10.1.2.3"), "lets others"),
        (build_address(cert=Path("c.pem")), "go together"),
        (build_address(cert=Path("none.pem"), key=Path("none.pem")), "No such file"),
        (build_address(cert=Path(ssl.__file__), key=Path(ssl.__file__)), "do not fit"),
    ],
)
def test_nobody_on_the_way_may_read_along(address, told):
    with pytest.raises(ConfigError, match=told):
        address.check()


def test_who_may_ask_and_how():
    here = build_address()
    here.check()
    assert (here.is_tls, "localhost" in here.hosts) == (False, True)
    proxied = build_address("0.0.0.0", behind_tls=True)
    proxied.check()
    assert (proxied.is_tls, proxied.hosts) == (True, ("*",))


def test_a_port_that_is_taken_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(DeskError, match=rf"port {port} \(Address already in use\).*--port"),
            build_address(port=port).listening(),
        ):
            pass


def test_the_address_to_type():
    with build_address().listening() as listener:
        shown = build_address().shown(listener)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", shown)


def test_logs_tell_where_and_not_what():
    with pytest.raises(ValueError, match="words") as raised:
        raise ValueError("words of a complaint")
    said = PlaceFormatter().formatException((ValueError, raised.value, raised.tb))
    assert said == describe_error(raised.value)
    assert said.startswith(f"ValueError at {__file__}:")
    assert "words" not in said


def test_a_desk_on_a_new_database_is_made_by_opening(empty_url):
    run("upgrade", "--database", empty_url)
    open_database(empty_url, upgrade=False).close()
