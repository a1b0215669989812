"""Marks: pieces join to the text, and where evidence overlaps the stronger shows."""

from hypothesis import given
from hypothesis import strategies as st

from triage.desk.casework.marks import BY_MODEL, mark_text
from triage.labels import AtRisk
from triage.text.lexicon import load_lexicon


def evidence(start, end, level=0, *, counts=True, context=(), cue="topic.video-call"):
    return {
        "start": start,
        "end": end,
        "level": level,
        "counts": counts,
        "context": list(context),
        "cue": cue,
    }


def shown(text, found):
    return [
        (piece.text, piece.mark.level if piece.mark else None) for piece in mark_text(text, found)
    ]


def test_words_are_marked_in_place():
    assert shown("ab cd ef", [evidence(3, 5, 2)]) == [("ab ", None), ("cd", 2), (" ef", None)]


def test_the_higher_level_shows_inside_of_a_lower_one():
    found = [evidence(0, 8, 2, cue="model"), evidence(3, 5, 3)]
    assert shown("ab cd ef", found) == [("ab ", 2), ("cd", 3), (" ef", 2)]


def test_what_counts_shows_before_what_was_denied():
    denied = evidence(0, 5, 4, counts=False, context=["denied"])
    assert shown("ab cd", [evidence(3, 5, 2), denied]) == [("ab ", 4), ("cd", 2)]
    assert shown("ab cd", [denied, evidence(3, 5, 2)]) == [("ab ", 4), ("cd", 2)]


def test_a_denied_cue_shows_before_the_name_of_the_crime():
    denied = evidence(0, 5, 3, counts=False, context=["denied"])
    assert shown("ab cd", [denied, evidence(0, 5)]) == [("ab cd", 3)]


def test_of_equals_the_lexicon_shows_and_of_its_entries_the_shorter():
    cue = load_lexicon().cues[0].id
    by_model = evidence(0, 5, 2, cue="model")
    found = [by_model, evidence(0, 5, 2, cue=cue)]
    assert [piece.mark.cue for piece in mark_text("ab cd", found)] == [cue]
    assert shown("ab cd", [evidence(0, 2, 2), evidence(0, 5, 2)])[0] == ("ab", 2)


def test_a_mark_is_explained():
    cue = next(each for each in load_lexicon().cues if each.kind == "risk")
    found = [
        evidence(0, 2, 2, counts=False, context=["denied", "other"], cue=cue.id),
        evidence(3, 5, 2, cue="model"),
        evidence(6, 8, 0, cue="topic.gone"),
    ]
    first, _, second, _, third = (piece.mark for piece in mark_text("ab cd ef", found))
    assert (first.whose, first.context, first.meaning) == (
        AtRisk.OTHER,
        ("denied", "other"),
        cue.meaning,
    )
    assert (second.whose, second.meaning) == (AtRisk.SELF, BY_MODEL)
    assert (third.whose, third.meaning) == (AtRisk.NOBODY, "")


@given(
    st.text(max_size=40),
    st.lists(
        st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.integers(0, 4), st.booleans()),
        max_size=8,
    ),
)
def test_pieces_are_the_text_and_each_mark_is_the_strongest_there(text, spans):
    found = [evidence(start, end, level, counts=counts) for start, end, level, counts in spans]
    pieces = mark_text(text, found)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    at = 0
    for piece in pieces:
        for place in range(at, at + len(piece.text)):
            here = [
                (item["level"] if item["counts"] else 0, item["level"])
                for item in found
                if item["start"] <= place < item["end"] and item["end"] > 0
            ]
            standing = piece.mark and (
                piece.mark.level if piece.mark.counts else 0,
                piece.mark.level,
            )
            assert standing == max(here, default=None)
        at += len(piece.text)


def test_nothing_of_the_text_stands_in_a_repr():
    assert "secret" not in repr(mark_text("secret words", [evidence(0, 6, 2)]))
