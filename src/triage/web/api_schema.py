"""What other software sends to the desk and gets back: the shapes of the API."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from triage.labels import Category, Priority

MAX_BODY_BYTES = 1_000_000
"""Bytes of one request; the longest complaints are some hundred thousand."""

MAX_NUMBER = 200
"""Characters of a complaint's own number."""

KEY_PATTERN = r"^[\x21-\x7e]{1,200}$"
"""What an idempotency key may look like: up to 200 visible ASCII characters, such as a UUID."""

LARGEST_ID = 2**63 - 1


def _make_storable(value: object) -> object:
    """Replace what no database keeps: half a character, and the character zero."""
    if not isinstance(value, str):
        return value
    return re.sub("[\\x00\\ud800-\\udfff]", "\N{REPLACEMENT CHARACTER}", value)


Storable = Annotated[str, BeforeValidator(_make_storable)]


class NewComplaint(BaseModel):
    """One complaint as the portal's own software sends it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    text: Storable = Field(
        description="What the citizen wrote, unchanged. An empty text goes to a person.", repr=False
    )
    number: Storable | None = Field(
        default=None,
        max_length=MAX_NUMBER,
        description="The portal's own number of it. The same number with the same text is taken once.",
    )
    received_at: Storable | None = Field(
        default=None,
        max_length=100,
        description="When the citizen filed it, as ISO 8601. Without a zone it is Indian time. What"
        " is no time, or is in the future, counts as now: no complaint is refused for its date.",
    )


class Standing(BaseModel):
    """Where a complaint stands in the queue."""

    id: int = Field(description="The desk's own id; ask for it with GET /complaints/{id}.", ge=1)
    number: str | None = Field(description="The portal's own number, where it sent one.")
    priority: Priority = Field(description="P1 is called first.")
    category: Category
    urgency: int = Field(ge=0, le=4, description="0 none, 1 distress, 2 ideation, 3 intent, 4 now.")
    needs_review: bool = Field(description="A person has to read it: the program is not sure.")
    near_copy_of: int | None = Field(description="Id of the first complaint that says nearly this.")


class Accepted(Standing):
    """The answer to a complaint that was sent."""

    known: bool = Field(description="It was here already and was not added again.")


class State(Standing):
    """What became of a complaint; never its text."""

    status: Literal["new", "claimed", "closed"]
    outcome: str | None = Field(description="How it was closed; null while it is open.")
    received_at: datetime
    arrived_at: datetime
    due_at: datetime = Field(description="The latest time by which a person has to have read it.")
    contacted_at: datetime | None = Field(description="When the complainant was first reached.")
    closed_at: datetime | None


class Health(BaseModel):
    """Whether the desk can take complaints."""

    status: Literal["ok"]
    model: str = Field(description="Name of the model that reads the complaints.")


class Problem(BaseModel):
    """What went wrong and what to do next."""

    code: str = Field(description="One word for software.")
    message: str = Field(description="One line for people; never words of a complaint.")
    next: str = Field(description="What to do now.")


class ProblemAnswer(BaseModel):
    """The one shape of every error."""

    error: Problem
