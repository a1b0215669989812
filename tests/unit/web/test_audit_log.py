"""The audit log in the browser: narrowed, paged, and gone through."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import text

import triage
from triage.desk.store import audit
from triage.desk.store.audit_search import PAGE, AuditFilters, list_lines
from triage.web import names


@pytest.fixture
def log(database):
    with database.write() as session:
        for n in range(PAGE + 5):
            audit.append(session, "opened", complaint=n % 3 + 1, detail={"fields": ["category"]})
        audit.append(session, "changed_it", complaint=7, detail={"status": ["new", "claimed"]})


def test_lines_are_narrowed_and_paged(database, log):
    with database.read() as session:
        first, last = (
            list_lines(session, AuditFilters()),
            list_lines(session, AuditFilters(), page=9),
        )
        assert (first.pages, len(first.lines), len(last.lines), last.page) == (2, PAGE, 6, 2)
        assert first.lines[0].seq == first.total == PAGE + 6
        only = list_lines(session, AuditFilters(action="changed_it"))
        assert [line.complaint for line in only.lines] == [7]
        assert list_lines(session, AuditFilters(complaint=2)).total == 18
        assert list_lines(session, AuditFilters(user="nobody")).lines == []


def test_the_page_shows_the_lines_and_keeps_the_filters(sign_in, log):
    page = sign_in("chitra", role="supervisor").get("/audit?action=opened&complaint=1&page=1").text
    assert 'value="opened" selected' in page
    assert 'value="1"' in page
    shown = sign_in("chitra", role="supervisor").get("/audit?complaint=7").text
    assert "waiting → in work" in shown
    assert "changed it" in shown


DETAILS = {
    "event": 7,
    "fields": ["category", "claimed_by"],
    "category": ["sextortion", "other_fraud"],
    "urgency": [0, 3],
    "outcome": [None, "fir_registered"],
    "claimed_by": [3, 5],
    "with_text": True,
    "from": "2026-11-20T09:30:00+00:00",
    "name": "targets_min",
    "value": {"P1": 10, "P2": 60},
    "something_new": 1,
}


def test_details_are_told_in_plain_words(sign_in, database):
    with database.write() as session:
        audit.append(session, "corrected", complaint=1, detail=DETAILS)
    page = sign_in("esha", role="admin").get("/audit?action=corrected").text
    for told in (
        "changed: category, with account",
        "category: Sextortion → Other fraud",
        "urgency: none → intent",
        "outcome: – → FIR registered",
        "with account: 3 → 5",
        "with the full texts: yes",
        "from: 2026-11-20 15:00",
        "setting: Read within",
        "new value: P1 10, P2 60",
        "something new: 1",
    ):
        assert f"<span>{told}</span>" in page


def test_details_are_told_in_hindi(sign_in, database):
    known = {name: value for name, value in DETAILS.items() if name in names.AUDIT_DETAILS}
    with database.write() as session:
        audit.append(session, "corrected", complaint=1, detail=known)
    page = sign_in("esha", role="admin", language="hi").get("/audit?action=corrected").text
    told = re.findall("<span>(.*?)</span>", page.split('<td class="detail">')[1].split("</td>")[0])
    assert len(told) == len(known)
    english = [line for line in told if re.search("[A-Za-z]", re.sub("P[12]|FIR", "", line))]
    assert english == []
    assert "श्रेणी: सेक्सटॉर्शन → अन्य ठगी" in told


def test_every_detail_that_is_written_has_its_name():
    """Names stand wherever a line is appended, in dictionaries with strings for keys."""
    written = set()
    for file in Path(triage.__file__).parent.joinpath("desk").rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and "audit.append" in ast.unparse(function):
                written |= {
                    key.value
                    for node in ast.walk(function)
                    if isinstance(node, ast.Dict)
                    for key in node.keys
                    if isinstance(key, ast.Constant)
                }
    assert {"event", "rows", "upload", "complaints", "replaced_head"} <= written
    assert written - set(names.AUDIT_DETAILS) == set()


@pytest.mark.parametrize("query", ["complaint=x&page=y", "page=-1", "complaint=" + "9" * 40])
def test_nonsense_in_the_address_narrows_nothing(sign_in, log, query):
    assert sign_in("esha", role="admin").get(f"/audit?{query}").status_code == 200


def test_an_untouched_log_fits_and_the_check_is_itself_a_line(sign_in, log, database):
    esha = sign_in("esha", role="admin")
    with database.read() as session:
        head = audit.find_head(session).hash
    assert "as they were written" in esha.send("/audit/verify", head=head[:12]).text
    with database.read() as session:
        [line] = list_lines(session, AuditFilters(action="log_verified")).lines
        assert (line.who, line.detail) == ("esha", {"fits": True})


def test_a_changed_line_is_named(sign_in, log, database):
    esha = sign_in("esha", role="admin")
    with database.engine.begin() as connection:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
        )
        for name in names.scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit SET complaint_id = 9 WHERE seq = 3"))
    assert "line 3" in esha.send("/audit/verify").text
    meena = sign_in("meena", role="admin", language="hi")
    assert "ऑडिट लॉग की पंक्ति 3" in meena.send("/audit/verify").text


def test_a_head_of_another_log_does_not_fit(sign_in, log):
    esha = sign_in("esha", role="admin")
    assert "problem" in esha.send("/audit/verify", head="abcdefabcdef").text
    assert esha.send("/audit/verify", head="zz").status_code == 400
