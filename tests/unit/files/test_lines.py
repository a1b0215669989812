import bz2
import gzip
import lzma
import tracemalloc
import zipfile

import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.files import lines
from triage.files.lines import COMPRESSIONS, MAX_LINE, DamagedError, LineReader

TEXT = "".join(f"{i},they have my video आज रात\n" for i in range(30_000))


def read(path, **options):
    notes: list[str] = []
    return list(LineReader(path, note=notes.append, **options)), notes


def read_into(found: list[str], path):
    for line in LineReader(path, note=print):
        found.append(line)


def pack(content: bytes, path):
    match path.suffix:
        case ".gz":
            path.write_bytes(gzip.compress(content))
        case ".bz2":
            path.write_bytes(bz2.compress(content))
        case ".xz":
            path.write_bytes(lzma.compress(content))
        case ".zst":
            path.write_bytes(arrow.compress(content, codec="zstd", asbytes=True))
        case ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("folder/", "")
                archive.writestr("__MACOSX/._day.csv", "x")
                archive.writestr("folder/day.csv", content)
    return path


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressed_files(tmp_path, ending):
    shares: list[float] = []
    path = pack(TEXT.encode(), tmp_path / f"day.csv{ending}")
    found, notes = read(path, progress=shares.append)
    assert "".join(found) == TEXT
    assert not notes
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_a_torn_file_gives_what_could_be_read_before_it_tells(tmp_path, ending):
    path = pack(TEXT.encode(), tmp_path / f"day.csv{ending}")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 4 // 5])
    found: list[str] = []
    with pytest.raises(DamagedError, match="is damaged"):
        read_into(found, path)
    assert TEXT.startswith("".join(found))
    # bz2 packs in blocks of 900 KB, and the list of a zip file stands at its end.
    assert len(found) > 1000 or ending in (".bz2", ".zip")


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_a_file_that_is_not_what_its_name_says(tmp_path, ending):
    path = tmp_path / f"day.csv{ending}"
    path.write_bytes(b"id,text\n1,not packed at all\n")
    with pytest.raises(DamagedError, match=f"no {ending} file"):
        read(path)


def test_zip_files_hold_one_file_and_no_password(tmp_path):
    path = tmp_path / "two.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "text\n")
        archive.writestr("b.csv", "text\n")
    with pytest.raises(DamagedError, match="holds 2 files"):
        read(path)
    path = pack(b"text\nhello\n", tmp_path / "locked.csv.zip")
    content = bytearray(path.read_bytes())
    for start, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := content.find(start, place + 1)) >= 0:
            content[place + at] |= 1  # says that it is encrypted
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedError, match="password"):
        read(path)


PIECES = st.lists(
    st.sampled_from(["a", "bb", "आ", "\r", "\n", "\r\n", "\x0b", "\u2028"]), max_size=40
)


@given(PIECES, st.integers(1, 5), st.sampled_from([8, 20, MAX_LINE]), st.booleans())
def test_lines_are_the_same_whatever_the_chunks(tmp_path_factory, pieces, chunk, longest, wide):
    path = tmp_path_factory.mktemp("lines") / "in.csv"
    content = "".join(pieces)
    path.write_bytes(content.encode("utf-16" if wide else "utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", chunk)
        patch.setattr(lines, "MAX_LINE", longest)
        reader = LineReader(path, note=lambda line: None)
        found = [(line, reader.cuts) for line in reader]
    expected, cuts = [], 0
    for line in content.encode().splitlines(keepends=True):
        if len(line) > longest:
            cuts += 1
            line = line[:longest]
        expected.append((line.decode("utf-8", "ignore"), cuts))
    # Whether a line's end still fits is of no matter.
    assert [(line.rstrip("\r\n"), n) for line, n in found] == [
        (line.rstrip("\r\n"), n) for line, n in expected
    ]


def test_a_line_without_an_end_costs_little_memory(tmp_path):
    path = tmp_path / "in.jsonl"
    with path.open("wb") as handle:
        handle.write(b"first\n")
        handle.truncate(300_000_000)  # sparse: takes no room on the disk
        handle.seek(0, 2)
        handle.write(b"\nlast\n")
    reader, sizes = LineReader(path, note=print), []
    tracemalloc.start()
    try:
        for line in reader:
            sizes.append((len(line), reader.cuts))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [(6, 0), (MAX_LINE, 1), (5, 1)]
    assert peak < 40_000_000


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_marks_of_encodings(tmp_path, encoding):
    path = tmp_path / "in.csv"
    path.write_bytes(("\ufeff" + TEXT).encode(encoding))
    found, notes = read(path)
    assert "".join(found) == TEXT
    assert [("UTF-16" in note) for note in notes] == ([True] if "16" in encoding else [])


def test_each_line_has_its_own_encoding(tmp_path):
    path = tmp_path / "in.csv"
    torn = "मेरा वीडियो".encode()[:-2]
    path.write_bytes(b"caf\xe9\n" + "आज\n".encode() + torn + b"\nna\xefve\n")
    found, notes = read(path)
    assert found == ["café\n", "आज\n", "मेरा वीडिय\ufffd\n", "naïve\n"]
    assert len(notes) == 2
    assert "Windows-1252" in notes[0]
    assert "broken" in notes[1]


def test_a_limit_ends_a_growing_file_where_it_ended(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("one\ntwo\n")
    assert read(path, limit_bytes=4)[0] == ["one\n"]
    with pytest.raises(DamagedError, match="became shorter"):
        read(path, limit_bytes=9)
