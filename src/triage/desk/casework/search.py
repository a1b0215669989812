"""Find complaints by words in any spelling, by numbers and by identifiers.

What is searched for is a citizen's name or number as often as not: it stands in no error and no log.
"""

import re

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from triage.desk.intake.search_keys import find_keys
from triage.desk.store.schema import Complaint, FoundLead
from triage.text.leads import SHOWN_KINDS, find_leads

LONGEST = 200
"""Characters of a search that are looked at."""

_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")
_SHORTEST = 3  # characters of a part of a number; shorter ones have to be the whole of it
_LARGEST_ID = 2**62


def build_search(term: str) -> ColumnElement[bool]:
    """Build the condition that a complaint holds everything that was searched for.

    Each identifier and each word has to be there; words in any spelling that has the same key. The
    whole may also be (a part of) the complaint's number.

    :param term: as it was typed. What holds nothing to look for finds nothing.

    >>> str(build_search(" . ")) == str(false())
    True
    """
    term = _clean(term)
    identifiers = [lead for lead in find_leads(term) if lead.kind not in SHOWN_KINDS]
    rest = term
    for lead in reversed(identifiers):
        rest = f"{rest[: lead.start]} {rest[lead.end :]}"
    parts = [
        or_(_has_identifier(lead.value), _has_number(term[lead.start : lead.end]))
        for lead in identifiers
    ]
    words = [word for word in rest.split() if any(char.isalnum() for char in word)]
    parts += [_build_word(word) for word in words]
    return or_(and_(*parts), _has_number(term)) if parts else false()


def _clean(term: str) -> str:
    """Leave out what no database takes: NUL and half characters."""
    kept = term[:LONGEST].replace("\0", " ").encode("utf-8", "ignore").decode()
    return kept.translate(_DIGITS).strip().lower()


def _build_word(word: str) -> ColumnElement[bool]:
    found = [_has_number(word)]
    keys = find_keys(word)
    if keys:
        found.append(and_(*(_contains(Complaint.search_keys, f" {key} ") for key in keys)))
    if any(char.isdigit() for char in word) or not keys:
        digits = re.sub(r"[^\dx]", "", word)
        found += [_has_identifier(each) for each in {word, digits} if len(each) >= _SHORTEST]
    bare = word.removeprefix("#")
    if bare.isascii() and bare.isdigit() and int(bare) < _LARGEST_ID:
        found.append(Complaint.id == int(bare))
    return or_(*found)


def _has_identifier(value: str) -> ColumnElement[bool]:
    named = select(FoundLead.complaint_id).where(_contains(FoundLead.value, value))
    return Complaint.id.in_(named)


def _has_number(number: str) -> ColumnElement[bool]:
    if len(number) < _SHORTEST:
        return Complaint.number == number
    return func.lower(Complaint.number).contains(number, autoescape=True)


def _contains(column: InstrumentedAttribute[str], value: str) -> ColumnElement[bool]:
    return column.contains(value, autoescape=True)
