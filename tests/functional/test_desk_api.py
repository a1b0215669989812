"""The API against its own description: whatever is sent, the answer is one that it names."""

from datetime import UTC, datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import add_user
from triage.desk.people.tokens import make_token
from triage.desk.store.database import open_database
from triage.web.routes.api import build_api

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def desk(model, tmp_path_factory):
    """The API on a desk of its own, and a token for it."""
    folder = tmp_path_factory.mktemp("desk-api")
    database = open_database(f"sqlite:///{folder / 'desk.db'}")
    with database.write() as session:
        admin = add_user(
            session,
            name="esha",
            shown_name="Esha",
            role="admin",
            password="three blue umbrellas",
            by=None,
            now=NOW,
        )
        token = make_token(session, name="portal", by=admin, now=NOW)
    yield build_api(database, ComplaintReader(model, "small 1a2b3c4d")), token
    database.close()


def find_operations(api):
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


POSITIVE, NEGATIVE = schemathesis.GenerationMode


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        ("POST /complaints", POSITIVE),
        ("POST /complaints", NEGATIVE),
        ("GET /complaints/{id}", POSITIVE),
        ("GET /complaints/{id}", NEGATIVE),
        ("GET /health", POSITIVE),  # which takes nothing that could be wrong
    ],
)
def test_each_answer_is_one_that_the_description_names(desk, label, mode):
    api, token = desk
    operation = find_operations(api)[label]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, headers={"Authorization": f"Bearer {token}"})
        if response.status_code >= 400:
            assert set(response.json()["error"]) == {"code", "message", "next"}

    send()


def test_every_operation_is_tried(desk):
    assert len(find_operations(desk[0])) == 3
