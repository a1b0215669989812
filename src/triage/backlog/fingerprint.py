"""Whether an input is still what it was when a run began, without keeping any of it."""

import hashlib
from collections.abc import Iterable

from triage.batches import Arrival


class Fingerprint:
    """Tells whether arrivals are the same as those of an earlier run, in the same order."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def update(self, arrivals: Iterable[Arrival]) -> None:
        """Add the next arrivals; how they are cut into batches makes no difference."""
        for arrival in arrivals:
            told = arrival.complaint
            fields = (told.id, told.text, told.received_at, told.problem)
            place = (arrival.source, arrival.row, arrival.whole_source)
            self._hash.update(repr((*fields, *place)).encode("utf-8", "surrogatepass"))

    def digest(self) -> bytes:
        """Give 16 bytes for all arrivals so far."""
        return self._hash.digest()
