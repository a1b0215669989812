"""The audit log in the browser: narrowed, paged, and gone through."""

import pytest
from sqlalchemy import text

from triage.desk.store import audit
from triage.desk.store.audit_search import PAGE, AuditFilters, list_lines


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
    assert "new → claimed" in shown
    assert "changed it" in shown


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


def test_a_head_of_another_log_does_not_fit(sign_in, log):
    esha = sign_in("esha", role="admin")
    assert "problem" in esha.send("/audit/verify", head="abcdefabcdef").text
    assert esha.send("/audit/verify", head="zz").status_code == 400
