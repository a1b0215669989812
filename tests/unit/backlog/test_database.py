import sqlite3
import sys
import tracemalloc

import pytest

from triage.backlog.database import hide_password, read_query
from triage.errors import ConfigError, DataError

SECRET = "zebra umbrella"


@pytest.fixture
def desk(tmp_path):
    """The address of a database with 3,000 complaints."""
    path = tmp_path / "desk.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE cases (Id INTEGER, Text TEXT, at TIMESTAMP)")
        connection.executemany(
            "INSERT INTO cases VALUES (?, ?, '2026-01-02')",
            ((i, f"complaint {i}") for i in range(3000)),
        )
    connection.close()
    return f"sqlite:///{path}"


def read(url, query, **options):
    notes: list[str] = []
    given = {"check": lambda header: None, "note": notes.append} | options
    return list(read_query(url, query, **given)), notes


def test_rows_come_in_their_order_with_folded_names(desk):
    headers: list[str] = []
    found, notes = read(desk, "SELECT * FROM cases ORDER BY id;", check=headers.extend)
    assert headers == ["id", "text", "at"]
    assert [row.number for row in found] == [*range(1, 3001)]
    assert found[2999].cells == {"id": 2999, "text": "complaint 2999", "at": "2026-01-02"}
    assert not notes


def test_no_more_is_held_than_a_part(desk):
    query = "SELECT a.id, a.text || hex(zeroblob(1000)) AS text FROM cases a ORDER BY a.rowid"
    rows = read_query(desk, query, check=lambda header: None, note=print)
    next(rows)
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows) == 2999
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000  # a part is 2 MB, and the next is fetched while it is there


def test_reading_may_stop_in_the_middle(desk):
    rows = read_query(desk, "SELECT * FROM cases ORDER BY id", check=lambda h: None, note=print)
    assert next(rows).number == 1
    rows.close()


@pytest.mark.parametrize(
    ("query", "noted"),
    [
        ("SELECT * FROM cases", True),
        ("SELECT * FROM (SELECT * FROM cases ORDER BY id)", True),
        ("SELECT * FROM cases -- order by id", True),
        ("select * from cases\norder  by (id)", False),
    ],
)
def test_a_query_without_an_order_is_noted(desk, query, noted):
    _, notes = read(desk, query)
    assert len(notes) == noted


def test_signs_of_other_languages_in_a_query_are_nothing_special(desk):
    query = "SELECT * FROM cases WHERE text LIKE 'complaint 1%' AND text <> ':x' ORDER BY id"
    assert len(read(desk, query)[0]) == 1111


def test_nothing_is_changed(desk, tmp_path):
    with pytest.raises(DataError, match="readonly|no rows"):
        read(desk, "DELETE FROM cases")
    with pytest.raises(DataError, match="attempt to write a readonly database"):
        read(desk, "DELETE FROM cases RETURNING id")
    assert len(read(desk, "SELECT * FROM cases")[0]) == 3000
    with pytest.raises(DataError, match="unable to open database file"):
        read(f"sqlite:///{tmp_path}/other.db", "SELECT 1")
    assert not (tmp_path / "other.db").exists()


def test_a_byte_that_is_no_utf8_spoils_its_letter_alone(desk):
    found, _ = read(desk, "SELECT CAST(X'6869FF' AS TEXT) AS text ORDER BY 1")
    assert found[0].cells["text"] == "hi\ufffd"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM kases", "no such table: kases"),
        ("SELECT texd FROM cases", "no such column: texd"),
        ("SELEC * FROM cases", 'near "SELEC": syntax error'),
    ],
)
def test_what_is_wrong_with_a_query_is_told(desk, query, told):
    with pytest.raises(DataError, match=told) as caught:
        read(desk, query)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_what_a_driver_says_of_rows_is_not_told(desk):
    with pytest.raises(DataError) as caught:
        read(desk, f"SELECT json_extract('{SECRET}', '$.{SECRET}') AS text ORDER BY 1")
    assert "OperationalError" in str(caught.value)
    assert "zebra" not in str(caught.value)


def test_a_connection_that_ends_in_the_middle(desk):
    query = "SELECT id, CASE WHEN id = 2500 THEN abs(-9223372036854775807 - 1) END FROM cases ORDER BY rowid"
    rows = read_query(desk, query, check=lambda header: None, note=print)
    found = [next(rows) for _ in range(2000)]
    assert found[-1].number == 2000
    with pytest.raises(DataError, match="ended the connection after row 2000; start the same"):
        next(rows)


def test_no_error_shows_the_password(monkeypatch):
    import sqlalchemy
    from sqlalchemy.exc import OperationalError

    class Engine:
        def connect(self):
            said = ValueError("login of asha with geheim%21 (geheim!) and tiefgeheim failed\nmore")
            raise OperationalError("SELECT 'zebra'", {"text": "zebra"}, said)

    url = "postgresql://asha:geheim%21@host/desk?options=PWD%3Dtiefgeheim"
    assert hide_password(url) == "postgresql://asha:***@host/desk"
    monkeypatch.setattr(sqlalchemy, "create_engine", lambda *given, **options: Engine())
    with pytest.raises(DataError) as caught:
        read(url, "SELECT 1 ORDER BY 1")
    told = str(caught.value)
    assert "login of asha with" in told
    for word in ("geheim", "zebra", "more", "\n"):
        assert word not in told


@pytest.mark.parametrize("url", ["geheim", "geheim://", "postgresql://asha:geheim@host:port/x", ""])
def test_what_is_no_address_is_not_shown(url):
    with pytest.raises(ConfigError) as caught:
        read(url, "SELECT 1 ORDER BY 1")
    assert "geheim@" not in str(caught.value)
    assert "asha" not in str(caught.value)


def test_drivers_that_are_missing_are_named_with_their_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(ConfigError, match="needs psycopg2.*pip install psycopg2-binary"):
        read("postgresql+psycopg2://asha:geheim@host/desk", "SELECT 1 ORDER BY 1")
