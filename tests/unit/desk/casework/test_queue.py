"""The queue: its order, what is pinned, and that nothing is ever out of reach."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_cases import NOW, add_case, add_person, count_statements
from sqlalchemy import select

from triage.desk.casework import queue, work
from triage.desk.casework.queue import Filters, list_queue, read_version, select_queue
from triage.desk.people.settings import DeskSettings
from triage.desk.store.database import bump_queue, open_database
from triage.desk.store.schema import Complaint
from triage.errors import DeskError, NotAllowedError

MINUTE = timedelta(minutes=1)
SETTINGS = DeskSettings()


def look(session, user, now=NOW, **filters):
    return list_queue(session, Filters(**filters), user=user, settings=SETTINGS, now=now)


def ids(rows):
    return [row.id for row in rows]


def test_the_most_urgent_come_first_then_who_waits_longest(database, staff):
    with database.write() as session:
        last = add_case(session, priority="P4")
        newer = add_case(session, urgency=2, risk=0.52)
        older = add_case(session, urgency=2, risk=0.47, received_at=NOW - MINUTE)
        surer = add_case(session, urgency=2, risk=0.91)
        same = add_case(session, urgency=2, risk=0.49)
        flagged = add_case(session, priority="P2", risk=0.99)
        first = add_case(session, urgency=3, claimed_by=staff.id, status="claimed")
    with database.read() as session:
        page = look(session, staff)
    assert ids(page.rows) == [first, surer, older, newer, same, flagged, last]
    assert page.total == 7


def test_a_p1_that_nobody_has_stands_above_all_whatever_the_filters(database, staff, colleague):
    with database.write() as session:
        pinned = add_case(session, urgency=3, language="hi")
        add_case(session, urgency=4, status="claimed", claimed_by=colleague.id)
        add_case(session, urgency=4, status="closed")
        other = add_case(session, priority="P4", category="other_fraud")
        mine = add_case(session, status="claimed", claimed_by=staff.id)
    narrowed = (
        {"priority": "P4"},
        {"category": "other_fraud"},
        {"mine": True},
        {"overdue": True},
        {"status": "closed"},
        {"search": "nothing-that-is-there-77"},
    )
    with database.read() as session:
        pages = [look(session, staff, **filters) for filters in narrowed]
    assert all(ids(page.pinned) == [pinned] for page in pages)
    assert all(page.pinned_total == 1 and page.pinned[0].pinned for page in pages)
    assert [ids(page.rows) for page in pages[:4]] == [[other], [other], [mine], []]


def test_what_is_pinned_stands_there_until_it_is_claimed(database, staff):
    with database.write() as session:
        case = add_case(session, urgency=3)
        before = look(session, staff)
        work.claim(session, case, user=staff, now=NOW)
        after = look(session, staff)
    assert (ids(before.pinned), ids(before.rows)) == ([case], [])
    assert (ids(after.pinned), ids(after.rows)) == ([], [case])
    assert (after.rows[0].claimed_by_name, after.rows[0].is_mine) == ("Asha", True)


def test_very_many_p1_lead_the_pages_below_the_pinned_ones(database, staff, monkeypatch):
    monkeypatch.setattr(queue, "MOST_PINNED", 2)
    with database.write() as session:
        urgent = [add_case(session, urgency=3) for _ in range(4)]
        late = add_case(session, priority="P4")
        page = look(session, staff)
    assert (ids(page.pinned), page.pinned_total) == (urgent[:2], 4)
    assert ids(page.rows) == [*urgent[2:], late]


def test_filters_narrow_what_is_shown(database, staff, colleague):
    with database.write() as session:
        hindi = add_case(session, language="hi")
        fraud = add_case(session, category="other_fraud", priority="P4")
        theirs = add_case(session, status="claimed", claimed_by=colleague.id)
        closed = add_case(session, status="closed", closed_at=NOW)

        def found(**filters):
            return set(ids(look(session, staff, **filters).rows))

        assert found() == {hindi, fraud, theirs}
        assert found(language="hi") == {hindi}
        assert found(category="other_fraud") == found(priority="P4") == {fraud}
        assert found(status="new") == {hindi, fraud}
        assert found(status="claimed") == {theirs}
        assert found(status="closed") == {closed}
        assert found(status="all") == {hindi, fraud, theirs, closed}
        assert found(mine=True) == set()
        assert found(priority="P9") == set()


def test_a_status_that_there_is_not_is_refused(database, staff):
    with database.read() as session, pytest.raises(DeskError, match="open, new, claimed"):
        look(session, staff, status="nonsense")


def test_the_latest_time_to_be_read_holds_for_every_priority(database, staff, colleague):
    long_ago = NOW - timedelta(days=5)
    with database.write() as session:
        late = [
            add_case(session, priority=each, arrived_at=long_ago) for each in ("P2", "P3", "P4")
        ]
        unheard = add_case(
            session, priority="P2", arrived_at=long_ago, status="claimed", claimed_by=colleague.id
        )
        heard = {"priority": "P4", "arrived_at": long_ago, "contacted_at": NOW - timedelta(days=4)}
        add_case(session, **heard, status="claimed", claimed_by=colleague.id)
        given_back = add_case(session, **heard)
        add_case(session, priority="P4", arrived_at=long_ago, status="closed", closed_at=NOW)
        add_case(session)
        page = look(session, staff, overdue=True)
        every = look(session, staff, status="all")
    assert set(ids(page.rows)) == {*late, unheard, given_back}
    assert {row.id for row in every.rows if row.overdue} == set(ids(page.rows))
    assert [page.counts[each].overdue for each in ("P1", "P2", "P3", "P4")] == [0, 2, 1, 2]


def test_counts_tell_of_all_that_is_open_whatever_the_filters(database, staff, colleague):
    with database.write() as session:
        add_case(session, urgency=3)
        add_case(session, urgency=3, status="claimed", claimed_by=colleague.id)
        add_case(session, urgency=2, status="closed", closed_at=NOW)
        for _ in range(3):
            add_case(session, priority="P4")
        page = look(session, staff, category="other_fraud")
    told = {priority: (count.waiting, count.claimed) for priority, count in page.counts.items()}
    assert told == {"P1": (1, 1), "P2": (0, 0), "P3": (0, 0), "P4": (3, 0)}


def test_waiting_is_told_against_the_target(database, staff, colleague):
    with database.write() as session:
        add_case(session, priority="P2")
        add_case(
            session, priority="P3", status="claimed", claimed_by=colleague.id,
            contacted_at=NOW + 3 * MINUTE,
        )  # fmt: skip
        waits, heard = look(session, staff, now=NOW + 61 * MINUTE).rows
        early = look(session, staff, now=NOW - timedelta(hours=2)).rows
    assert (waits.waiting, waits.target, waits.overdue) == (61 * MINUTE, 60 * MINUTE, True)
    assert (heard.waiting, heard.overdue) == (3 * MINUTE, False)
    assert early[0].waiting == timedelta()  # the clock was moved back


def test_pages_hold_fifty_and_beyond_the_last_one_is_the_last(database, staff):
    with database.write() as session:
        for _ in range(queue.PAGE + 3):
            add_case(session)
        pages = [look(session, staff, page=page) for page in (1, 2, 99, -4, 10**30)]
    assert [len(page.rows) for page in pages] == [50, 3, 3, 50, 3]
    assert [(page.page, page.pages, page.total) for page in pages[1:3]] == [(2, 2, 53)] * 2


def test_search_finds_other_spellings_numbers_and_identifiers(database, staff):
    with database.write() as session:
        told = add_case(session, text="Vo suicied ki dhamki de raha hai", number="NCRP/2026/31")
        traced = add_case(session, leads=[("phone", "9xx8120045"), ("upi", "rinku77@examplebank")])
        urgent = add_case(session, urgency=3, text="main suside kar lunga")

        def found(term):
            return set(ids(look(session, staff, search=term).rows))

        assert found("sucide") == found("  SUICIDE ") == {told, urgent}
        assert found("suicide dhamki") == {told}
        assert found("suicide bank") == set()
        assert found("ncrp/2026/31") == found("2026/31") == {told}
        assert found("rinku77@examplebank") == found("rinku77") == {traced}
        assert found("8120045") == found("९xx ८१२००४५") == {traced}
        assert found(f"#{told}") >= {told}
        assert found("dhamki 2026/31") == {told}


@pytest.mark.parametrize("term", ["%", "_", " . ", "'; --", "\0", "\ud800", "\\", "9" * 400])
def test_signs_in_a_search_are_only_signs(database, staff, term):
    with database.write() as session:
        add_case(session, number="x-1")
        assert look(session, staff, search=term).rows == []


@pytest.mark.parametrize("value", ["\0", "P1\0", "\ud800", "P9"])
@pytest.mark.parametrize("field", ["priority", "category", "language"])
def test_a_filter_for_what_there_is_not_finds_nothing(database, staff, field, value):
    with database.write() as session:
        add_case(session)
        page = look(session, staff, **{field: value})
    assert (page.rows, page.total) == ([], 0)


def test_a_wildcard_in_a_search_is_a_letter(database, staff):
    with database.write() as session:
        add_case(session, number="AB1234")
        under = add_case(session, number="A_1234")
        assert ids(look(session, staff, search="a_12").rows) == [under]
        assert look(session, staff, search="A%34").rows == []


def test_what_is_searched_for_stands_in_no_repr():
    assert "rinku77" not in repr(Filters(search="rinku77"))


def test_what_the_model_was_unsure_of_is_settled_once_a_person_spoke(database, staff):
    with database.write() as session:
        case = add_case(session, needs_review=True, category="other_fraud", reasons=["x"])
        before = look(session, staff).rows[0]
        work.correct(session, case, user=staff, now=NOW, category="sextortion")
        after = look(session, staff).rows[0]
    assert (before.needs_review, before.checked, before.reason) == (True, False, "x")
    assert (after.needs_review, after.checked) == (False, True)
    assert after.reason == "is being blackmailed with intimate images"


def test_who_may_not_read_cases_sees_no_queue(database, admin, scientist):
    with database.read() as session:
        for user in (admin, scientist):
            with pytest.raises(NotAllowedError):
                look(session, user)


def test_the_version_grows_with_each_change(database, staff):
    with database.write() as session:
        before = read_version(session)
        bump_queue(session)
    with database.read() as session:
        assert read_version(session) == look(session, staff).version == before + 1


def test_exports_get_all_that_fits_in_the_order_of_the_queue(database, staff):
    with database.write() as session:
        late, first = add_case(session, priority="P4"), add_case(session, urgency=3)
        query = select_queue(Filters(), user=staff, now=NOW)
        assert list(session.execute(query).scalars()) == [first, late]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """One desk for all random states: a new one for each would take long."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'desk.db'}")
    with opened.write() as session:
        person = add_person(session)
        session.refresh(person)
        session.expunge(person)
    yield opened, person
    opened.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P1", "P2", "P3", "P4"]),
            st.integers(0, 4),
            st.sampled_from(["new", "claimed", "closed"]),
            st.booleans(),
            st.integers(-100_000, 100_000),
        ),
        max_size=12,
    ),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_each_open_complaint_is_pinned_or_on_one_page_and_each_is_on_a_page_of_all(
    desk, states, page_size, most_pinned
):
    opened, person = desk
    with pytest.MonkeyPatch.context() as patch, opened.read() as session:  # never committed
        patch.setattr(queue, "PAGE", page_size)
        patch.setattr(queue, "MOST_PINNED", most_pinned)
        for priority, urgency, status, checked, minutes in states:
            add_case(
                session, priority=priority, urgency=urgency, status=status,
                arrived_at=NOW + minutes * MINUTE, human_at=NOW if checked else None,
                claimed_by=person.id if status != "new" else None,
            )  # fmt: skip
        for status, wanted in (("open", {"new", "claimed"}), ("all", {"new", "claimed", "closed"})):
            first = look(session, person, status=status)
            seen = ids(first.pinned)
            for page in range(1, first.pages + 1):
                seen += ids(look(session, person, status=status, page=page).rows)
            there = session.execute(select(Complaint.id).where(Complaint.status.in_(wanted)))
            assert sorted(seen) == sorted(there.scalars())
        counted = sum(count.waiting + count.claimed for count in first.counts.values())
        assert counted == sum(status != "closed" for _, _, status, _, _ in states)


def test_a_page_takes_as_many_queries_whatever_its_length(database, staff):
    with database.write() as session:
        add_case(session, urgency=3)
        with count_statements(session) as few:
            look(session, staff)
        for _ in range(20):
            add_case(session, status="claimed", claimed_by=staff.id)
            add_case(session, urgency=3)
        with count_statements(session) as many:
            look(session, staff)
    assert len(few) == len(many) <= 5
