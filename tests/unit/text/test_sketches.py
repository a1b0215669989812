import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.pipeline import build_nlp
from triage.text.reading import read_texts
from triage.text.sketches import (
    BANDS,
    EMPTY_SKETCH,
    MIN_RUNS,
    SURE_RUNS,
    WIDTH,
    are_copies,
    sketch_keys,
    sketch_readings,
)

LETTER = (
    "Respected sir, my name is {name} and I live near the bus stand. On {day} a man rang me and said"
    " that my electricity will be cut tonight unless I update the bill. He made me install an app"
    " called QuickHelp and after that Rs {amount} went from my account in two steps. The number was"
    " {phone}. I have told the bank and they gave no answer so far. Kindly get my money back and"
    " register my complaint. My wife does not know about it and I need the sum for the school fees."
)
FIXED = [173580960, 1991093948, 2411557034, 3260180036, 3357085340]
OPENING = (
    "To the officer in charge, cyber cell. Subject: complaint under the information technology act."
    " Respected sir or madam, with due respect I beg to state the following facts for your action. "
)


@pytest.fixture(scope="module")
def nlp():
    return build_nlp()


@pytest.fixture
def copies(nlp):
    def are(first: str, second: str) -> bool:
        sketches = sketch_readings(read_texts(nlp, [first, second]))
        return bool(are_copies(sketches[:1], sketches[1:])[0])

    return are


def letter(name="Ramesh", day="Monday", amount="14,500", phone="98XXXXXX12"):
    return LETTER.format(name=name, day=day, amount=amount, phone=phone)


def test_the_same_letter_with_another_name_and_number_is_a_copy(copies):
    assert copies(letter(), letter("Sunita", "Friday", "2,300", "9876512345"))


def test_spellings_make_no_difference(copies):
    first = (
        "vedio call karke mera video bana liya aur ab paise mang raha hai nahi to viral karega bola"
    )
    second = first.replace("vedio", "video").replace("nahi", "nhi")
    assert copies(first, second)


def test_a_letter_with_another_story_in_it_is_none(copies):
    told = letter()
    other = told.replace(
        "said that my electricity will be cut tonight unless I update the bill. He made me install"
        " an app called QuickHelp and after that",
        "told me that my son is in police custody for a rape case and put a crying boy on the line,"
        " so without asking anybody",
    )
    assert other != told
    assert not copies(told, other)


def test_a_shared_opening_makes_no_copy(copies):
    first = OPENING + "A courier firm took 900 rupees from my card and the parcel never came to me."
    second = (
        OPENING + "Somebody made a page with my photo and writes to my friends for money on it."
    )
    assert not copies(first, second)


def test_short_texts_have_to_be_the_same(copies):
    short = "mere paise wapas dila do please sir ji"
    assert copies(short, short)
    assert not copies(short, short + " jaldi")
    assert not copies(short, short.replace("paise", "photo"))


def test_what_says_too_little_is_a_copy_of_nothing(nlp):
    sketches = sketch_readings(read_texts(nlp, ["", "help", "please help", "help me now"]))
    assert (sketches == EMPTY_SKETCH).all()
    assert not are_copies(sketches[:2], sketches[2:]).any()


def test_no_texts_give_no_sketches(nlp):
    assert sketch_readings(read_texts(nlp, [])).shape == (0, WIDTH)


def test_sketches_are_the_same_everywhere():
    """A run that was begun on one machine may go on on another: these numbers may not change."""
    keys = np.arange(40, dtype=np.uint64) * np.uint64(7919)
    sketch = sketch_keys([keys])[0]
    assert sketch.dtype == np.uint32
    assert sketch[0] == 39
    assert sketch[1:4].tolist() == FIXED[:3]
    assert sketch[-2:].tolist() == FIXED[3:]


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=30), max_size=8))
def test_company_makes_no_difference(texts):
    keys = [np.array(text, dtype=np.uint64) for text in texts]
    together = sketch_keys(keys)
    assert together.shape == (len(keys), WIDTH)
    for own, sketch in zip(keys, together, strict=True):
        assert (sketch_keys([own])[0] == sketch).all()
        assert (sketch[0] == 0) == (len(own) <= MIN_RUNS)


def test_the_share_is_estimated_well():
    """Of texts that share half of their runs none are copies, of those that share 95 % nearly all."""
    draw = np.random.default_rng(0)
    found = {}
    for changed in (1, 20):
        first = draw.integers(0, 2**63, (300, 80), dtype=np.uint64)
        second = first.copy()
        for row in second:
            row[draw.choice(80, changed, replace=False)] = draw.integers(0, 2**63, changed)
        one, two = sketch_keys([*first]), sketch_keys([*second])
        meet = (one[:, 1 : 1 + BANDS] == two[:, 1 : 1 + BANDS]).any(axis=1)
        found[changed] = int((are_copies(one, two) & meet).sum())
    assert found[1] >= 298
    assert found[20] == 0


def test_few_runs_and_many_are_no_copies():
    keys = np.arange(200, dtype=np.uint64)
    sketches = sketch_keys([keys[: SURE_RUNS + 1], keys, keys[: SURE_RUNS + 1]])
    assert not are_copies(sketches[:1], sketches[1:2])[0]
    assert are_copies(sketches[:1], sketches[2:])[0]
