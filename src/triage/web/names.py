"""What the ids of the desk are called, in English; ``t(...)`` says it in the reader's language."""

from typing import Final

from triage.labels import CONTEXT_TITLES, Category, Urgency

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

LANGUAGES: Final = {
    "en": "English",
    "hinglish": "Hinglish",
    "hi": "Hindi",
    "mr": "Marathi",
    "unknown": "unknown language",
}

STATUSES: Final = {"new": "waiting", "claimed": "in work", "closed": "closed"}

STATUS_FILTERS: Final = {
    "open": "all that are open",
    "new": "waiting",
    "claimed": "in work",
    "closed": "closed",
    "all": "all, closed ones too",
}

OUTCOMES: Final = {
    "helped": "helped",
    "referred": "sent to the right place",
    "fir_registered": "FIR registered",
    "money_frozen": "money frozen",
    "duplicate": "the same as another complaint",
    "not_reachable": "could not be reached",
    "no_action": "nothing to do",
}

CALL_OUTCOMES: Final = {
    "reached": "spoke to them",
    "no_answer": "no answer",
    "wrong_number": "wrong number",
}

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

SOURCES: Final = {
    "paste": "pasted in",
    "upload": "from an upload",
    "watch": "from the watched folder",
    "api": "from the portal",
}

REFUSALS: Final = (
    "complaint {id} is closed; reopen it first",
    "complaint {id} is not closed: there is nothing to reopen",
    "complaint {id} is with nobody: there is nothing to give back",
    "complaint {id} is with nobody; claim it first",
    "complaint {id} is with {who} already",
    "complaint {id} is with {who}; ask them, or a supervisor",
    "complaint {id} is a P1 and no call has reached anybody: call first, or write why it "
    "can be closed",
    "complaint {id} was changed meanwhile ({what}); look at it again: nothing of yours was kept",
    "the account {to} cannot work on cases; choose another colleague",
    "the note is empty; write something or leave it",
    "the note has {n} characters, and {most} is the most; shorten it",
    "the program could not read complaint {id}: there is nothing to confirm; set category "
    "and urgency",
    "step {n} is somebody else's; ask them, or a supervisor",
    "what step {n} changed on complaint {id} was changed again since: undo the later steps first",
    "the outcome is {given}; there are {known}",
    "this is the old password: choose another one",
    "this password cannot be used: {why}; three or four unrelated words are good",
)
"""Lines of the desk's errors, with names where values stand."""
