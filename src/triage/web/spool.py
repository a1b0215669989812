"""A file that is handed in: from the request straight to the spool, counted and hashed on the way.

FastAPI's own forms would take in all of it before anybody could say that it is too large. Until it
is clear that a file can be read it lies in ``incoming``; from there it is taken out by hand-over to
the desk, or swept away.
"""

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from triage.desk.intake.uploads import make_spool_path
from triage.errors import DataError, DeskError, DeskUnusableError
from triage.files.kinds import ENDINGS, kind_of

KEPT_S = 3600
"""Seconds that a file waits for somebody to choose its columns."""

_FORM_BYTES = 10_000  # of what stands around the file in a form
_FLUSH_BYTES = 1 << 20
_MOST_DRAINED = 2 << 30
_MOST_NAME = 300


class FileTooLargeError(DataError):
    """Report a file that is larger than the desk's limit."""


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that lies in ``incoming``, readable by its owner alone.

    :param name: what its sender calls it.
    :param size: bytes.
    """

    path: Path
    name: str = field(repr=False)
    size: int
    sha256: str

    @property
    def token(self) -> str:
        """What a form names it by."""
        return self.path.name.partition(".")[0]


async def spool_file(request: Request, spool: Path, *, limit_bytes: int) -> SpooledFile:
    """Take the file of a form in; whatever goes wrong, nothing of it stays.

    :param limit_bytes: that the file may have.
    :raises FileTooLargeError: where it has more.
    :raises DataError: where there is no file, or it is of a kind that is not read.
    :raises DeskUnusableError: where the disk is full.
    """
    intake = _Intake(spool / "incoming", limit_bytes)
    try:
        _check_length(request, limit_bytes)
        parser = _build_parser(request, intake)
        async for piece in request.stream():
            parser.write(piece)
            if len(intake.buffer) >= _FLUSH_BYTES:
                await run_in_threadpool(intake.flush)
        return await run_in_threadpool(intake.finish)
    except (DataError, FormParserError, OSError) as error:
        intake.throw_away()
        await _drain(request)  # a browser shows no answer that comes while it still sends
        if isinstance(error, DataError):
            raise
        if isinstance(error, FormParserError):
            raise DataError("the upload came in damaged; send it again") from None
        raise DeskUnusableError(f"the file cannot be kept ({error.strerror}); make room") from None
    except BaseException:  # a sender who hung up as well
        intake.throw_away()
        raise


def keep_for_choice(spooled: SpooledFile, user_id: int) -> None:
    """Note beside a file whose it is, until its columns are chosen."""
    note = asdict(spooled) | {"path": spooled.path.name, "user": user_id}
    path = spooled.path.with_name(f"{spooled.token}.json")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(note, file)


def find_kept(spool: Path, token: str, user_id: int) -> SpooledFile:
    """Give a file that waits for its columns.

    :raises DeskError: where there is none, or it is somebody else's.
    """
    folder = spool / "incoming"
    try:
        if not re.fullmatch("[0-9a-f]{32}", token):
            raise ValueError
        note = json.loads((folder / f"{token}.json").read_text("utf-8"))
        if note.pop("user") != user_id:
            raise ValueError
    except (OSError, ValueError):
        raise DeskError("this file is no longer there: send it again") from None
    return SpooledFile(**{**note, "path": folder / note["path"]})


def take_out(spooled: SpooledFile) -> Path:
    """Move a file to where the desk reads it."""
    spooled.path.with_name(f"{spooled.token}.json").unlink(missing_ok=True)
    return spooled.path.rename(spooled.path.parent.parent / spooled.path.name)


def sweep(spool: Path, *, now: datetime) -> None:
    """Delete what nobody came back for, and what a killed desk left behind, exports too."""
    for path in (*(spool / "incoming").glob("*"), *(spool / "outgoing").glob("*")):
        with suppress(OSError):
            if now.timestamp() - path.stat().st_mtime > KEPT_S:
                path.unlink()


def clean_name(given: str) -> str:
    r"""Give a file's name without folders and what cannot be shown.

    >>> clean_name("C:\\Desk\\monday\n.csv")
    'monday.csv'
    """
    last = PurePosixPath(given.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable())[-_MOST_NAME:]


@dataclass(slots=True)
class _Intake:
    """What the parser calls, and what has come in so far."""

    folder: Path
    limit_bytes: int
    buffer: bytearray = field(default_factory=bytearray)
    name: str = ""
    path: Path | None = None
    file: BinaryIO | None = None
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    is_file: bool = False

    def begin_part(self) -> None:
        self.is_file = False

    def end_header(self) -> None:
        name, value = map(bytes, self.header)
        for piece in self.header:
            piece.clear()
        options = parse_options_header(value)[1]
        if name.lower() != b"content-disposition" or b"filename" not in options:
            return
        if self.file is not None:
            raise DataError("there are several files: send one after the other")
        self.name = clean_name(options[b"filename"].decode("utf-8", "replace"))
        if not self.name:
            raise _nothing_chosen()
        if kind_of(Path(self.name)) not in ENDINGS:
            raise DataError("this kind of file cannot be read; save it as CSV or XLSX")
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = make_spool_path(self.folder, self.name)
        self.file = self.path.open("wb")
        self.is_file = True

    def take(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.limit_bytes:
            raise _too_large(self.limit_bytes)
        if self.is_file:
            self.buffer += data

    def flush(self) -> None:
        if self.file is not None:
            self.file.write(self.buffer)
            self.digest.update(self.buffer)
            self.buffer.clear()

    def finish(self) -> SpooledFile:
        if self.file is None or self.path is None:
            raise _nothing_chosen()
        self.flush()
        size = self.file.tell()
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        return SpooledFile(self.path, self.name, size, self.digest.hexdigest())

    def throw_away(self) -> None:
        if self.file is not None:
            with suppress(OSError):
                self.file.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _nothing_chosen() -> DataError:
    return DataError("no file was chosen; choose one and send it again")


def _too_large(limit_bytes: int) -> FileTooLargeError:
    limit = limit_bytes / 1_000_000
    return FileTooLargeError(f"the file is larger than {limit:,.0f} MB; send it in parts")


def _check_length(request: Request, limit_bytes: int) -> None:
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said[:20]) > limit_bytes + _FORM_BYTES:
        raise _too_large(limit_bytes)


async def _drain(request: Request) -> None:
    drained = 0
    with suppress(ClientDisconnect, RuntimeError):  # RuntimeError: all of it was read
        async for piece in request.stream():
            drained += len(piece)
            if drained > _MOST_DRAINED:
                return


def _build_parser(request: Request, intake: _Intake) -> MultipartParser:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise _nothing_chosen()
    name, value = intake.header
    return MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": intake.begin_part,
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": intake.end_header,
            "on_part_data": lambda data, start, end: intake.take(data[start:end]),
        },
    )
