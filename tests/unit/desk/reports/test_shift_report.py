"""The shift report: what came, what waits, what was done, as the next shift needs it."""

from datetime import timedelta

import pytest
from made_up_cases import NOW, add_case
from sqlalchemy import event, select

from triage.desk.casework import work
from triage.desk.reports.shift_report import MOST_OVERDUE, build_shift_report
from triage.desk.store import audit
from triage.desk.store.schema import Complaint, Event
from triage.labels import Priority

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START, END = NOW - 8 * HOUR, NOW


def report(database, *, start=START, end=END, now=END):
    with database.read() as session:
        return build_shift_report(session, start=start, end=end, now=now)


def test_a_shift_in_which_nothing_came_has_a_report(database):
    made = report(database)
    assert made.came.total == 0
    assert made.came.by_priority == {"P1": 0, "P2": 0, "P3": 0, "P4": 0}
    assert [(w.priority, w.total, w.oldest) for w in made.waiting] == [
        (priority, 0, None) for priority in Priority
    ]
    assert (made.overdue, made.hands, made.calls, made.closed, made.steps) == ([], [], {}, {}, {})
    assert [(c.contacts, c.median_min, c.p90_min) for c in made.first_contacts] == [
        (0, None, None)
    ] * 4
    assert made.checks.total == 0


def test_what_came_is_counted_from_the_first_moment_to_the_last(database):
    with database.write() as session:
        first = add_case(session, arrived_at=START, urgency=3, source="api")
        add_case(session, arrived_at=END - MINUTE, category="other_fraud", near_copy_of=first)
        add_case(session, arrived_at=END - MINUTE, received_at=START - 30 * HOUR)  # filed before
        add_case(session, arrived_at=START - MINUTE)
        add_case(session, arrived_at=END)
    came = report(database).came
    assert came.total == 3
    assert came.by_priority == {"P1": 1, "P2": 0, "P3": 2, "P4": 0}
    assert came.by_category == {"video_call_blackmail": 0, "sextortion": 2, "other_fraud": 1}
    assert came.by_source == {"paste": 2, "api": 1}
    assert came.near_copies == 1


def test_what_waits_is_told_with_the_oldest_and_what_is_overdue(database, staff):
    with database.write() as session:
        late = add_case(session, urgency=3, arrived_at=NOW - 30 * MINUTE)  # P1: 10 minutes
        old = add_case(session, arrived_at=NOW - 20 * HOUR, status="claimed", claimed_by=staff.id)
        session.get(Complaint, old).claimed_at = NOW - 2 * HOUR
        add_case(session, arrived_at=NOW - HOUR)
        add_case(session, arrived_at=NOW - 40 * HOUR, status="closed", closed_at=NOW)
    made = report(database)
    p1, p2, p3, _ = made.waiting
    assert (p1.total, p1.unclaimed, p1.overdue, p1.oldest) == (1, 1, 1, 30 * MINUTE)
    assert (p2.total, p2.oldest) == (0, None)
    assert (p3.total, p3.unclaimed, p3.overdue, p3.oldest) == (2, 1, 1, 20 * HOUR)
    assert [(o.id, o.waited, o.late, o.claimed_by) for o in made.overdue] == [
        (late, 30 * MINUTE, 20 * MINUTE, None),
        (old, 20 * HOUR, 12 * HOUR, "Asha"),
    ]
    assert made.overdue_total == 2
    assert [(h.name, h.open_cases, h.overdue, h.longest) for h in made.hands] == [
        ("Asha", 1, 1, 2 * HOUR)
    ]


def test_a_long_list_of_overdue_cases_is_cut_and_says_so(database):
    with database.write() as session:
        for _ in range(MOST_OVERDUE + 3):
            add_case(session, urgency=3, arrived_at=NOW - HOUR)
    made = report(database)
    assert len(made.overdue) == MOST_OVERDUE
    assert made.overdue_total == MOST_OVERDUE + 3


def test_a_clock_that_was_moved_back_gives_no_negative_times(database, staff):
    with database.write() as session:
        add_case(session, arrived_at=NOW + HOUR, claimed_by=staff.id, claimed_at=NOW + HOUR)
    made = report(database)
    assert made.waiting[2].oldest == timedelta()
    assert made.hands[0].longest == timedelta()


def test_first_contacts_are_measured_against_the_target(database):
    with database.write() as session:
        for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 9, 50):
            contacted = START + minutes * MINUTE
            add_case(session, urgency=3, arrived_at=START, contacted_at=contacted)
        add_case(session, arrived_at=START - HOUR, contacted_at=START + HOUR)
        add_case(session, arrived_at=START - HOUR, contacted_at=START - MINUTE)  # the shift before
    p1, _, p3, _ = report(database).first_contacts
    assert (p1.contacts, p1.in_time, p1.target_min) == (10, 9, 10)
    assert (p1.median_min, p1.p90_min) == (5.5, 9)
    assert (p3.contacts, p3.in_time, p3.median_min, p3.p90_min) == (1, 1, 120, 120)


def test_the_work_of_a_shift_is_told(database, staff, supervisor):
    with database.write() as session:
        ids = [add_case(session, arrived_at=START, category="other_fraud") for _ in range(4)]
        done = {"user": staff, "now": START + HOUR}
        work.claim(session, ids[0], **done)
        work.record_call(session, ids[0], outcome="no_answer", **done)
        work.record_call(session, ids[0], outcome="reached", note="spoke with them", **done)
        work.correct(session, ids[0], category="sextortion", urgency=2, **done)
        work.close(session, ids[0], outcome="helped", **done)
        work.claim(session, ids[1], **done)
        work.confirm(session, ids[1], **done)
        work.hand_over(session, ids[1], to=supervisor.id, **done)
        work.close(session, ids[2], outcome="no_action", note="test", **done)
        work.reopen(session, ids[2], **done)
        work.add_note(session, ids[3], text="before the shift", user=staff, now=START - MINUTE)
    made = report(database)
    assert made.calls == {"no_answer": 1, "reached": 1}
    assert made.closed == {"helped": 1}  # what was opened again is not closed
    assert made.steps["handed_over"] == 1
    assert made.steps["reopened"] == 1
    assert "noted" not in made.steps
    assert "arrived" not in made.steps
    assert "called" not in made.steps
    assert made.checks.total == 2
    assert made.checks.agreed == 1
    assert made.checks.categories == {("other_fraud", "sextortion"): 1}
    assert (made.checks.urgency_raised, made.checks.urgency_lowered) == (1, 0)
    assert made.checks.newly_high_risk == 1
    assert [hands.name for hands in made.hands] == ["Chitra"]
    assert made.first_contacts[1].contacts == 1  # it is a P2 since it was corrected


def test_a_lowered_urgency_is_told_apart_from_a_raised_one(database, staff):
    with database.write() as session:
        for urgency in (0, 2, 4):
            case = add_case(session, urgency=3, arrived_at=START)
            work.correct(session, case, urgency=urgency, user=staff, now=START + HOUR)
    checks = report(database).checks
    assert (checks.total, checks.agreed) == (3, 0)
    assert (checks.urgency_raised, checks.urgency_lowered, checks.newly_high_risk) == (1, 2, 0)


def test_a_correction_that_was_taken_back_does_not_count(database, staff):
    with database.write() as session:
        case = add_case(session, arrived_at=START)
        done = {"user": staff, "now": START + HOUR}
        work.correct(session, case, urgency=1, **done)
        step = session.execute(select(Event.id).where(Event.kind == "corrected")).scalar_one()
        work.undo(session, case, event_id=step, **done)
    assert report(database).checks.total == 0


def test_the_report_ends_with_the_head_of_the_audit_log(database, staff):
    with database.write() as session:
        audit.append(session, "opened", user=staff)
    head = report(database).audit_head
    assert head.seq == 1
    with database.read() as session:
        assert audit.verify(session, known_head=head.hash[:12]) == head


@pytest.mark.parametrize("cases", [1, 30])
def test_a_report_takes_a_handful_of_queries(database, staff, cases):
    with database.write() as session:
        for _ in range(cases):
            add_case(session, urgency=3, arrived_at=START, claimed_by=staff.id, status="claimed")
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    report(database)
    assert len([query for query in asked if query.startswith("SELECT")]) == 10
