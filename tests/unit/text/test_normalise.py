import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.normalise import MAX_CHARACTERS, normalise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain text", "plain text"),
        ("sui\u200bcide", "suicide"),
        ("ѕuісide", "suicide"),
        ("NUL\x00byte", "NULbyte"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("𝐛𝐨𝐥𝐝", "bold"),
        ("can’t", "can't"),
        ("  two   spaces\n\nlines ", "two spaces lines"),
        ("\u0958", "\u0915\u093c"),
        ("Привет мир", "Привет мир"),
        ("fill in _________ here", "fill in ____ here"),
        ("half \ud83d letter", "half ? letter"),
        ("the \ufb01le of the of\ufb01ce", "the file of the office"),
        ("two\r\nlines\twith “quotes”", 'two lines with "quotes"'),
        ("", ""),
    ],
)
def test_clean(raw, clean):
    assert normalise(raw).text == clean


def test_offsets_point_into_the_original():
    raw = "I\u200b  want\u200b to \u0001die"
    found = normalise(raw)
    start = found.text.index("die")
    a, b = found.to_original(start, start + 3)
    assert raw[a:b] == "die"


def test_offsets_of_a_composed_letter_cover_all_its_parts():
    raw = "x e\u0301nd"
    found = normalise(raw)
    start = found.text.index("é")
    a, b = found.to_original(start, start + 1)
    assert raw[a:b] == "e\u0301"


def test_empty_span():
    assert normalise("a  b").to_original(2, 2) == (2, 2)


def test_very_long_texts_are_cut():
    assert len(normalise("ab " * 20_000).text) <= MAX_CHARACTERS


@given(st.text(max_size=200))
def test_nothing_breaks_it_and_it_settles(raw):
    found = normalise(raw)
    again = normalise(found.text)
    assert normalise(again.text).text == again.text
    assert not set(found.text) & {"\x00", "\u200b", "\ufeff"}


@given(st.text(max_size=200), st.data())
def test_every_span_maps_into_the_original(raw, data):
    found = normalise(raw)
    if not found.text:
        return
    start = data.draw(st.integers(0, len(found.text) - 1))
    end = data.draw(st.integers(start + 1, len(found.text)))
    a, b = found.to_original(start, end)
    assert 0 <= a < b <= len(raw)


@given(st.text(alphabet="abc आईनही", min_size=1, max_size=60).map(str.strip).filter(bool))
def test_invisible_characters_change_nothing(raw):
    noisy = "\u200b".join(raw)
    assert normalise(noisy).text == normalise(raw).text
