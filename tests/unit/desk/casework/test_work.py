"""Work on a case: each step once, told, and able to be taken back; a person's word holds."""

import json
from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from made_up_cases import NOW, TARGETS, add_case
from sqlalchemy import event, select

from triage.desk.casework import work
from triage.desk.casework.queue import read_version
from triage.desk.people.settings import change_setting
from triage.desk.store.audit import verify
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Complaint, Event, User
from triage.errors import (
    AlreadyClaimedError,
    ChangedMeanwhileError,
    DeskError,
    NotAllowedError,
    UnknownComplaintError,
)
from triage.times import INDIAN_TIME

SECRET = "Rinku Verma 98xxxx4512"
LATER = NOW + timedelta(minutes=5)


def state(session, case):
    """All columns of a case but its version."""
    session.flush()
    row = session.execute(select(Complaint.__table__).where(Complaint.id == case)).mappings().one()
    return {name: value for name, value in row.items() if name != "version"}


def last_event(session, case):
    query = select(Event).where(Event.complaint_id == case).order_by(Event.id.desc()).limit(1)
    return session.execute(query).scalar_one()


def kinds(session, case):
    query = select(Event.kind).where(Event.complaint_id == case).order_by(Event.id)
    return list(session.execute(query).scalars())


# Claiming


def test_a_claim_takes_the_case_and_is_told(database, staff):
    with database.write() as session:
        case = add_case(session)
        before = read_version(session)
        assert work.claim(session, case, user=staff, now=LATER, version=1) == 2
        row = session.get(Complaint, case)
        assert (row.status, row.claimed_by, row.claimed_at) == ("claimed", staff.id, LATER)
        step = last_event(session, case)
        assert (step.kind, step.user_id, step.at) == ("claimed", staff.id, LATER)
        assert step.change["claimed_by"] == [None, staff.id]
        line = session.execute(select(AuditLine).order_by(AuditLine.seq.desc())).scalars().first()
        assert (line.action, line.complaint_id, line.user_id) == ("claimed", case, staff.id)
        assert json.loads(line.detail)["event"] == step.id
        assert read_version(session) == before + 1


def test_a_claim_of_ones_own_case_changes_nothing(database, staff):
    with database.write() as session:
        case = add_case(session)
        version = work.claim(session, case, user=staff, now=NOW)
        assert work.claim(session, case, user=staff, now=LATER) == version
        assert kinds(session, case) == ["arrived", "claimed"]


def test_a_claimed_case_names_who_has_it(database, staff, colleague, supervisor):
    with database.write() as session:
        case = add_case(session)
        work.claim(session, case, user=colleague, now=NOW)
        for user in (staff, supervisor):
            with pytest.raises(AlreadyClaimedError, match="Bilal") as caught:
                work.claim(session, case, user=user, now=NOW, version=1)
            assert caught.value.by == "Bilal"


def test_only_a_supervisor_takes_a_case_over_and_both_steps_are_told(
    database, staff, colleague, supervisor
):
    with database.write() as session:
        case = add_case(session)
        work.claim(session, case, user=colleague, now=NOW)
        with pytest.raises(NotAllowedError, match="Bilal"):
            work.claim(session, case, user=staff, now=NOW, take_over=True)
        work.claim(session, case, user=supervisor, now=NOW, take_over=True)
        assert session.get(Complaint, case).claimed_by == supervisor.id
        assert kinds(session, case) == ["arrived", "claimed", "released", "claimed"]


@pytest.mark.parametrize("step", [work.claim, work.release, work.confirm])
def test_who_may_not_work_changes_nothing(database, admin, scientist, step):
    with database.write() as session:
        case = add_case(session)
        for user in (admin, scientist):
            with pytest.raises(NotAllowedError):
                step(session, case, user=user, now=NOW)
        assert kinds(session, case) == ["arrived"]


def test_there_is_no_such_complaint(database, staff):
    with database.write() as session, pytest.raises(UnknownComplaintError, match="4711"):
        work.claim(session, 4711, user=staff, now=NOW)


def test_two_people_claim_the_same_case_many_times_and_one_wins_each_time(
    database, staff, colleague
):
    rounds = 1000 if database.is_sqlite else 300
    if database.is_sqlite:  # what is tested is who waits for whom, not the disk

        @event.listens_for(database.engine, "connect")
        def be_quick(connection, record):
            connection.execute("PRAGMA synchronous=OFF").close()

        database.engine.dispose()
    with database.write() as session:
        cases = [add_case(session) for _ in range(rounds)]
    barrier, won, lost, failed = Barrier(2, timeout=60), {}, {}, []

    def keep_claiming(user: User) -> None:
        try:
            for case in cases:
                barrier.wait()
                try:
                    with database.write() as session:
                        work.claim(session, case, user=user, now=NOW)
                    won.setdefault(case, []).append(user.id)
                except AlreadyClaimedError as error:
                    lost.setdefault(case, []).append((user.id, error.by))
        except Exception as error:
            failed.append(error)
            barrier.abort()

    threads = [Thread(target=keep_claiming, args=(user,)) for user in (staff, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    names = {staff.id: (colleague.id, "Asha"), colleague.id: (staff.id, "Bilal")}
    assert all(len(won[case]) == 1 for case in cases)
    assert all(lost[case] == [names[won[case][0]]] for case in cases)
    with database.read() as session:
        rows = session.execute(select(Complaint.id, Complaint.claimed_by, Complaint.version))
        assert {id: (by, version) for id, by, version in rows} == {
            case: (won[case][0], 2) for case in cases
        }
        steps = select(Event.complaint_id, Event.user_id).where(Event.kind == "claimed")
        lines = select(AuditLine.complaint_id, AuditLine.user_id).where(
            AuditLine.action == "claimed"
        )
        wanted = Counter((case, won[case][0]) for case in cases)
        for query in (steps, lines):
            assert Counter((id, by) for id, by in session.execute(query)) == wanted
        verify(session)


# Giving back and handing over


def test_staff_give_back_their_own_and_a_supervisor_anybodys(
    database, staff, colleague, supervisor
):
    with database.write() as session:
        case = add_case(session)
        with pytest.raises(DeskError, match="with nobody"):
            work.release(session, case, user=staff, now=NOW)
        for owner, releaser in ((staff, staff), (staff, supervisor)):
            work.claim(session, case, user=owner, now=NOW)
            with pytest.raises(NotAllowedError):
                work.release(session, case, user=colleague, now=NOW)
            work.release(session, case, user=releaser, now=NOW)
            row = session.get(Complaint, case)
            assert (row.status, row.claimed_by, row.claimed_at) == ("new", None, None)


def test_a_case_is_handed_over_by_who_has_it_or_a_supervisor(
    database, staff, colleague, supervisor, admin
):
    with database.write() as session:
        case = add_case(session)
        with pytest.raises(NotAllowedError, match="claim it first"):
            work.hand_over(session, case, user=staff, now=NOW, to=colleague.id)
        work.claim(session, case, user=staff, now=NOW)
        with pytest.raises(NotAllowedError, match="Asha"):
            work.hand_over(session, case, user=colleague, now=NOW, to=colleague.id)
        for to in (admin.id, 4711):
            with pytest.raises(DeskError, match="another colleague"):
                work.hand_over(session, case, user=staff, now=NOW, to=to)
        with pytest.raises(DeskError, match="with Asha already"):
            work.hand_over(session, case, user=staff, now=NOW, to=staff.id)
        work.hand_over(session, case, user=staff, now=LATER, to=colleague.id, note=SECRET)
        assert last_event(session, case).note == SECRET
        assert session.get(Complaint, case).claimed_by == colleague.id
        work.hand_over(session, case, user=supervisor, now=LATER, to=staff.id)
        assert session.get(Complaint, case).claimed_by == staff.id


def test_colleagues_are_those_who_can_work_on_cases(database, staff, supervisor, admin, scientist):
    with database.write() as session:
        session.add(User(name="gone", shown_name="Gone", role="staff", password_hash="-",
                         created_at=NOW, active=False))  # fmt: skip
        session.flush()
        assert work.list_colleagues(session) == [(staff.id, "Asha"), (supervisor.id, "Chitra")]


# Confirming and correcting


def test_a_correction_holds_and_moves_the_case_at_once(database, staff):
    with database.write() as session:
        case = add_case(session, priority="P4", category="other_fraud", needs_review=True)
        work.correct(session, case, user=staff, now=LATER, category="sextortion", urgency=3)
        row = session.get(Complaint, case)
        assert (row.human_category, row.human_urgency) == ("sextortion", 3)
        assert (row.human_by, row.human_at) == (staff.id, LATER)
        assert (row.category, row.urgency, row.priority) == ("sextortion", 3, "P1")
        assert row.due_at == row.arrived_at + TARGETS["P1"]
        assert (row.model_category, row.model_urgency, row.model_priority) == (
            "other_fraud", 0, "P4"
        )  # fmt: skip


def test_a_persons_urgency_replaces_the_models_high_risk(database, staff):
    with database.write() as session:
        for urgency, priority in ((0, "P3"), (1, "P3"), (2, "P2"), (3, "P1"), (4, "P1")):
            case = add_case(session, urgency=2, needs_review=True)
            work.correct(session, case, user=staff, now=NOW, urgency=urgency)
            assert session.get(Complaint, case).priority == priority


def test_another_category_alone_leaves_the_risk_as_the_model_saw_it(database, staff):
    with database.write() as session:
        case = add_case(session, urgency=2, category="sextortion")
        work.correct(session, case, user=staff, now=NOW, category="other_fraud")
        row = session.get(Complaint, case)
        assert (row.priority, row.urgency, row.human_urgency) == ("P2", 2, None)


def test_what_the_program_could_not_read_waits_for_a_persons_urgency(database, staff):
    with database.write() as session:
        case = add_case(session, unreadable=True, needs_review=True, priority="P2")
        with pytest.raises(DeskError, match="nothing to confirm"):
            work.confirm(session, case, user=staff, now=NOW)
        work.correct(session, case, user=staff, now=NOW, category="other_fraud")
        assert session.get(Complaint, case).priority == "P2"
        work.correct(session, case, user=staff, now=NOW, urgency=0)
        assert session.get(Complaint, case).priority == "P4"
        work.confirm(session, case, user=staff, now=NOW)


def test_a_minor_stays_urgent_whatever_is_corrected(database, staff):
    with database.write() as session:
        case = add_case(session, minor=True, priority="P2")
        work.correct(session, case, user=staff, now=NOW, urgency=0, category="sextortion")
        assert session.get(Complaint, case).priority == "P2"


def test_confirming_keeps_the_models_labels_as_a_persons(database, staff):
    with database.write() as session:
        case = add_case(session, urgency=3)
        place = {name: state(session, case)[name] for name in ("priority", "due_at", "urgency")}
        work.confirm(session, case, user=staff, now=NOW)
        row = session.get(Complaint, case)
        assert (row.human_category, row.human_urgency, row.human_by) == ("sextortion", 3, staff.id)
        assert {name: state(session, case)[name] for name in place} == place


def test_confirming_after_a_correction_does_not_bring_the_model_back(database, staff, colleague):
    with database.write() as session:
        case = add_case(session)
        work.correct(session, case, user=staff, now=NOW, urgency=4)
        work.confirm(session, case, user=colleague, now=LATER)
        row = session.get(Complaint, case)
        assert (row.human_urgency, row.human_by, row.priority) == (4, colleague.id, "P1")


def test_the_targets_that_were_set_hold(database, staff):
    with database.write() as session:
        targets = {"P1": 5, "P2": 60, "P3": 480, "P4": 4320}
        change_setting(session, "targets_min", targets, user=None)
        case = add_case(session)
        work.correct(session, case, user=staff, now=LATER, urgency=3)
        assert session.get(Complaint, case).due_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "labels", [{}, {"category": "theft"}, {"urgency": 5}, {"urgency": -1}, {"urgency": "high"}]
)
def test_labels_that_there_are_not_are_refused(database, staff, labels):
    with database.write() as session:
        case = add_case(session)
        with pytest.raises(DeskError):
            work.correct(session, case, user=staff, now=NOW, **labels)
        assert kinds(session, case) == ["arrived"]


# Calls, notes, closing


def test_the_first_call_that_reaches_somebody_is_the_first_contact(database, staff):
    with database.write() as session:
        case = add_case(session)
        for minutes, outcome in enumerate(("no_answer", "reached", "reached", "wrong_number")):
            now = NOW + timedelta(minutes=minutes)
            work.record_call(session, case, user=staff, now=now, outcome=outcome, note=SECRET)
            assert last_event(session, case).change["call"] == [None, outcome]
        assert session.get(Complaint, case).contacted_at == NOW + timedelta(minutes=1)
        with pytest.raises(DeskError, match="wrong_number"):
            work.record_call(session, case, user=staff, now=NOW, outcome="laughed")


def test_a_note_is_kept_as_every_database_takes_it(database, staff):
    with database.write() as session:
        case = add_case(session)
        work.add_note(session, case, user=staff, now=NOW, text=" a\0b \ud800 रिंकू ")
        session.expire_all()
        assert last_event(session, case).note == "ab ? रिंकू"
        for text in (" \0 ", "x" * 10_001):
            with pytest.raises(DeskError, match="the note"):
                work.add_note(session, case, user=staff, now=NOW, text=text)
        assert kinds(session, case) == ["arrived", "noted"]


def test_a_p1_is_not_closed_unheard_without_a_reason(database, staff):
    with database.write() as session:
        case = add_case(session, urgency=3)
        work.record_call(session, case, user=staff, now=NOW, outcome="no_answer")
        for note in ("", " \0 "):
            with pytest.raises(DeskError, match="call first"):
                work.close(session, case, user=staff, now=NOW, outcome="no_action", note=note)
        work.close(session, case, user=staff, now=NOW, outcome="no_action", note="with her family")
        copy, called = add_case(session, urgency=3), add_case(session, urgency=3)
        work.close(session, copy, user=staff, now=NOW, outcome="duplicate")
        work.record_call(session, called, user=staff, now=NOW, outcome="reached")
        work.close(session, called, user=staff, now=LATER, outcome="helped")
        row = session.get(Complaint, called)
        assert (row.status, row.outcome, row.closed_at) == ("closed", "helped", LATER)


def test_a_case_of_somebody_else_is_not_closed(database, staff, colleague, supervisor):
    with database.write() as session:
        case = add_case(session)
        work.claim(session, case, user=colleague, now=NOW)
        with pytest.raises(AlreadyClaimedError, match="Bilal"):
            work.close(session, case, user=staff, now=NOW, outcome="helped")
        with pytest.raises(DeskError, match="fir_registered"):
            work.close(session, case, user=supervisor, now=NOW, outcome="forgotten")
        work.close(session, case, user=supervisor, now=NOW, outcome="helped")


def test_a_closed_case_is_reopened_before_it_is_worked_on(database, staff, colleague):
    with database.write() as session:
        case = add_case(session)
        with pytest.raises(DeskError, match="not closed"):
            work.reopen(session, case, user=staff, now=NOW)
        work.claim(session, case, user=staff, now=NOW)
        work.close(session, case, user=staff, now=NOW, outcome="helped")
        for step, options in (
            (work.claim, {}),
            (work.release, {}),
            (work.confirm, {}),
            (work.correct, {"urgency": 3}),
            (work.hand_over, {"to": colleague.id}),
            (work.close, {"outcome": "helped"}),
        ):
            with pytest.raises(DeskError, match="reopen it first"):
                step(session, case, user=staff, now=NOW, **options)
        work.add_note(session, case, user=colleague, now=NOW, text="called back")
        work.record_call(session, case, user=colleague, now=NOW, outcome="reached")
        work.reopen(session, case, user=colleague, now=LATER, note="again")
        row = session.get(Complaint, case)
        assert (row.status, row.claimed_by, row.outcome, row.closed_at) == ("new", None, None, None)


# Versions and steps taken back


def test_a_change_that_was_decided_on_an_older_version_is_refused(database, staff, colleague):
    with database.write() as session:
        case = add_case(session, text=SECRET)
        work.claim(session, case, user=colleague, now=NOW)
        work.add_note(session, case, user=colleague, now=NOW, text=SECRET)
        work.correct(session, case, user=colleague, now=NOW, urgency=3, version=3)
        for step, options in (
            (work.confirm, {}),
            (work.correct, {"urgency": 0}),
            (work.add_note, {"text": "x"}),
            (work.record_call, {"outcome": "reached"}),
            (work.undo, {"event_id": 1}),
        ):
            with pytest.raises(ChangedMeanwhileError) as caught:
                step(session, case, user=staff, now=NOW, version=2, **options)
            assert "noted by Bilal, corrected by Bilal" in str(caught.value)
            assert SECRET not in str(caught.value)
        assert session.get(Complaint, case).urgency == 3


STEPS = {
    "claim": (work.claim, {}, {}),
    "release": (work.release, {}, {"status": "claimed"}),
    "hand_over": (work.hand_over, {"to": "colleague"}, {"status": "claimed"}),
    "confirm": (work.confirm, {}, {}),
    "correct": (work.correct, {"urgency": 4, "category": "other_fraud"}, {}),
    "call": (work.record_call, {"outcome": "reached"}, {}),
    "close": (work.close, {"outcome": "helped"}, {"status": "claimed"}),
    "reopen": (work.reopen, {}, {"status": "closed", "closed_at": NOW, "outcome": "helped"}),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_undone_and_done_again(database, staff, colleague, name):
    step, options, start = STEPS[name]
    if "to" in options:
        options = {"to": colleague.id}
    with database.write() as session:
        if start:
            start = {**start, "claimed_by": staff.id, "claimed_at": NOW}
        case = add_case(session, urgency=1, **start)
        before = state(session, case)
        indian = LATER.astimezone(INDIAN_TIME)
        step(session, case, user=staff, now=indian, **options)
        session.expire_all()
        done, after = last_event(session, case), state(session, case)
        assert after != before
        work.undo(session, case, user=staff, now=LATER, event_id=done.id)
        undone = last_event(session, case)
        assert state(session, case) == before
        assert (undone.kind, undone.undoes) == ("undone", done.id)
        session.expire_all()
        work.undo(session, case, user=staff, now=LATER, event_id=undone.id)
        assert state(session, case) == after
        assert session.get(Complaint, case).version == 4
        verify(session)


def test_a_step_that_was_built_upon_is_not_undone(database, staff, colleague):
    with database.write() as session:
        case = add_case(session)
        work.correct(session, case, user=staff, now=NOW, urgency=2)
        step = last_event(session, case)
        work.correct(session, case, user=colleague, now=LATER, urgency=4)
        with pytest.raises(ChangedMeanwhileError, match="later steps first"):
            work.undo(session, case, user=staff, now=LATER, event_id=step.id)
        assert session.get(Complaint, case).urgency == 4


def test_only_a_supervisor_undoes_what_others_did(database, staff, colleague, supervisor):
    with database.write() as session:
        case = add_case(session)
        work.claim(session, case, user=staff, now=NOW)
        step = last_event(session, case)
        with pytest.raises(NotAllowedError, match="somebody else's"):
            work.undo(session, case, user=colleague, now=NOW, event_id=step.id)
        work.undo(session, case, user=supervisor, now=NOW, event_id=step.id)
        assert session.get(Complaint, case).status == "new"


def test_a_note_and_a_step_of_another_case_are_not_undone(database, staff):
    with database.write() as session:
        case, other = add_case(session), add_case(session)
        work.add_note(session, case, user=staff, now=NOW, text="x")
        note = last_event(session, case)
        with pytest.raises(DeskError, match="nothing that could be put back"):
            work.undo(session, case, user=staff, now=NOW, event_id=note.id)
        for wrong in (note.id, 4711):
            with pytest.raises(DeskError, match="no step"):
                work.undo(session, other, user=staff, now=NOW, event_id=wrong)


def test_no_word_of_a_complaint_or_a_note_is_in_the_audit_log(database, staff):
    with database.write() as session:
        case = add_case(session, text=SECRET, number=SECRET, snippet=SECRET)
        work.claim(session, case, user=staff, now=NOW)
        work.add_note(session, case, user=staff, now=NOW, text=SECRET)
        work.record_call(session, case, user=staff, now=NOW, outcome="reached", note=SECRET)
        work.correct(session, case, user=staff, now=NOW, urgency=3)
        work.close(session, case, user=staff, now=NOW, outcome="helped", note=SECRET)
        lines = session.execute(select(AuditLine)).scalars().all()
        assert [line.action for line in lines[-5:]] == [
            "claimed", "noted", "called", "corrected", "closed"
        ]  # fmt: skip
        assert not any("Rinku" in line.detail or "4512" in line.detail for line in lines)
        assert json.loads(lines[-2].detail)["urgency"] == [0, 3]
