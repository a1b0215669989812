"""The tables of the audit log, and the one row that all writers of a desk pass."""

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from triage.desk.store.columns import Base, Key


class AuditLine(Base):
    """One line of the audit log; triggers refuse to change or delete it. No text of a complaint."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(
        String(40)
    )  # ISO 8601, UTC: the very characters that are hashed
    user_id: Mapped[int | None]
    user_name: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40), index=True)
    complaint_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    detail: Mapped[str] = mapped_column(Text)  # JSON, keys sorted
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class DeskState(Base):
    """The one row that all writers pass: head of the audit chain, and the version of the queue."""

    __tablename__ = "desk_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audit_seq: Mapped[int] = mapped_column(BigInteger)
    audit_hash: Mapped[str] = mapped_column(String(64))
    queue_version: Mapped[int] = mapped_column(BigInteger)
