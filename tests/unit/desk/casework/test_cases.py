"""A case, opened: complete, told in the audit log, by a handful of queries."""

from datetime import timedelta
from functools import partial

import pytest
from made_up_cases import NOW, add_case, count_statements
from sqlalchemy import select

from triage.desk.casework import work
from triage.desk.casework.cases import open_case, read_case
from triage.desk.casework.queue import read_version
from triage.desk.store.audit_tables import AuditLine
from triage.desk.store.schema import Complaint, Event
from triage.errors import NotAllowedError, UnknownComplaintError
from triage.labels import AtRisk, Category, Urgency

UPI = ("upi", "rinku77@examplebank")
LATER = NOW + timedelta(minutes=5)


def test_a_case_tells_everything_at_once(database, staff):
    text = "I want to die. Pay rinku77@examplebank on whatsapp."
    mark = {"start": 2, "end": 13, "level": 2, "counts": True, "context": [], "cue": "model"}
    with database.write() as session:
        case_id = add_case(
            session, text=text, number="N-1", urgency=2, evidence=[mark], minor=True,
            leads=[UPI, ("platform", "whatsapp")], proba=[0.2, 0.7, 0.1], reasons=["first", "second"],
        )  # fmt: skip
        copy = add_case(session, near_copy_of=case_id, leads=[UPI])
        case = read_case(session, case_id, user=staff)
    assert [(piece.text, bool(piece.mark)) for piece in case.pieces] == [
        ("I ", False), ("want to die", True), (text[13:], False)
    ]  # fmt: skip
    assert (case.number, case.urgency, case.priority) == ("N-1", Urgency.IDEATION, "P2")
    assert case.category_words[0] == (Category.SEXTORTION, 0.7)
    assert [round(share, 1) for _, share in case.category_words] == [0.7, 0.2, 0.1]
    assert case.reasons == case.model_reasons == ["first", "second"]
    assert [(lead.kind, lead.value, lead.shared_with) for lead in case.leads] == [
        (*UPI, 1), ("platform", "whatsapp", 0)
    ]  # fmt: skip
    assert [other.id for other in case.connected.cases] == [copy]
    assert (case.copies, case.near_copy_of) == ([copy], None)
    assert (case.minor, case.at_risk, case.needs_review) == (True, AtRisk.SELF, False)
    assert [line.kind for line in case.history] == ["arrived"]
    assert case.history[0].who is None
    assert (case.status, case.version, case.is_mine) == ("new", 1, False)
    assert any(step.phone == "14416" for step in case.guidance)
    assert any(step.until is not None for step in case.guidance)  # the minor's 24 hours


def test_opening_is_told_in_the_audit_log_and_changes_nothing(database, staff):
    with database.write() as session:
        case = add_case(session)
        before = read_version(session)
        open_case(session, case, user=staff, now=LATER)
        line = session.execute(select(AuditLine)).scalars().all()[-1]
        assert (line.action, line.complaint_id, line.user_id) == ("opened", case, staff.id)
        assert read_version(session) == before
        assert session.get(Complaint, case).version == 1


def test_who_may_not_read_opens_nothing(database, admin, staff):
    with database.write() as session:
        case = add_case(session)
        for step in (partial(open_case, now=NOW), read_case):
            with pytest.raises(NotAllowedError):
                step(session, case, user=admin)
            with pytest.raises(UnknownComplaintError):
                step(session, case + 1, user=staff)
        assert session.execute(select(AuditLine)).first() is None


def test_a_persons_word_stands_beside_the_models(database, staff, colleague):
    with database.write() as session:
        case_id = add_case(session, category="other_fraud", urgency=0, reasons=["harmless"])
        work.correct(session, case_id, user=colleague, now=LATER, category="sextortion", urgency=3)
        case = read_case(session, case_id, user=staff)
    assert (case.category, case.urgency, case.priority) == ("sextortion", 3, "P1")
    assert (case.human_category, case.human_urgency) == ("sextortion", 3)
    assert (case.human_by_name, case.human_at) == ("Bilal", LATER)
    assert (case.model_category, case.model_urgency, case.model_priority) == (
        "other_fraud",
        0,
        "P3",
    )
    assert case.reasons[0] == "says they will do it, or it is happening now"
    assert case.model_reasons == ["harmless"]
    assert case.high_risk
    assert any(step.phone == "112" for step in case.guidance)


def test_the_history_tells_who_did_what_and_what_can_be_taken_back(
    database, staff, colleague, supervisor
):
    with database.write() as session:
        case_id = add_case(session)
        work.claim(session, case_id, user=staff, now=NOW)
        work.correct(session, case_id, user=staff, now=NOW, urgency=2)
        work.correct(session, case_id, user=staff, now=LATER, urgency=3)
        work.add_note(session, case_id, user=colleague, now=LATER, text="called her brother")
        work.hand_over(session, case_id, user=staff, now=LATER, to=colleague.id, note="night shift")

        def history(user):
            return read_case(session, case_id, user=user).history

        lines = history(staff)
        assert [(line.kind, line.who) for line in lines] == [
            ("arrived", None), ("claimed", "Asha"), ("corrected", "Asha"), ("corrected", "Asha"),
            ("noted", "Bilal"), ("handed_over", "Asha"),
        ]  # fmt: skip
        assert lines[-1].change["claimed_by"] == ["Asha", "Bilal"]
        assert (lines[-1].note, lines[4].note) == ("night shift", "called her brother")
        assert [line.can_undo for line in lines] == [False, False, False, True, False, True]
        assert not any(line.can_undo for line in history(colleague))
        assert [line.can_undo for line in history(supervisor)] == [
            line.can_undo for line in lines
        ]  # fmt: skip

        for line in lines:  # what is offered works, and what is not offered does not
            if line.can_undo:
                work.undo(session, case_id, user=staff, now=LATER, event_id=line.event_id)
        lines = history(staff)
        assert [line.undone for line in lines] == [False] * 3 + [True, False, True, False, False]
        redo = lines[-1].event_id
        assert lines[-1].undoes == lines[5].event_id
        work.undo(session, case_id, user=staff, now=LATER, event_id=redo)
        assert [line.undone for line in history(staff)][3:] == [
            True, False, False, False, True, False
        ]  # fmt: skip


def test_what_could_not_be_read_is_opened_as_well(database, staff):
    with database.write() as session:
        case_id = add_case(
            session, text="", problem="row 7 was cut off", unreadable=True, needs_review=True,
            proba=[1 / 3] * 3, language="unknown", reasons=[], priority="P2",
        )  # fmt: skip
        case = read_case(session, case_id, user=staff)
    assert (case.pieces, case.problem, case.unreadable) == ([], "row 7 was cut off", True)
    assert case.needs_review
    assert [step.id for step in case.guidance][:1] == ["read_it_yourself"]


def test_a_long_history_and_many_connections_take_as_many_queries(database, staff, colleague):
    with database.write() as session:
        short = add_case(session, leads=[UPI])
        add_case(session, leads=[UPI])
        work.claim(session, short, user=staff, now=NOW)
        session.expunge_all()
        with count_statements(session) as few:
            read_case(session, short, user=staff)
        for i in range(40):
            add_case(session, leads=[UPI, ("handle", f"@made_up_{i}")])
        long = add_case(session, leads=[UPI, *(("handle", f"@made_up_{i}") for i in range(40))])
        session.add_all(
            Event(complaint_id=long, user_id=(staff, colleague)[i % 2].id, at=NOW, kind="noted",
                  note="x", change={}) for i in range(300)
        )  # fmt: skip
        session.flush()
        session.expunge_all()
        with count_statements(session) as many:
            case = read_case(session, long, user=staff)
    assert len(case.history) == 301
    assert len(case.connected.cases) == 30
    assert len(many) == len(few) <= 12


def test_nothing_of_a_case_stands_in_a_repr(database, staff):
    with database.write() as session:
        case_id = add_case(session, text="secret", number="secret", leads=[("handle", "secret")])
        work.add_note(session, case_id, user=staff, now=NOW, text="secret")
        case = read_case(session, case_id, user=staff)
    assert "secret" not in f"{case!r}{case.leads!r}{case.history!r}{case.pieces!r}"
