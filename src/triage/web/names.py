"""What the ids of the desk are called, in English; ``t(...)`` says it in the reader's language."""

from typing import Final

from triage.desk.store import titles
from triage.labels import CONTEXT_TITLES, LANGUAGE_TITLES, Category, Urgency

PRIORITIES: Final = {"P1": "Call now", "P2": "Urgent", "P3": "Soon", "P4": "In turn"}

CATEGORIES: Final = {category.value: category.shown for category in Category}

URGENCIES: Final = {int(level): level.shown for level in Urgency}

URGENCY_MEANINGS: Final = {
    0: "no sign of suicide risk",
    1: "in strong distress, without a thought of death",
    2: "death or suicide as a thought, a wish or a feared outcome",
    3: "says they will do it, or names a method, a plan or a recent attempt",
    4: "now or within the day: about to, a goodbye, means at hand",
}

LANGUAGES: Final = LANGUAGE_TITLES

STATUSES: Final = titles.STATUSES

STATUS_FILTERS: Final = {
    "open": "all that are open",
    **STATUSES,
    "all": "all, closed ones too",
}

OUTCOMES: Final = titles.OUTCOMES

CALL_OUTCOMES: Final = titles.CALL_OUTCOMES

EVENTS: Final = {
    "arrived": "the complaint arrived",
    "claimed": "took it",
    "released": "gave it back",
    "confirmed": "confirmed category and urgency",
    "corrected": "corrected it",
    "noted": "wrote a note",
    "called": "made a call",
    "handed_over": "handed it over",
    "closed": "closed it",
    "reopened": "opened it again",
    "undone": "took a step back",
}

AUDIT_ACTIONS: Final = {
    "arrived": "arrived",
    "opened": "opened",
    "searched": "searched",
    "claimed": "claimed",
    "released": "released",
    "confirmed": "confirmed",
    "corrected": "corrected",
    "noted": "noted",
    "called": "called",
    "handed_over": "handed over",
    "closed": "closed a case",
    "reopened": "reopened",
    "undone": "undone",
    "signed_in": "signed in",
    "signed_out": "signed out",
    "sign_in_failed": "sign in failed",
    "password_changed": "password changed",
    "password_refused": "password refused",
    "password_reset": "password reset",
    "user_added": "user added",
    "user_switched_on": "user switched on",
    "user_switched_off": "user switched off",
    "role_changed": "role changed",
    "setting_changed": "setting changed",
    "token_made": "token made",
    "token_revoked": "token revoked",
    "upload_received": "upload received",
    "upload_finished": "upload finished",
    "report_made": "report made",
    "exported": "exported",
    "labels_exported": "labels exported",
    "log_verified": "log verified",
    "backed_up": "backed up",
    "restored": "restored",
    "state_told": "state told",
}
"""What the lines of the audit log tell of."""

DONE: Final = {
    "claimed": "Taken: it is with you",
    "released": "Given back: anybody can take it",
    "confirmed": "Confirmed",
    "corrected": "Corrected",
    "noted": "Note saved",
    "called": "Call written down",
    "handed_over": "Handed over",
    "closed": "Closed",
    "reopened": "Open again",
    "undone": "Taken back",
}
"""What a toast says after a step."""

FIELDS: Final = {
    "category": "category",
    "urgency": "urgency",
    "priority": "priority",
}

LEADS: Final = {
    "phone": "phone",
    "upi": "UPI",
    "email": "e-mail",
    "link": "link",
    "handle": "handle",
    "ifsc": "IFSC",
    "card": "card",
    "account": "account",
    "wallet": "wallet",
    "imei": "IMEI",
    "reference": "reference",
    "amount": "amount",
    "platform": "platform",
}

CONTEXTS: Final = CONTEXT_TITLES

WHOSE_LIFE: Final = {
    "self": "their own life",
    "other": "somebody else's life",
    "": "nobody's life",
}

DOUBTS: Final = (
    "too short to tell",
    "very long: only the first 20,000 characters were read",
    "the category is not clear",
    "word list and statistics disagree about the risk",
    "the risk rests on the statistics alone",
    "words that can mean death stand in it, but the statistics see no risk",
    "the text is empty",
    "the text has no words",
    "the script or language is not known",
)
"""Why the program asked for a person; they stand among the reasons."""

ROLES: Final = {
    "staff": "staff",
    "supervisor": "supervisor",
    "data_scientist": "data scientist",
    "admin": "administrator",
}

MARKS: Final = {
    "strong": "danger to life",
    "some": "distress",
    "off": "read, but does not count",
    "topic": "tells the kind of case",
}

SPOKEN: Final = {"en": "English", "hi": "Hindi", "mr": "Marathi", "hinglish": "Hinglish"}
"""Languages in which there is something to read to a complainant."""

SOURCES: Final = titles.SOURCES

UPLOAD_STATES: Final = {
    "waiting": "waits for its turn",
    "reading": "being read",
    "done": "read",
    "failed": "not read to its end",
}

SETTINGS: Final = {
    "targets_min": "Read within",
    "blur": "Blur texts until somebody asks to see them",
    "sound": "A sound when a P1 arrives",
    "session_minutes": "Sign out after so many minutes in which nobody does anything",
    "max_upload_mb": "Largest file that can be handed in, in MB",
}

AUDIT_DETAILS: Final = {
    "event": "step",
    "fields": "changed",
    "category": "category",
    "urgency": "urgency",
    "priority": "priority",
    "status": "status",
    "outcome": "outcome",
    "call": "call",
    "claimed_by": "with account",
    "claimed_at": "time of taking",
    "contacted_at": "time of the first call",
    "closed_at": "time of closing",
    "due_at": "to be read by",
    "human_category": "category by a person",
    "human_urgency": "urgency by a person",
    "human_by": "checked by",
    "human_at": "time of checking",
    "source": "came by",
    "upload": "file",
    "token": "token",
    "complaints": "cases",
    "known": "were here already",
    "bytes": "bytes",
    "sha256": "SHA-256",
    "state": "state",
    "rows_done": "rows read",
    "added": "added to the queue",
    "set_aside": "could not be read: for a person",
    "found": "found",
    "page": "page",
    "from": "from",
    "to": "to",
    "rows": "rows",
    "with_text": "with the full texts",
    "searched": "with a search",
    "language": "language",
    "mine": "mine",
    "overdue": "only what is overdue",
    "left_out": "left out",
    "only_checked": "only what a person checked",
    "fits": "all as it was written",
    "id": "number",
    "role": "role",
    "name": "setting",
    "value": "new value",
    "written_at": "time of the backup",
    "replaced_seq": "last line that was replaced",
    "replaced_head": "hash of that line",
}
"""What the details of a line of the audit log tell of."""
