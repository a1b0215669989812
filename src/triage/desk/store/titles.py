"""What some columns of a complaint may hold, and what each value is called where people read it."""

from typing import Final

STATUSES: Final = {"new": "waiting", "claimed": "in work", "closed": "closed"}

SOURCES: Final = {
    "paste": "pasted in",
    "upload": "from an upload",
    "watch": "from the watched folder",
    "api": "from the portal",
}
"""By which way it came."""

OUTCOMES: Final = {
    "helped": "helped",
    "referred": "sent to the right place",
    "fir_registered": "FIR registered",
    "money_frozen": "money frozen",
    "duplicate": "the same as another complaint",
    "not_reachable": "could not be reached",
    "no_action": "nothing to do",
}
"""How a case may end."""

CALL_OUTCOMES: Final = {
    "reached": "spoke to them",
    "no_answer": "no answer",
    "wrong_number": "wrong number",
}
"""What may come of a call."""
