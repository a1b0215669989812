"""What the desk refuses, and what it cannot read, is said in Hindi whatever the values."""

import bz2
import gzip
import re
import zipfile

import pytest
from browsing import NOW
from messages_built import list_raised, list_shapes
from openpyxl import Workbook

from triage.desk.intake.reading import ComplaintReader
from triage.desk.intake.upload_files import check_upload
from triage.desk.intake.upload_worker import UploadWorker
from triage.desk.intake.uploads import find_upload, receive
from triage.desk.people.credentials import check_password
from triage.desk.people.settings import change_setting
from triage.errors import ConfigError, DataError
from triage.web.refusals import REFUSALS
from triage.web.words import translate, translate_refusal

A_LINE = "the row has no text"
AROUND = {"{file}: {why}"}
"""Has no words of its own."""

NOT_SHOWN = {
    "guidance {}: has no [[step]]",  # a desk's own file, at the start
    "the idempotency key has to have 1 to {} characters",  # other software
    "this idempotency key was used for another complaint, which is kept; send each complaint"
    " with a key of its own",
    "there is no account {}; see: triage desk user list",  # the command line
    "The desk",  # a library that is missing, at the start
    "{}{}",  # the parts are lines themselves
    # Told by a general line instead, see errors.py and sign_in.py:
    "the old password does not fit; nothing was changed",
    "the password does not fit; nothing was changed",
    "too many attempts; try again in {} seconds",
    "the account {} ({}) may not do this; it takes the role {}",
    "the file cannot be kept ({}); make room",
    "the desk is being closed; nothing was changed",
    "the process that reads complaints did not start; is memory short?",
    # Behind the name of a setting:
    "true or false is expected",
    "minutes are expected for each of P1, P2, P3 and P4",
    "a more urgent priority cannot have the longer target",
    "a whole number from {} to {} is expected",
    "each setting needs its reader",
}
NAMES = re.compile(
    r"\b(monday\.[a-z0-9.]+|CSV|XLSX|JSONL?|Parquet|UTF-\d+|Windows-1252|MB|P\d)\b|'[^']*'|\.\w+"
)
"""What is the same in every language: files and columns, kinds of files and priorities."""


class BrokenModel:
    def assess_batch(self, complaints):
        raise RuntimeError("cannot read")


def is_hindi(said: str) -> bool:
    return not re.search("[A-Za-z]", NAMES.sub("", said)) and bool(
        re.search("[\u0900-\u097f]", said)
    )


@pytest.mark.parametrize("line", sorted({*REFUSALS} - AROUND))
def test_each_line_is_built_somewhere(line):
    in_parts = re.sub(r"^([a-z_]+: |\{\w+\} )", "", line)  # some are put behind a name
    told = {line, in_parts}
    assert any(shape.fullmatch(each) for each in told for shape in list_shapes())


@pytest.mark.parametrize("message", sorted(list_raised() - NOT_SHOWN))
def test_each_message_that_reaches_a_page_has_its_hindi(message):
    filled = message.replace("{}", A_LINE)
    assert re.search("[\u0900-\u097f]", translate_refusal(filled, "hi"))
    assert translate_refusal(filled, "en") == filled


def test_no_message_is_said_to_be_hidden_that_is_gone():
    assert NOT_SHOWN - list_raised() == set()


def test_a_line_of_its_own_is_taken_before_one_that_would_fit_as_well():
    said = translate_refusal("complaint 3 is with nobody; claim it first", "hi")
    assert said == translate("complaint {id} is with nobody; claim it first", "hi", id=3)
    half_known = "monday.csv: something that nobody foresaw"
    assert translate_refusal(half_known, "hi") == half_known


def build_book(path, *sheets):
    book = Workbook()
    for row in sheets:
        book.active.append(row)
    book.save(path)
    return path.read_bytes()


def build_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name in files:
            archive.writestr(name, "id,text\n1,a\n")
    return path.read_bytes()


FILES = {
    "monday.xlsx": lambda path: b"no spreadsheet",
    "monday.parquet": lambda path: b"PAR1",
    "monday.csv": lambda path: b"",
    "monday.csv.gz": lambda path: b"no archive",
    "monday.csv.bz2": lambda path: bz2.compress(b"id,text\n")[:-4],
    "monday.csv.zip": lambda path: build_zip(path, ["a.csv", "b.csv"]),
    "monday.jsonl": lambda path: b"[1]\n{no\n",
    "monday.jsonl.gz": lambda path: gzip.compress(b'{"words": "a"}\n'),
    "2 monday.xlsx": lambda path: build_book(path, ["number", "details"], [1, "a"]),
    "2 monday.csv": lambda path: b"id,text\n",
    "3 monday.csv": lambda path: b"what he wrote to me\n",
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_refused(name, tmp_path):
    name, path = name.split()[-1], tmp_path / name
    path.write_bytes(FILES[path.name](path))
    with pytest.raises(DataError) as refused:
        check_upload(path, name)
    assert name in str(refused.value)
    assert is_hindi(translate_refusal(str(refused.value), "hi"))


ODD = {
    "monday.csv": [
        *(b"id,text", b"1,a,b,c", b"2", b"3,", b"4,r\xe9sum\xe9", b'5,"' + b"x\n" * 70 + b'"')
    ],
    "monday.jsonl": [b"{}", b"[]", b"{no", b'{"text": 3}', b'{"text": "a"}'],
    "monday.csv.gz": [b"id,text", b"1,a", b"2,b"],
    "monday.parquet": [b"nothing of the kind"],
}


@pytest.mark.parametrize("name", ODD)
def test_rows_that_could_not_be_read(name, database, tmp_path):
    content = b"\n".join(ODD[name])
    path = tmp_path / name
    path.write_bytes(gzip.compress(content)[:-4] if name.endswith(".gz") else content)
    with database.write() as session:
        id = receive(
            session,
            name=name,
            path=path,
            size=len(content),
            sha256="0" * 64,
            columns=None,
            user=None,
            source="upload",
            now=NOW,
        )
    worker = UploadWorker(database, ComplaintReader(BrokenModel(), "broken 0"))
    assert worker.read_next()
    with database.read() as session:
        upload = find_upload(session, id)
    told = {reason for _, reason in upload.problems} | (
        {upload.problem} if upload.problem else set()
    )
    assert told
    assert [line for line in told if not is_hindi(translate(line, "hi"))] == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("session_minutes", 1),
        ("max_upload_mb", 0),
        ("targets_min", {}),
        ("targets_min", dict.fromkeys(("P1", "P2", "P3", "P4"), 0)),
        ("targets_min", {"P1": 60, "P2": 10, "P3": 90, "P4": 900}),
    ],
)
def test_settings_that_make_no_sense(database, setting, value):
    with database.write() as session, pytest.raises(ConfigError) as refused:
        change_setting(session, setting, value, user=None)
    assert is_hindi(translate_refusal(str(refused.value), "hi"))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "इसमें 5 अक्षर हैं, और 12 या ज़्यादा चाहिए"),
        ("a" * 300, "इसमें 256 से ज़्यादा अक्षर हैं"),
        ("asha.kale 123", "यह लगभग खाते का नाम ही है"),
        ("password1234", "यह उनमें से है जो सबसे पहले आज़माए जाते हैं"),
    ],
)
def test_passwords_are_refused_with_the_reason(password, why):
    with pytest.raises(ConfigError) as refused:
        check_password(password, name="asha.kale")
    said = translate_refusal(str(refused.value), "hi")
    assert why in said
    assert is_hindi(said)
