"""Which identifiers a complaint names, and which of them tie cases together."""

import re
from dataclasses import replace

from triage.records import Lead
from triage.text.leads import find_leads

MOST_CHARACTERS = 100_000
"""Of a longer text the beginning is searched: some 15,000 words."""

MOST_IDENTIFIERS = 500
"""Identifiers of one complaint at most; a text that names more is a list, no account of a crime."""

LONGEST_VALUE = 500
"""Characters of an identifier that are kept."""

SHOWN_ENOUGH = 6
"""Letters and digits of an identifier that have to be shown for it to tie cases together: of a phone
number with four digits left, thousands would be meant."""

_TYING = frozenset(
    "phone upi email account handle link wallet imei card reference".split()
)  # what two strangers share only if the same offender stands behind it
_MANY_SHOWN = 3  # different ones at least: 9999999999 is nobody's
_OFFICIAL = re.compile(r"(?:^|[.@])(?:gov|nic|police)\.in$|(?:^|\.)(?:stopncii|ncmec)\.org$")
_PLATFORM = re.compile(
    r"(?:^|\.)(?:youtube|youtu|facebook|fb|instagram|whatsapp|wa|telegram|t|google|snapchat|skype|"
    r"twitter|x|linkedin|paytm|phonepe|amazon|flipkart|omegle|tinder|bumble|bit|tinyurl|gmail|"
    r"yahoo|hotmail|outlook)\.(?:com|co|in|me|org|be|ly|co\.in)$"
)
_PLATFORM_NAME = re.compile(
    r"^@?(?:gmail|yahoo|hotmail|outlook|google|facebook|instagram|insta|whatsapp|telegram|"
    r"snapchat|youtube|paytm|phonepe|google_?pay|cyber_?crime|cyber_?police|video_?call)$"
)


def find_identifiers(text: str) -> tuple[Lead, ...]:
    """Find what a complaint names, each identifier once, at its first place.

    :param text: as it was written; the offsets are into it.
    :returns: in the order of their places.
    """
    found: dict[tuple[str, str], Lead] = {}
    for lead in find_leads(text[:MOST_CHARACTERS]):
        value = lead.value[:LONGEST_VALUE]
        found.setdefault((lead.kind, value), replace(lead, value=value))
    return tuple(found.values())[:MOST_IDENTIFIERS]


def ties_cases(lead: Lead) -> bool:
    """Say whether cases that share an identifier belong together.

    Official sites and the big platforms themselves tie nobody; a page on a platform does.

    >>> ties_cases(Lead("phone", "98xxxxxx12", 0, 10))
    False
    >>> ties_cases(Lead("upi", "rinku77@examplebank", 0, 19))
    True
    """
    if lead.kind not in _TYING:
        return False
    own = _own_part(lead)
    if lead.kind in ("upi", "email") and "xxx" in own:
        return False
    shown = [char for char in own if char.isalnum() and char != "x"]
    return len(shown) >= _least_shown(lead) and len(set(shown)) >= _MANY_SHOWN


def _least_shown(lead: Lead) -> int:
    return 3 if lead.kind in ("upi", "email") else SHOWN_ENOUGH  # the bank's part is shown as well


def _own_part(lead: Lead) -> str:
    """Give the part of an identifier that is the offender's own; empty where there is none."""
    value = lead.value.lower()
    if lead.kind in ("upi", "email"):
        own, _, host = value.partition("@")
        return "" if _OFFICIAL.search(host) or _PLATFORM_NAME.search(own) else own
    if lead.kind == "link":
        host, _, page = value.partition("/")
        host = host.partition("?")[0].partition(":")[0].rstrip(".")
        if _OFFICIAL.search(host):
            return ""
        return page if _PLATFORM.search(host) else value
    if lead.kind == "handle" and _PLATFORM_NAME.search(value):
        return ""
    return value
