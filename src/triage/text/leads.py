"""Find the identifiers that a case can be traced by: phones, UPI ids, accounts, links and the like.

They are masked in whatever is shown; one form for each lets complaints that name the same be linked.
Patterns follow the public formats: Indian mobile numbers (10 digits from 6 to 9, +91), UPI ids
(name@handle), IFSC (four letters, 0, six characters: Reserve Bank of India), cards (13-19 digits),
Aadhaar (12 digits, found as an account), IMEI (15 digits), UTR and RRN references.
"""

import re
from collections.abc import Iterator

from triage.records import Lead

_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")

# Tried in this order; what an earlier one took, a later one cannot have.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        ("link", r"(?:https?:?/{0,2}|www\.)[^\s<>\"']{3,}|\b(?:[a-z0-9-]{2,}+\.)+(?:com|in|org|net|io|xyz|info|app|co|me|apk|online|site|top|club|ly)\b(?:/[^\s<>\"']*)?(?!@)"),
        ("upi", r"[\w.-]+@[a-z][a-z0-9]+"),
        ("handle", r"(?<![\w@])@[a-z0-9_.]{3,30}|\b(?=\w*_)(?=\w*[a-z])[a-z0-9_]{4,30}\b"),
        ("ifsc", r"\b[a-z]{4}0[a-z0-9]{6}\b"),
        ("wallet", r"\b(?:0x[0-9a-f]{40}|bc1[a-z0-9]{25,60}|[13][a-km-z1-9]{25,34}|t[a-z1-9]{33})\b"),
        ("imei", r"(?<=imei)\W{0,3}(?:no|number)?\W{0,3}\d{15}\b"),
        ("phone", r"(?<![\dx])(?:\+?91[\s-]?|0)?(?:[6-9][\dx]{4}[\s-]?[\dx]{5}|[6-9][\dx]{2}[\s-][\dx]{3}[\s-][\dx]{4})(?![\dx])|\+\d{1,3}[\s-]?[\dx]{3,5}[\s-]?[\dx]{3,7}"),
        ("card", r"(?<![\dx])(?:[\dx]{4}[\s-]){3}[\dx]{1,7}(?![\dx])"),
        ("amount", r"(?:₹|\brs\.?|\binr|\brupees?)\s?\d{1,8}(?:[,.]\d+)*(?:\s?(?:lakhs?|lacs?|k|crores?|cr))?|\b\d{1,8}(?:[,.]\d++)*+\s?(?:/-|rs\b|rupees?\b|lakhs?\b|lacs?\b|crores?\b|k\b|हजार|हज़ार|लाख|रुपये|रुपए|रु\b|रूपये|hazar\b|hajar\b)"),
        ("account", r"(?<![a-z\dx])(?=[\dx]*\d)[\dx]{9,18}(?![a-z\dx])"),
        ("reference", r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{10,22}\b"),
        ("platform", r"\b(?:whats\s?app|instagram|insta|facebook|telegram|snapchat|youtube|skype|messenger|google pay|gpay|phone\s?pe|paytm|gmail|tinder|bumble|linkedin)\b|व्हाट्सएप|व्हॉट्सॲप|फेसबुक|इंस्टाग्राम|टेलीग्राम|टेलिग्राम|यूट्यूब|पेटीएम|फोनपे"),
    )
)  # fmt: skip

SHOWN_KINDS = frozenset({"amount", "platform"})
"""Kinds that identify nobody and so are not masked."""

PIECE = 2000
"""Characters that are searched at once: the time grows with the square of it in the worst of texts,
and the portal's form stops at 1,500."""

_MARKS = ("\n", ". ", "\u0964", " ")  # what a piece may end in, the best first
_UNBROKEN = 500  # characters of a piece where nothing of it stands in thousands

_WITH_AT = frozenset({"email", "upi"})  # slow to find out that there is none
_MAY_HOLD = re.compile(r"[\d@_]|xxx|www|http|\.\w", re.IGNORECASE)


def find_leads(text: str, *, kinds: frozenset[str] | None = None) -> tuple[Lead, ...]:
    """Find the identifiers of a text.

    :param text: clean or original text; the offsets are into it.
    :param kinds: only these; None for all.
    :returns: leads in order of their place; no two overlap.

    >>> [(lead.kind, lead.value) for lead in find_leads("pay to rinku77@examplebank")]
    [('upi', 'rinku77@examplebank')]
    """
    found = [lead for start, piece in cut_text(text) for lead in _search_piece(piece, start)]
    return tuple(lead for lead in found if kinds is None or lead.kind in kinds)


def cut_text(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into pieces of ``PIECE`` characters at most, where a line, a sentence or a word ends.

    :returns: where each begins, and the piece.
    """
    start = 0
    while start < len(text):
        piece = text[start : start + PIECE]
        if start + PIECE < len(text):
            ends = (place + len(mark) for mark in _MARKS if (place := piece.rfind(mark)) > 0)
            piece = piece[: next(ends, _UNBROKEN)]
        yield start, piece
        start += len(piece)


def _search_piece(piece: str, offset: int) -> list[Lead]:
    plain = piece.translate(_DIGITS)
    taken: list[Lead] = []
    bare = not _MAY_HOLD.search(plain)
    for kind, pattern in _PATTERNS:
        if (bare and kind != "platform") or (kind in _WITH_AT and "@" not in plain):
            continue
        for match in pattern.finditer(plain):
            start, end = match.start() + offset, match.end() + offset
            if not any(start < other.end and other.start < end for other in taken):
                taken.append(Lead(kind, _canonical(kind, match.group()), start, end))
    return sorted(taken, key=lambda lead: lead.start)


def _canonical(kind: str, value: str) -> str:
    """One form for one identifier, so that two complaints that name it can be linked."""
    value = value.strip().lower()
    if kind == "phone":
        digits = re.sub(r"[^\dx+]", "", value)
        return re.sub(r"^(?:\+?91|0)(?=[6-9][\dx]{9}$)", "", digits)
    if kind in ("card", "account", "imei"):
        return re.sub(r"[^\dx]", "", value)
    if kind == "link":
        return re.sub(r"^(?:https?:?/*)?(?:www\.)?", "", value).rstrip("/.,")
    return value.rstrip(".,")
