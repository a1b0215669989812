"""A reader of its own that is killed, hangs, fails or never starts loses nobody.

What it reads with is made up; words in a complaint's text tell it what to do.
"""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from triage.desk.intake import reader_process
from triage.desk.intake.reader_process import ReaderProcess, build_reader_process
from triage.desk.intake.reading import ComplaintReader, give_up
from triage.errors import DeskBusyError, ModelFormatError, TriageError
from triage.persistence import load_model_folder
from triage.records import Complaint

NAME = "small 0123456789ab"
STOPPED = "the program was stopped on it"


def read_made_up(folder: Path, complaints):
    for complaint in complaints:
        marker = folder / complaint.id
        match complaint.text:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "kill once" if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise ValueError("Sunita of ward 7")
            case "hang":
                (folder / "hangs").touch()
                time.sleep(600)
    return [
        give_up(complaint, doubt=f"read by {os.getpid()}", model=NAME) for complaint in complaints
    ]


def load_made_up(folder: Path):
    return partial(read_made_up, folder)


def refuse():
    raise ModelFormatError("the model is torn")


def vanish():
    os._exit(3)


@pytest.fixture
def start(tmp_path):
    """Build a reader; at the end its process is ended."""
    built = []

    def build(load=None) -> ReaderProcess:
        built.append(ReaderProcess(load or partial(load_made_up, tmp_path), NAME))
        return built[-1]

    yield build
    for reader in built:
        reader.close()


def complain(*texts):
    return [Complaint(id=str(place), text=text) for place, text in enumerate(texts)]


def tell(read):
    return [each.assessment.reasons[-1].partition(" by ")[0] for each in read]


def find_process(reader) -> int:
    (read,) = reader.read(complain("who reads?"))
    return int(read.assessment.reasons[-1].rpartition(" ")[2])


def test_it_reads_what_the_reader_in_this_process_reads(model_folder):
    texts = ("They will send my video, I want to die.", "refund not come 98XXXXXX12", "", "॥" * 40)
    here = ComplaintReader(load_model_folder(model_folder), NAME).read(complain(*texts))
    other = build_reader_process(model_folder, NAME)
    other.start()
    there = other.read(complain(*texts))
    other.close()
    for mine, theirs in zip(here, there, strict=True):
        assert mine.assessment == theirs.assessment
        assert (mine.leads, mine.snippet, mine.search_keys, mine.model) == (
            theirs.leads, theirs.snippet, theirs.search_keys, theirs.model,
        )  # fmt: skip
        assert (mine.sketch == theirs.sketch).all()


def test_what_kills_it_goes_to_a_person_and_nobody_else_does(start):
    read = start().read(complain("one", "kill", "two", "raise", "kill once", "three"))
    assert [each.complaint.id for each in read] == [*"012345"]
    assert tell(read) == ["read", STOPPED, "read", STOPPED, "read", "read"]
    (lost,) = [each for each in read if each.complaint.text == "kill"]
    assert (lost.assessment.priority, lost.assessment.needs_review) == ("P2", True)
    assert (lost.model, lost.leads, lost.snippet) == (NAME, (), "")


def test_what_hangs_is_ended(start, monkeypatch):
    monkeypatch.setattr(reader_process, "LONGEST_READ_S", 0.3)
    reader = start()
    assert tell(reader.read(complain("hang"))) == [STOPPED]
    monkeypatch.setattr(reader_process, "LONGEST_READ_S", 60)
    assert tell(reader.read(complain("the next"))) == ["read"]


def test_one_that_ended_between_two_complaints_is_replaced(start):
    reader = start()
    first = find_process(reader)
    os.kill(first, signal.SIGKILL)
    assert find_process(reader) != first


@pytest.mark.parametrize(
    ("load", "error", "told"),
    [(refuse, ModelFormatError, "the model is torn"), (vanish, TriageError, "did not start")],
)
def test_one_that_cannot_start_says_so_and_loses_nobody(start, load, error, told, caplog):
    reader = start(load)
    with pytest.raises(error, match=told):
        reader.start()
    assert tell(reader.read(complain("one", "two"))) == [STOPPED, STOPPED]
    assert told in caplog.text


def test_errors_quote_nothing(start, caplog):
    start().read(complain("raise"))
    assert "Sunita" not in caplog.text


def test_many_threads_each_get_their_own(start):
    reader = start()
    answers = {}

    def ask(number):
        (read,) = reader.read([Complaint(id=str(number), text="x")])
        answers[number] = read.complaint.id

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(number) for number in range(20)}


def test_closed_in_the_middle_it_gives_up_nobody(start, tmp_path):
    reader = start()
    raised = []

    def ask():
        try:
            reader.read(complain("hang"))
        except DeskBusyError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not (tmp_path / "hangs").exists():
        time.sleep(0.01)
    reader.close()
    thread.join(30)
    assert len(raised) == 1
    with pytest.raises(DeskBusyError):
        reader.read(complain("later"))
