"""New complaints are kept: each once, with all that was read of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from triage.desk.intake.arrivals import find_request, register, register_once
from triage.desk.intake.complaint_rows import LONGEST_NUMBER, read_filed
from triage.desk.intake.reading import ComplaintReader, find_search_keys
from triage.desk.people.settings import change_setting
from triage.desk.store.audit import verify
from triage.desk.store.audit_tables import AuditLine, DeskState
from triage.desk.store.schema import ApiToken, Complaint, Event, FoundLead, SketchBand
from triage.errors import DeskError
from triage.labels import Priority
from triage.records import Complaint as Arrived

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PLEA = "They have my video. I will hang myself tonight, I cannot face my family."
LETTER = (
    "A woman called me on video and recorded me. Now a man who says that he is of the cyber police"
    " asks for {} rupees or he will send the recording to my family. Please help me, sir."
    " I have already paid him twice, and he asks again and again, every day, from new numbers."
)


@pytest.fixture(scope="module")
def reader(model):
    return ComplaintReader(model, "small 0123456789ab")


@pytest.fixture
def add(database, reader):
    """Read and register texts, each with its number."""

    def run(*given, **options):
        reads = reader.read([Arrived(number, text, *more) for number, text, *more in given])
        with database.write() as session:
            return register(session, reads, **{"source": "paste", "now": NOW, **options})

    return run


def fetch(database, query):
    with database.read() as session:
        return session.execute(query).all()


def count(database, table):
    return fetch(database, select(func.count()).select_from(table))[0][0]


def test_a_complaint_is_kept_with_all_that_was_read(database, reader, add, staff):
    text = f"{PLEA} Pay rinku77@examplebank on WhatsApp"
    (registered,) = add(("CC-1", text, "2026-11-20T13:00:00"), user=staff)
    assert registered.priority == Priority.P1
    assert (registered.known, registered.near_copy_of) == (False, None)
    with database.read() as session:
        row = session.get_one(Complaint, registered.id)
        assert (row.number, row.text, row.status, row.version) == ("CC-1", text, "new", 1)
        assert (row.model, row.source) == ("small 0123456789ab", "paste")
        assert row.received_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # Indian time
        assert row.due_at == NOW + timedelta(minutes=10)
        assert (row.priority, row.urgency) == (row.model_priority, row.model_urgency)
        assert all(f" {key} " in row.search_keys for key in find_search_keys("my vedio"))
        first = next(item for item in row.evidence if item["level"] >= 3)
        assert "hang" in text[first["start"] : first["end"]]
        leads = session.scalars(select(FoundLead).order_by(FoundLead.start)).all()
        assert [(lead.kind, lead.links) for lead in leads] == [("upi", True), ("platform", False)]
        assert text[leads[0].start : leads[0].end] == leads[0].value
        arrived = session.scalars(select(Event)).one()
        assert (arrived.kind, arrived.user_id, arrived.change) == ("arrived", staff.id, {})


def test_the_arrival_is_audited_without_a_word_of_it(database, add, staff):
    first, second = add(("", PLEA), ("7", "fake job, money lost"), user=staff)
    with database.read() as session:
        line = session.scalars(select(AuditLine)).one()
        assert (line.action, line.user_name) == ("arrived", "asha")
        assert json.loads(line.detail) == {"source": "paste", "complaints": [first.id, second.id]}
        assert session.scalars(select(DeskState.queue_version)).one() == 1
        verify(session)


def test_number_and_text_again_are_known(database, add):
    (first,) = add(("CC-1", PLEA))
    again = add(("CC-1", PLEA), ("CC-1", "another text of mine"), ("CC-2", PLEA))
    assert [one.known for one in again] == [True, False, False]
    assert again[0].id == first.id
    assert count(database, Complaint) == 3


def test_the_same_twice_in_one_batch_is_added_once(database, add):
    first, second, third = add(("CC-1", PLEA), ("CC-1", PLEA), ("CC-1 ", PLEA))
    assert first.id == second.id == third.id
    assert [first.known, second.known, third.known] == [False, True, True]
    assert count(database, Complaint) == count(database, Event) == 1


def test_without_a_number_nothing_is_left_out(database, add):
    registered = add(("", PLEA), ("", PLEA)) + add(("", PLEA))
    assert len({one.id for one in registered}) == 3
    assert not any(one.known for one in registered)


def test_what_is_known_does_not_wake_the_queue(database, add):
    add(("CC-1", PLEA))
    add(("CC-1", PLEA))
    with database.read() as session:
        assert session.scalars(select(DeskState.queue_version)).one() == 1


def test_near_copies_point_to_the_first_and_are_kept(database, add):
    (first,) = add(("", LETTER.format(5000)))
    second, third = add(("", LETTER.format(9000)), ("", LETTER.format(12000)))
    assert (second.near_copy_of, third.near_copy_of) == (first.id, first.id)
    assert count(database, Complaint) == 3
    assert count(database, SketchBand) == 10  # of the first alone


def test_near_copies_within_a_batch(add):
    first, other, second = add(
        ("", LETTER.format(5000)), ("", "fake job agent took money"), ("", LETTER.format(700))
    )
    assert (first.near_copy_of, other.near_copy_of, second.near_copy_of) == (None, None, first.id)


def test_who_adds_that_they_want_to_die_is_nobodys_copy(add):
    first, second = add(
        ("", LETTER.format(5000)), ("", f"{LETTER.format(5000)} I will hang myself tonight.")
    )
    assert first.priority != second.priority
    assert second.near_copy_of is None


def test_a_batch_takes_a_handful_of_queries(database, reader):
    reads = reader.read([Arrived(str(i), f"{LETTER.format(i)} {PLEA}") for i in range(40)])
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with database.write() as session:
        register(session, reads, source="paste", now=NOW)
    rows = [told for told in statements if told.startswith("INSERT INTO complaints")]
    assert len(statements) - len(rows) < 20  # SQLite, being no server, is given row by row


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-20T09:00:00+00:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20 14:30", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 19, 18, 30, tzinfo=UTC)),
        ("2026-11-20T15:01:00", NOW),
        ("2031-01-01", NOW),
        ("1899-12-30", NOW),
        ("0001-01-01T00:00:00", NOW),
        ("9999-12-31T23:59:59-12:00", NOW),
        ("yesterday, in the evening", NOW),
        ("2" * 5000, NOW),
        ("", NOW),
        (None, NOW),
    ],
)
def test_times_of_filing(given, expected):
    assert read_filed(given, now=NOW) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("", ""),
        ("CC\x001", "a\x00b \ud800 c"),
        ("9" * 5000, "x" * 1_000_000),
        ("", "word " * 10_000),
        ("", "https://example.com/" + "a" * 5000),
    ],
    ids=["empty", "unstorable", "1 MB", "10,000 words", "long link"],
)
def test_odd_complaints_are_kept(database, add, number, text):
    (registered,) = add((number, text))
    with database.read() as session:
        row = session.get_one(Complaint, registered.id)
        assert len(row.text) == len(text)
        assert len(row.number or "") == min(len(number), LONGEST_NUMBER)
        assert row.priority in tuple(Priority)
        assert row.needs_review
    if number:
        assert add((number, text))[0].known


def test_an_unreadable_row_goes_to_a_person(database, add):
    (registered,) = add(("", "", None, "the row has no text"))
    assert registered.priority == Priority.P2
    with database.read() as session:
        row = session.get_one(Complaint, registered.id)
        assert (row.problem, row.unreadable) == ("the row has no text", True)
        assert row.needs_review


def test_targets_that_were_set_hold(database, add, admin):
    with database.write() as session:
        targets = {"P1": 5, "P2": 60, "P3": 480, "P4": 4320}
        change_setting(session, "targets_min", targets, user=admin)
    (registered,) = add(("", PLEA))
    with database.read() as session:
        assert session.get_one(Complaint, registered.id).due_at == NOW + timedelta(minutes=5)


@pytest.fixture
def token(database, admin):
    with database.write() as session:
        token = ApiToken(name="portal", token_hash="0" * 64, created_by=admin.id, created_at=NOW)
        session.add(token)
        session.flush()
        session.refresh(token)
        session.expunge(token)
    return token


def test_a_request_is_kept_once(database, reader, token):
    (read,) = reader.read([Arrived("", PLEA)])

    def send(body="1" * 64, key="k1"):
        with database.write() as session:
            return register_once(session, token, key, body, read, now=NOW)

    first, again = send(), send()
    assert (again.id, again.known) == (first.id, True)
    assert (first.priority, first.known) == (Priority.P1, False)
    with database.read() as session:
        assert find_request(session, token, "k1", "1" * 64) == again
        assert find_request(session, token, "k2", "1" * 64) is None
    with pytest.raises(DeskError, match="used for another complaint"):
        send(body="2" * 64)
    for key in ("", "k" * 201, "k\x00"):
        with pytest.raises(DeskError, match="1 to 200 characters"):
            send(key=key)
    assert send(key="k2").id != first.id
    assert count(database, Complaint) == 2
