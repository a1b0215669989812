"""What the desk reads of a complaint before it is kept."""

import json
import threading

import numpy as np
import pytest

from triage.desk.intake.identifiers import MOST_IDENTIFIERS, find_identifiers, ties_cases
from triage.desk.intake.reading import ComplaintReader, find_search_keys
from triage.desk.intake.snippets import WIDTH
from triage.labels import Priority
from triage.ranking import score_row
from triage.records import Complaint, Lead
from triage.text.leads import find_leads

PLEA = "They have my video. I will hang myself tonight, I cannot face my family."


class BrokenModel:
    """A model that fails in a way that ``assess_batch`` promises never to."""

    def assess_batch(self, complaints):
        raise RuntimeError(complaints[0].text)


@pytest.fixture(scope="module")
def reader(model):
    return ComplaintReader(model, "small 0123456789ab")


@pytest.mark.parametrize(
    ("text", "kind", "ties"),
    [
        ("call 9812345678 now", "phone", True),
        ("call 98XXXXXX12 now", "phone", False),
        ("call 9999999999 now", "phone", False),
        ("pay rinku77@examplebank", "upi", True),
        ("pay xxxxxxx@examplebank", "upi", False),
        ("mail rinku77@example.com", "email", True),
        ("mail complaint@cyber.gov.in", "email", False),
        ("see https://cybercrime.gov.in/Webform", "link", False),
        ("see www.youtube.com", "link", False),
        ("see https://www.youtube.com/watch?v=abc12345", "link", True),
        ("see https://drive.example.com/f/81", "link", True),
        ("his id is @rinku_77_official", "handle", True),
        ("his id is @instagram", "handle", False),
        ("account 123456789012", "account", True),
        ("i paid rs 5000", "amount", False),
        ("on whatsapp", "platform", False),
        ("ifsc EXAM0001234", "ifsc", False),
    ],
)
def test_what_ties_cases_together(text, kind, ties):
    leads = [lead for lead in find_identifiers(text) if lead.kind == kind]
    assert [ties_cases(lead) for lead in leads] == [ties]


def test_identifiers_are_those_of_the_text_each_once():
    text = "pay rinku77@examplebank, I said rinku77@examplebank, call 98XXXXXX12"
    assert find_identifiers(text) == (find_leads(text)[0], find_leads(text)[2])


def test_no_identifier_is_cut_in_two():
    links = [f"https://drive.example.com/f/{number}" for number in range(10_000, 10_300)]
    found = find_identifiers("see " + " ".join(links) + ". ")
    assert {lead.value for lead in found} == {link.removeprefix("https://") for link in links}


def test_a_list_of_numbers_is_cut():
    text = "\n".join(f"98{number:08d}" for number in range(2 * MOST_IDENTIFIERS))
    assert len(find_identifiers(text)) == MOST_IDENTIFIERS


@pytest.mark.parametrize("other", ["sucide", "suicied", "Suicide,", "susaid"])
def test_a_search_finds_other_spellings(reader, other):
    (read,) = reader.read([Complaint("", f"mai {other} kar lunga")])
    assert all(f" {key} " in read.search_keys for key in find_search_keys("suicide"))


@pytest.mark.parametrize("other", ["aatmhatya", "atmahatya", "aatamhatya"])
def test_a_search_finds_the_other_script(reader, other):
    (read,) = reader.read([Complaint("", f"mai {other} kar lunga")])
    (key,) = find_search_keys("आत्महत्या")
    assert f" {key} " in read.search_keys


def test_search_keys_hold_no_identifier(reader):
    text = "pay rinku77@examplebank or 9812345678, see https://example.com/x1 video"
    (read,) = reader.read([Complaint("", text)])
    assert not [word for word in ("rinku", "98123", "eksample") if word in read.search_keys]
    assert find_search_keys("9812345678 rinku77@examplebank") == []
    assert find_search_keys("video")[0] in read.search_keys.split()


def test_the_snippet_shows_the_telling_words_masked(reader):
    opening = "Respected sir, I want to bring to your kind notice the following matter. " * 5
    (read,) = reader.read([Complaint("", f"{opening}My number is 98XXXXXX12. {PLEA}")])
    assert "hang myself" in read.snippet
    assert read.snippet.startswith("… ")
    assert "98XX" not in read.snippet
    assert len(read.snippet) <= WIDTH + 4


def test_a_short_text_is_shown_from_its_beginning(reader):
    (read,) = reader.read([Complaint("", PLEA)])
    assert read.snippet == PLEA


def test_the_same_assessment_as_on_the_command_line(reader, model, corpus):
    complaints = [Complaint(str(i), c.text) for i, c in enumerate(corpus[:40])]
    rows = [score_row(c, model.assess(c), with_text=False) for c in complaints]
    reads = reader.read(complaints)
    assert [score_row(r.complaint, r.assessment, with_text=False) for r in reads] == rows


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "a\x00b", "\ud800 mar", "pay 5,000 " * 6000, "a_" * 50_000, "😀"],
    ids=["empty", "nul", "nul in it", "half", "10,000 words", "marks", "emoji"],
)
def test_odd_texts_are_read(reader, text):
    (read,) = reader.read([Complaint("", text)])
    assert read.complaint.text == text
    assert read.assessment.needs_review


@pytest.mark.parametrize(
    "piece", ["1", "1 2 3 4 ", "a@b", ".", "!?", "@:", ".99", "x", "\u0966", "\u0964", "क", "😀"]
)
def test_a_megabyte_of_anything_goes_to_a_person(reader, piece):
    (read,) = reader.read([Complaint("", piece * (1_000_000 // len(piece)))])
    told = " ".join(read.assessment.reasons)
    assert read.assessment.needs_review
    assert "very long" in told or read.assessment.unreadable
    assert "failed" not in told
    assert "not all found" not in told
    assert len(read.leads) <= MOST_IDENTIFIERS
    assert len(read.snippet) <= WIDTH + 4


@pytest.mark.parametrize("piece", ["1", "!?", "क", "\u0964"])
def test_what_stands_before_a_megabyte_of_anything_counts(reader, piece):
    (read,) = reader.read([Complaint("", f"{PLEA} {piece * 500_000}")])
    assert read.assessment.priority is Priority.P1
    assert "hang" in read.snippet
    assert f" {find_search_keys('family')[0]} " in read.search_keys


def test_a_failing_model_sends_everybody_to_a_person():
    reads = ComplaintReader(BrokenModel(), "broken").read([Complaint("1", PLEA)] * 2)
    assert [read.assessment.priority for read in reads] == [Priority.P2] * 2
    assert all(read.assessment.unreadable and read.assessment.needs_review for read in reads)
    told = json.dumps([read.assessment.reasons for read in reads])
    assert "RuntimeError" in told
    assert "video" not in told
    assert not np.any(reads[0].sketch)


def test_a_failure_beside_the_model_lowers_no_priority(reader, monkeypatch):
    def fail(text):
        raise ValueError(text)

    monkeypatch.setattr("triage.desk.intake.reading.find_identifiers", fail)
    (read,) = reader.read([Complaint("", PLEA)])
    assert read.assessment.priority == Priority.P1
    assert read.assessment.needs_review
    assert "ValueError" in read.assessment.reasons[-1]
    assert "hang" not in read.assessment.reasons[-1]


def test_threads_take_turns(reader):
    texts = [PLEA, "they ask 5000 for my video", "fake job, money lost"]
    alone = [reader.read([Complaint("", text)])[0].assessment.priority for text in texts]
    found: dict[int, list] = {}

    def read(number):
        found[number] = [
            r.assessment.priority for r in reader.read([Complaint("", t) for t in texts])
        ]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), alone)


def test_nothing_read_is_shown_by_a_repr(reader):
    (read,) = reader.read([Complaint("", f"{PLEA} rinku77@examplebank")])
    assert "hang" not in repr(read)
    assert "rinku" not in repr(read)
    assert Lead("upi", "rinku77@examplebank", 0, 1) not in read.leads
