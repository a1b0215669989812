"""New complaints are kept: with all that was read of them, their identifiers and their first event.

Nothing is ever left out, save a complaint of the same number and the same text that is there already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from triage.desk.intake.complaint_rows import Identity, build_complaint, identify, list_leads
from triage.desk.intake.near_copies import tie_near_copies
from triage.desk.intake.reading import Read
from triage.desk.people.settings import load_settings
from triage.desk.store import audit
from triage.desk.store.columns import clean_text, find_table
from triage.desk.store.database import bump_queue
from triage.desk.store.schema import ApiRequest, ApiToken, Complaint, Event, FoundLead, User
from triage.errors import DeskError
from triage.labels import Priority
from triage.ranking import score_row

LONGEST_KEY = 200
"""Characters of an idempotency key at most."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Where a complaint stands in the desk.

    :param id: the desk's own.
    :param near_copy_of: the first complaint that it is nearly the same as, or None.
    :param known: it was there already, with the same number and the same text.
    """

    id: int
    priority: Priority
    near_copy_of: int | None
    known: bool


def register(
    session: Session,
    read_complaints: Sequence[Read],
    *,
    source: str,
    user: User | None = None,
    upload_id: int | None = None,
    rows: Sequence[int] | None = None,
    token: ApiToken | None = None,
    now: datetime,
) -> list[Registered]:
    """Keep complaints, all or, where the transaction fails, none.

    :param session: of ``DeskDatabase.write``.
    :param read_complaints: of ``ComplaintReader.read``, which is called before the transaction.
    :param source: ``paste``, ``upload``, ``watch`` or ``api``.
    :param user: who handed them in; None for other software and the watched folder.
    :param rows: the place of each in the upload.
    :param token: of the software that sent them.
    :param now: the time of arrival.
    :returns: in the order of the complaints.
    """
    identities = [identify(read) for read in read_complaints]
    known = _find_known(session, identities)
    fresh = _pick_fresh(read_complaints, identities, known)
    targets = load_settings(session).targets_min
    added: dict[int, Complaint] = {}
    for place, read in fresh.items():
        due_at = now + timedelta(minutes=targets[read.assessment.priority])
        complaint = build_complaint(read, now=now, due_at=due_at)
        complaint.source, complaint.upload_id = source, upload_id
        complaint.upload_row = rows[place] if rows is not None else None
        added[place] = complaint
    _keep(session, list(added.values()), list(fresh.values()), user, now)
    known |= {identities[place]: _show(complaint, known=True) for place, complaint in added.items()}
    registered = [
        _show(added[place], known=False) if place in added else known[identity]
        for place, identity in enumerate(identities)
    ]
    senders = {"upload": upload_id, "token": token.id if token else None}
    _tell(session, registered, source=source, senders=senders, user=user, now=now)
    return registered


def register_once(
    session: Session, token: ApiToken, key: str, body_sha256: str, read: Read, *, now: datetime
) -> Registered:
    """Keep a complaint that other software sent, once for each of its keys.

    :param token: what the software showed itself by.
    :param key: the request's own, chosen by the sender, at most ``LONGEST_KEY`` characters.
    :param body_sha256: hash of the request's body.
    :returns: of the same key and the same body the complaint that was kept the first time.
    :raises DeskError: where the key was used for another body, or is none.
    """
    earlier = find_request(session, token, key, body_sha256)
    if earlier is not None:
        return earlier
    (registered,) = register(session, [read], source="api", token=token, now=now)
    request = ApiRequest(token_id=token.id, key=key, body_sha256=body_sha256, at=now)
    request.complaint_id = registered.id
    session.add(request)
    session.flush()
    return registered


def find_request(
    session: Session, token: ApiToken, key: str, body_sha256: str
) -> Registered | None:
    """Find what became of a request, or give None where its key is new; see ``register_once``."""
    if not key or len(key) > LONGEST_KEY or clean_text(key) != key:
        raise DeskError(f"the idempotency key has to have 1 to {LONGEST_KEY} characters")
    found = session.execute(
        select(ApiRequest.body_sha256, Complaint.id, Complaint.priority, Complaint.near_copy_of)
        .join(Complaint, Complaint.id == ApiRequest.complaint_id)
        .where(ApiRequest.token_id == token.id, ApiRequest.key == key)
    ).one_or_none()
    if found is None:
        return None
    if found.body_sha256 != body_sha256:
        raise DeskError(
            "this idempotency key was used for another complaint, which is kept;"
            " send each complaint with a key of its own"
        )
    return Registered(found.id, Priority(found.priority), found.near_copy_of, known=True)


def _find_known(session: Session, identities: Sequence[Identity]) -> dict[Identity, Registered]:
    numbered = {identity for identity in identities if identity[0]}
    if not numbered:
        return {}
    found = session.execute(
        select(
            Complaint.number,
            Complaint.text_sha256,
            Complaint.id,
            Complaint.priority,
            Complaint.near_copy_of,
        )
        .where(
            Complaint.number.in_({number for number, _ in numbered}),
            Complaint.text_sha256.in_({hash_ for _, hash_ in numbered}),
        )
        .order_by(Complaint.id.desc())  # so that the first of them stays
    )
    return {
        (row.number, row.text_sha256): Registered(
            row.id, Priority(row.priority), row.near_copy_of, known=True
        )
        for row in found
    }


def _pick_fresh(
    reads: Sequence[Read], identities: Sequence[Identity], known: Mapping[Identity, Registered]
) -> dict[int, Read]:
    """Give what is to be added, by its place: without a number nothing is left out."""
    seen = set(known)
    fresh: dict[int, Read] = {}
    for place, (read, identity) in enumerate(zip(reads, identities, strict=True)):
        if not identity[0] or identity not in seen:
            seen.add(identity)
            fresh[place] = read
    return fresh


def _keep(
    session: Session,
    complaints: Sequence[Complaint],
    reads: Sequence[Read],
    user: User | None,
    now: datetime,
) -> None:
    """Add complaints with their identifiers, their bands and their first event."""
    if not complaints:
        return
    session.add_all(complaints)
    session.flush()
    scored = [score_row(read.complaint, read.assessment, with_text=False) for read in reads]
    tie_near_copies(session, complaints, [read.sketch for read in reads], scored)
    leads = [lead for c, r in zip(complaints, reads, strict=True) for lead in list_leads(c.id, r)]
    if leads:
        session.execute(insert(find_table(FoundLead)), leads)
    by = user.id if user else None
    event = {"user_id": by, "at": now, "kind": "arrived", "change": dict[str, object]()}
    session.execute(
        insert(find_table(Event)), [{"complaint_id": c.id, **event} for c in complaints]
    )
    bump_queue(session)


def _show(complaint: Complaint, *, known: bool) -> Registered:
    return Registered(complaint.id, Priority(complaint.priority), complaint.near_copy_of, known)


def _tell(
    session: Session,
    registered: Sequence[Registered],
    *,
    source: str,
    senders: Mapping[str, int | None],
    user: User | None,
    now: datetime,
) -> None:
    """Write one line of the audit log for all of them."""
    if not registered:
        return
    detail: dict[str, object] = {
        "source": source,
        "complaints": [one.id for one in registered if not one.known],
    }
    known = sorted({one.id for one in registered if one.known})
    detail |= {"known": known} if known else {}
    detail |= {kind: id for kind, id in senders.items() if id is not None}
    only = registered[0].id if len(registered) == 1 else None
    audit.append(session, "arrived", user=user, complaint=only, detail=detail, at=now)
