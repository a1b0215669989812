"""Lines of text files of any size, compression and encoding, in one pass and in little memory."""

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

Note = Callable[[str], None]
Progress = Callable[[float], None]

MAX_LINE = 8_000_000
"""Bytes of a line at most; of what is longer, only the beginning is read."""

_CHUNK = 1 << 18
_SMALL_CHUNK = 1 << 14  # a torn zstd file takes what was asked for last with it

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class DamagedError(Exception):
    """Tell ``rows.py``, which it never leaves, that a file cannot be read from here on."""


class LineReader:
    """The lines of a text file, with their ends, one after the other.

    Lines end in a line feed, a carriage return, or both. Each is read as UTF-8 where it is that,
    and as Windows-1252 where it is not, so that one odd line does not spoil a file.

    :param path: where its ending is one of ``COMPRESSIONS``, it is unpacked on the way.
    :param note: called with a plain line about what was odd, such as another encoding.
    :param limit_bytes: bytes to read of a file that is not compressed, its size when a run began:
        what a growing file got later is left for the next run. None reads to its end.
    :param progress: called now and then with the share of the file that was read, 0 to 1.
    """

    def __init__(
        self,
        path: Path,
        *,
        note: Note,
        limit_bytes: int | None = None,
        progress: Progress = lambda share: None,
    ) -> None:
        self.cuts = 0
        """Lines given so far that were too long and lost their end."""
        self._path, self._limit = path, limit_bytes
        self._note, self._progress = note, progress
        self._noted: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """Give the lines.

        :raises DamagedError: after the lines that could be read, where a compressed file is damaged,
            or a file became shorter than it was.
        """
        for lines in self._split(self.unpack()):
            for line in lines:
                try:
                    text = line.decode()
                except UnicodeDecodeError:
                    text = self._decode_odd(line)
                yield text

    def _split(self, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
        held: list[bytes] = []  # of a line whose end has not come
        size, skipping = 0, False
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size <= MAX_LINE and b"\n" not in chunk and b"\r" not in chunk:
                continue
            lines = b"".join(held).splitlines(keepends=True)
            # A carriage return at the end may be half of a line's end.
            rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
            if skipping and lines:
                skipping = False
                del lines[0]
            # A chunk is shorter than MAX_LINE: its first line alone may have grown too long.
            if lines and len(lines[0]) > MAX_LINE:
                yield self._cut(lines.pop(0))
            yield lines
            if not skipping and len(rest) > MAX_LINE:
                skipping = True
                yield self._cut(rest)
            if skipping:
                rest = rest[-1:] if rest.endswith(b"\r") else b""
            held, size = [rest], len(rest)
        lines = b"".join(held).splitlines(keepends=True)
        yield lines[1:] if skipping else lines

    def _cut(self, line: bytes) -> list[bytes]:
        self.cuts += 1
        _, whole = codecs.utf_8_decode(line[:MAX_LINE], "ignore", False)
        return [line[:whole]]  # without the half of a letter

    def _decode_odd(self, line: bytes) -> str:
        """Decode a line that is not all UTF-8: torn letters of it, or Windows-1252."""
        kept = line.decode("utf-8", "ignore")
        broken = len(line) - len(kept.encode())
        if len(kept) - len(kept.encode("ascii", "ignore")) > broken:
            self._note_once("is not all UTF-8; letters that are broken are shown as \ufffd")
            return line.decode("utf-8", "replace")
        self._note_once("is not UTF-8, read as Windows-1252; check that names look right")
        return line.decode("cp1252", "replace")

    def _note_once(self, oddity: str) -> None:
        if oddity not in self._noted:
            self._noted.add(oddity)
            self._note(f"{self._path}: {oddity}")

    def unpack(self) -> Iterator[bytes]:
        """Give the file's bytes, unpacked, and UTF-16 as UTF-8."""
        with self._path.open("rb") as raw:
            size = self._path.stat().st_size
            ending = self._path.suffix.lower()
            if ending in COMPRESSIONS:
                chunks = _read_compressed(raw, ending)
            else:
                size = size if self._limit is None else self._limit
                chunks = _read_plain(raw, self._limit)
            for chunk in self.drop_mark(chunks):
                self._progress(min(1.0, raw.tell() / max(1, size)))
                yield chunk

    def drop_mark(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Give the bytes without a byte-order mark, UTF-16 as UTF-8."""
        first = next(chunks, b"")
        while len(first) < 3 and (more := next(chunks, b"")):
            first += more
        if first.startswith(_UTF_16):
            self._note_once("is UTF-16, read as such")
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
            for chunk in chain([first], chunks):
                yield decoder.decode(chunk).encode()
            yield decoder.decode(b"", final=True).encode()
        elif first:
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from chunks


def _read_plain(raw: BinaryIO, limit: int | None) -> Iterator[bytes]:
    left = limit
    while chunk := raw.read(_CHUNK if left is None else min(_CHUNK, left)):
        left = None if left is None else left - len(chunk)
        yield chunk
    if left:
        raise DamagedError("became shorter while it was read")


def _read_compressed(raw: BinaryIO, ending: str) -> Iterator[bytes]:
    size = _SMALL_CHUNK if ending == ".zst" else _CHUNK
    try:
        stream = _OPENERS[ending](raw)
        # One piece a call: what came before a damage is not lost with it.
        while chunk := stream.read1(size):
            yield chunk
    except (*_DAMAGES, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's doing, not the file's
        name = type(error).__name__
        raise DamagedError(f"is damaged or no {ending} file ({name})") from None


def _open_gzip(raw: BinaryIO) -> Any:
    return gzip.GzipFile(fileobj=raw)


def _open_zstd(raw: BinaryIO) -> Any:
    import pyarrow as arrow

    return arrow.CompressedInputStream(raw, "zstd")


def _open_zip(raw: BinaryIO) -> Any:
    archive = zipfile.ZipFile(raw)
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(files) != 1:
        raise DamagedError(f"holds {len(files)} files, expected one; unpack it first")
    if files[0].flag_bits & 1:
        raise DamagedError("is locked with a password; unpack it first")
    return archive.open(files[0])


_OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": _open_gzip,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _open_zstd,
    ".zip": _open_zip,
}

COMPRESSIONS = tuple(_OPENERS)
"""What the name of a compressed file ends in, after ``.csv`` or ``.jsonl``."""

_DAMAGES = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
