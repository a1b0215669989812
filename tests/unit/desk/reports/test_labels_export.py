"""Labels out of the desk: what training reads, with corrections marked."""

import json

import pytest
from made_up_cases import NOW, add_case
from sqlalchemy import select

from triage.corpus import read_corpus
from triage.desk.casework import work
from triage.desk.reports.labels_export import COLUMNS, export_labels, write_labels
from triage.desk.store.audit_tables import AuditLine
from triage.errors import NotAllowedError
from triage.labelled_rows import FIELDS
from triage.labels import AtRisk, Category, Urgency

WORDS = "I do not want to live"
STORY = f'They have my photos, "all of them".\n{WORDS}; please help, sir.'
EVIDENCE = [
    {"start": STORY.index(WORDS), "end": STORY.index(WORDS) + len(WORDS), "level": 2}
    | {"counts": True, "context": [], "cue": "wish", "whose": "self"},
    {"start": 0, "end": 4, "level": 0, "counts": True, "context": [], "cue": "category"},
    {"start": 5, "end": 9, "level": 2, "counts": False, "context": ["denied"], "cue": "wish"},
]


def export(database, user=None, **options) -> list[dict]:
    with database.write() as session:
        return [*export_labels(session, user=user, now=NOW, **options)]


@pytest.fixture
def cases(database, staff) -> dict[str, int]:
    """One of each: confirmed, corrected in one or both labels, a copy, and not looked at."""
    done = {"user": staff, "now": NOW}
    with database.write() as session:
        risky = {"text": STORY, "urgency": 2, "evidence": EVIDENCE}
        ids = {
            "confirmed": add_case(session, **risky),
            "lowered": add_case(session, **risky, number="Ramesh, Pune"),
            "raised": add_case(session, text="=1+1 पैसे गए, मदद करें", language="hi"),
            "fraud": add_case(session, text="-5000 gaye mere", language="hinglish"),
            "untouched": add_case(session, text="पैसे गेले", language="mr"),
        }
        ids["copy"] = add_case(session, near_copy_of=ids["fraud"])
        ids["copy of a copy"] = add_case(session, near_copy_of=ids["copy"])
        work.confirm(session, ids["confirmed"], **done)
        work.correct(session, ids["lowered"], urgency=0, category="sextortion", **done)
        work.correct(session, ids["raised"], urgency=3, **done)
        work.correct(session, ids["fraud"], category="other_fraud", **done)
        work.confirm(session, ids["copy"], **done)
        work.confirm(session, ids["copy of a copy"], **done)
    return ids


def test_only_what_a_person_checked_goes_out(database, cases):
    rows = {row["id"]: row for row in export(database)}
    assert set(rows) == {f"desk-{id}" for name, id in cases.items() if name != "untouched"}
    assert len(export(database, only_checked=False)) == len(cases)


def test_a_persons_word_stands_beside_the_models(database, cases):
    rows = {row["id"]: row for row in export(database, only_checked=False)}

    def tell(name: str) -> tuple:
        row = rows[f"desk-{cases[name]}"]
        named = ("category", "urgency", "at_risk", "checked", "corrected", "model_urgency")
        return tuple(row[each] for each in named)

    assert tell("confirmed") == ("sextortion", 2, "self", "both", False, 2)
    assert tell("lowered") == ("sextortion", 0, "", "both", True, 2)
    assert tell("raised") == ("sextortion", 3, "self", "urgency", True, 0)
    assert tell("fraud") == ("other_fraud", 0, "", "category", True, 0)
    assert tell("untouched") == ("sextortion", 0, "", "", False, 0)
    assert rows[f"desk-{cases['fraud']}"]["model_category"] == "sextortion"


def test_evidence_is_given_where_it_carries_the_level(database, cases):
    rows = {row["id"]: row["evidence"] for row in export(database)}
    assert rows[f"desk-{cases['confirmed']}"] == [WORDS]
    assert rows[f"desk-{cases['lowered']}"] == []


def test_near_copies_are_of_one_story(database, cases):
    stories = {row["id"]: row["scenario"] for row in export(database)}
    of_one = {stories[f"desk-{cases[name]}"] for name in ("fraud", "copy", "copy of a copy")}
    assert of_one == {f"desk-{cases['fraud']}"}
    assert len(set(stories.values())) == 4


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_training_reads_what_comes_out(database, cases, scientist, tmp_path, ending):
    path = tmp_path / f"ours{ending}"
    exported = write_labels(database, path, user=scientist, now=NOW)
    noted = []
    read = {c.id: c for c in read_corpus([path], note=noted.append)}
    assert noted == []
    assert len(read) == exported.rows == 6
    confirmed = read[f"desk-{cases['confirmed']}"]
    assert (confirmed.text, confirmed.evidence) == (STORY, (WORDS,))
    assert (confirmed.urgency, confirmed.at_risk) == (Urgency.IDEATION, AtRisk.SELF)
    assert (confirmed.scenario, confirmed.batch) == (confirmed.id, "desk")
    fraud = read[f"desk-{cases['fraud']}"]
    assert (fraud.category, fraud.language) == (Category.OTHER_FRAUD, "hinglish")
    assert fraud.text.removeprefix("'") == "-5000 gaye mere"
    assert "Ramesh" not in path.read_bytes().decode("utf-8", "ignore")
    assert path.stat().st_mode & 0o077 == 0


def test_everything_can_be_read_back_too(database, cases, tmp_path):
    path = tmp_path / "all.jsonl"
    write_labels(database, path, user=None, now=NOW, only_checked=False)
    assert len(read_corpus([path])) == len(cases)


def test_what_training_would_refuse_is_left_out_and_counted(database, staff, tmp_path):
    done = {"user": staff, "now": NOW}
    with database.write() as session:
        add_case(session, text="💔💔", language="unknown", human_urgency=1)
        unread = {"unreadable": True, "problem": "the row has no text"}
        half = add_case(session, **unread)
        whole = add_case(session, **unread)
        work.correct(session, half, category="sextortion", **done)
        work.correct(session, whole, category="sextortion", urgency=1, **done)
    path = tmp_path / "ours.csv"
    exported = write_labels(database, path, user=None, now=NOW)
    assert (exported.rows, exported.left_out) == (1, 2)
    assert [c.id for c in read_corpus([path])] == [f"desk-{whole}"]


def test_somebody_elses_life_stays_somebody_elses(database, staff):
    with database.write() as session:
        case = add_case(session, urgency=2, at_risk="other")
        work.correct(session, case, urgency=4, user=staff, now=NOW)
    (row,) = export(database)
    assert (row["urgency"], row["at_risk"]) == (4, "other")


def test_an_export_is_audited(database, cases, scientist):
    export(database, user=scientist)
    with database.read() as session:
        line = session.execute(select(AuditLine).order_by(AuditLine.seq.desc())).scalars().first()
        assert (line.action, line.user_name) == ("labels_exported", "dev")
        assert json.loads(line.detail) == {"rows": 6, "left_out": 0, "only_checked": True}


@pytest.mark.parametrize("name", ["staff", "supervisor", "admin"])
def test_only_the_data_scientist_has_labels(database, request, name, tmp_path):
    user = request.getfixturevalue(name)
    with pytest.raises(NotAllowedError):
        write_labels(database, tmp_path / "ours.csv", user=user, now=NOW)
    assert not [*tmp_path.glob("ours*")]


def test_an_empty_desk_gives_an_empty_file(database, tmp_path):
    path = tmp_path / "ours.csv"
    assert write_labels(database, path, user=None, now=NOW).rows == 0
    assert path.read_text("utf-8-sig").strip() == ",".join(COLUMNS)


def test_the_columns_are_those_that_training_knows():
    own = {"checked", "corrected", "model_category", "model_urgency"}
    assert set(COLUMNS) - own <= set(FIELDS)
