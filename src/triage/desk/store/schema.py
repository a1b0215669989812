"""The tables of the desk.

What the model says of a complaint and what a person says are kept apart (``model_...`` and
``human_...``); ``category``, ``urgency`` and ``priority`` are what holds now: the person's word where
there is one. Every change of a complaint is an ``Event``; every look and change a line of the audit
log, which nothing can rewrite.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from triage.desk.store.columns import Base, Key

_OPEN = text("status != 'closed'")


class User(Base):
    """An account; never deleted, since the audit log names it."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)  # to sign in with, folded
    shown_name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(5), default="en")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SignedIn(Base):
    """One sign-in of an account: a session of a browser. Only a hash of its cookie is kept."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInFailure(Base):
    """One failed sign-in, to slow down who guesses."""

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]


class ApiToken(Base):
    """A key with which other software sends complaints. Only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiRequest(Base):
    """An idempotency key that was used: the same request again gives the same complaint."""

    __tablename__ = "api_requests"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"))
    key: Mapped[str] = mapped_column(String(200))
    body_sha256: Mapped[str] = mapped_column(String(64))
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    at: Mapped[datetime]


class Complaint(Base):
    """One complaint: as it came, what the model said, what people said, where it stands.

    ``number`` is the citizen's or portal's own; ``id`` the desk's. ``search_keys`` holds the
    spelling keys of the text between blanks, so that a search finds other spellings.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_queue", "status", "priority", "urgency", "risk_step"),
        Index(
            "ix_complaints_open",
            *("priority", text("urgency DESC"), text("risk_step DESC"), "received_at", "id"),
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "ix_complaints_due",
            *("priority", "claimed_by", "due_at", "contacted_at"),
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_complaints_number", "number"),
        Index("ix_complaints_arrived", "arrived_at", "priority", "contacted_at"),
        Index("ix_complaints_received", "received_at", "category", "language", "status"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(20))  # paste, upload, watch, api
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"), index=True)
    upload_row: Mapped[int | None]
    received_at: Mapped[datetime]  # when the citizen filed it; its arrival where unknown
    arrived_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(String(64), index=True)
    problem: Mapped[str | None] = mapped_column(Text)
    snippet: Mapped[str] = mapped_column(Text)  # names and identifiers masked
    search_keys: Mapped[str] = mapped_column(Text)
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    near_copy_of: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)

    model: Mapped[str] = mapped_column(String(100))  # name and short hash
    model_category: Mapped[str] = mapped_column(String(30))
    model_urgency: Mapped[int]
    model_priority: Mapped[str] = mapped_column(String(2))
    proba: Mapped[list[Any]]  # of each category, in the order of labels.CATEGORIES
    risk: Mapped[float]
    high_risk: Mapped[bool]
    at_risk: Mapped[str] = mapped_column(String(10))
    death_reported: Mapped[bool]
    minor: Mapped[bool]
    deadline: Mapped[bool]
    money_recent: Mapped[bool]
    unreadable: Mapped[bool]
    needs_review: Mapped[bool]
    language: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[Any]]
    evidence: Mapped[list[Any]]  # records.Evidence as objects, without the snippet

    human_category: Mapped[str | None] = mapped_column(String(30))
    human_urgency: Mapped[int | None]
    human_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    human_at: Mapped[datetime | None] = mapped_column(index=True)

    category: Mapped[str] = mapped_column(String(30))
    urgency: Mapped[int]
    priority: Mapped[str] = mapped_column(String(2))
    risk_step: Mapped[float]  # risk in steps of a tenth, see ranking.rank_key
    due_at: Mapped[datetime]  # latest time to be read, by the target of its priority

    status: Mapped[str] = mapped_column(String(10), default="new")  # new, claimed, closed
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None] = mapped_column(index=True)  # of the first call
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None] = mapped_column(String(30))
    version: Mapped[int] = mapped_column(default=1)  # counts the changes


class SketchBand(Base):
    """One band of a complaint's sketch, by which its near-copies are found."""

    __tablename__ = "sketch_bands"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_sketch_bands_hash", "hash", "band"),)


class FoundLead(Base):
    """An identifier or a platform that a complaint names; ``start`` and ``end`` are into its text."""

    __tablename__ = "leads"
    __table_args__ = (Index("ix_leads_value", "value", "kind"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(500))
    start: Mapped[int]
    end: Mapped[int]
    links: Mapped[bool]  # whether cases that share it belong together


class Event(Base):
    """One step of the work on a complaint, told in its history.

    ``change`` maps each changed column to ``[before, after]``, so that the step can be undone.
    ``user_id`` is None where the program did it.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    change: Mapped[dict[str, Any]]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("events.id"))


class Upload(Base):
    """A file that was handed in, and how far the desk came with it.

    ``rows_done`` moves in the transaction that adds the rows, so that a killed desk goes on where
    it was, with each row once.
    """

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    source: Mapped[str] = mapped_column(String(20))  # upload, watch
    name: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(Text)  # where its bytes lie until all is read
    columns: Mapped[dict[str, Any]]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(10))  # waiting, reading, done, failed
    rows_done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)  # the same number and text was there already
    copies: Mapped[int] = mapped_column(default=0)  # near-copies, added all the same
    set_aside: Mapped[int] = mapped_column(default=0)  # unreadable: added, for a person
    problem: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class UploadProblem(Base):
    """A row of an upload that could not be read, and why; never its text."""

    __tablename__ = "upload_problems"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id"), index=True)
    row: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)


class WatchedFile(Base):
    """A file of the watched folder that was taken in."""

    __tablename__ = "watched_files"
    __table_args__ = (UniqueConstraint("path", "size", "modified_ns"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    path: Mapped[str] = mapped_column(String(1000))
    size: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id"))


class ChosenSetting(Base):
    """A setting that an administrator changed in the desk itself."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[dict[str, Any]]
