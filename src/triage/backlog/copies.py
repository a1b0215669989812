"""Which complaints of a run are near-copies of an earlier one, found from their sketches on disk.

Sketches that agree in a band lie together once the band's hashes are sorted; each is compared with
the first of them. Memory holds the hashes of one band of half a million complaints.

A copy has the priority and the urgency of what it copies: who sends an old letter again and adds
that they want to die is nobody's copy.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from triage.batches import ScoredRow
from triage.text.sketches import BANDS, WIDTH, are_copies

SLICE = 500_000
"""Complaints whose hashes are sorted at once: 40 MB."""

MOST_SLICES = 200
"""Files that are open at once; of more than a hundred million complaints the slices grow."""

PAIRS = 20_000
"""Pairs of sketches that are compared at once."""

_BLOCK = 32_768  # sketches that are read at once
_BYTES = 4 * WIDTH
_PLACED = np.dtype([("hash", "<u4"), ("row", "<u8")])

Pairs = NDArray[np.int64]
"""(pairs, 2): a complaint and an earlier one, counted from 0 in the order of arrival."""


def tie_to_place(sketches: NDArray[np.uint32], rows: Sequence[ScoredRow]) -> NDArray[np.uint32]:
    """Give sketches whose bands agree only where priority and urgency agree as well.

    :param sketches: (rows, ``WIDTH``) uint32.
    """
    places = [(8 * int(row.priority[1:]) + row.urgency) * 0x9E3779B1 & 0xFFFFFFFF for row in rows]
    tied = sketches.copy()
    tied[:, 1 : 1 + BANDS] ^= np.array(places, dtype=np.uint32)[:, np.newaxis]
    return tied


class CopyFinder:
    """Finds near-copies; its temporary files have no names, so that nothing of them stays.

    :param folder: where there is room for a hundred bytes a complaint.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = self._open()
        self._rows = 0

    def __enter__(self) -> "CopyFinder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, sketches: bytes) -> None:
        """Add the next complaints' sketches, from ``tie_to_place``."""
        self._file.write(sketches)
        self._rows += len(sketches) // _BYTES

    def find(self) -> Iterator[Pairs]:
        """Pair complaints with an earlier one that they are near-copies of; each once at most."""
        self._file.flush()
        found = np.zeros(self._rows, dtype=bool)
        for band in range(BANDS):
            for hashes, rows in self._sort_out(band):
                pairs = _pair_with_first(hashes, rows)
                pairs = pairs[~found[pairs[:, 0]]]
                for start in range(0, len(pairs), PAIRS):
                    some = pairs[start : start + PAIRS]
                    copies = some[self.check(some)]
                    found[copies[:, 0]] = True
                    yield copies

    def check(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Say which pairs are near-copies."""
        rows, places = np.unique(pairs, return_inverse=True)
        handle = self._file.fileno()
        read = b"".join([os.pread(handle, _BYTES, row * _BYTES) for row in rows.tolist()])
        sketches = np.frombuffer(read, dtype="<u4").reshape(-1, WIDTH)
        first, second = places.reshape(-1, 2).T
        return are_copies(sketches[first], sketches[second])

    def _sort_out(self, band: int) -> Iterator[tuple[NDArray[np.uint32], Pairs]]:
        """Give the hashes of a band and whose they are, in slices that share no hash."""
        slices = min(max(-(-self._rows // SLICE), 1), MOST_SLICES)
        with ExitStack() as stack:
            parts = [stack.enter_context(self._open()) for _ in range(slices)]
            for start, sketches in self._read_blocks():
                told = np.flatnonzero(sketches[:, 0])  # without the empty ones
                placed = np.empty(len(told), dtype=_PLACED)
                placed["hash"], placed["row"] = sketches[told, 1 + band], told + start
                for number, part in enumerate(parts):
                    part.write(placed[placed["hash"] % slices == number].tobytes())
            for part in parts:
                part.seek(0)
                placed = np.frombuffer(part.read(), dtype=_PLACED)
                yield placed["hash"], placed["row"].astype(np.int64)

    def _read_blocks(self) -> Iterator[tuple[int, NDArray[np.uint32]]]:
        for start in range(0, self._rows, _BLOCK):
            read = os.pread(self._file.fileno(), _BLOCK * _BYTES, start * _BYTES)
            yield start, np.frombuffer(read, dtype="<u4").reshape(-1, WIDTH)

    def _open(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=self._folder)


def _pair_with_first(hashes: NDArray[np.uint32], rows: Pairs) -> Pairs:
    """Pair each of the rows that share a hash with the first of them."""
    order = np.argsort(hashes, kind="stable")
    hashes, rows = hashes[order], rows[order]
    begins = np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)]
    firsts = rows[begins][np.cumsum(begins) - 1]
    pairs: Pairs = np.stack([rows, firsts], axis=1)[~begins]
    return pairs
