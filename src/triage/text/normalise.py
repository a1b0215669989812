"""Turn raw text into clean text and remember where each character came from.

Phones write the same word in many ways: composed and decomposed Unicode, zero-width joiners,
mathematical bold letters, Cyrillic look-alikes, NUL bytes from a broken export. The readers after
this step see one form. Offsets are kept, so evidence is highlighted in what the person wrote.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_CHARACTERS = 20_000
"""Longer texts are read up to here: the portal's form stops at 1,500, so the rest is paste."""

MAX_RUN = 4
"""Marks of one kind that are kept side by side."""

# Joiners, directional marks, soft hyphens, variation selectors, byte-order marks, tags.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_HALF_CHARACTERS = "\ud800-\udfff"
_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x9f"
_LOOKALIKES = dict(
    zip(
        "аеорсухіјѕԁһкмтнвАЕОРСУХІЈЅКМТНВοαεικνρτυχΑΕΟΡΤΥΧΙΚΝΒΜΗΖ",
        "aeopcyxijsdhkmthbAEOPCYXIJSKMTHBoaeikvptuxAEOPTYXIKNBMHZ",
        strict=True,
    )
)
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "`": "'", "\u201c": '"', "\u201d": '"'}
# Looked for in every text, so they are made to be found fast: single characters, then runs of marks.
_ODD_CHARACTER = re.compile(
    f"[{_INVISIBLE}{_CONTROL}{_HALF_CHARACTERS}\t-\r\u2018\u2019\u02bc`\u201c\u201d\u00a0\u1680\u2000-\u200a\u2028\u2029\u3000"
    "\u0370-\u052f\u2070-\u209f\u2100-\u214f\u2460-\u24ff\ufb00-\ufb06\uff00-\uffef\U0001d400-\U0001d7ff]"
)
_ODD_ASCII_CHARACTER = re.compile("[\x00-\x1f\x7f`]")
_MANY_MARKS = re.compile(r"[^\w\s\u0900-\u097f]{5}|_{5}")
_MANY_ASCII_MARKS = re.compile("[^A-Za-z0-9 ]{5}")
_DROPPED = re.compile(f"[{_INVISIBLE}{_CONTROL}]")
_KEPT = re.compile(f"[^{_INVISIBLE}{_CONTROL}]")
_WORD_OR_SPACE = re.compile(r"\s+|\S+")
_FOREIGN_WORD = re.compile("[\u0370-\u052f]")


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """Clean text with a way back to the original.

    :param text: the clean text.
    :param starts: for each clean character, where the original begins that it stands for; None
        where both texts are the same and every index stands for itself.
    :param stops: likewise, one past where it ends.
    """

    text: str
    starts: tuple[int, ...] | None = None
    stops: tuple[int, ...] | None = None

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        r"""Give the original offsets of a clean span.

        >>> normalise("I  can\u200bnot").to_original(2, 8)
        (3, 10)
        """
        if self.starts is None or self.stops is None:
            return start, end
        if start >= end:
            return start, start
        return self.starts[start], self.stops[end - 1]


def normalise(raw: str) -> NormalisedText:
    r"""Clean a text: NFC, no invisible or control characters, look-alikes folded, single spaces.

    :param raw: any string, of any length; read up to ``MAX_CHARACTERS``.
    :returns: the clean text with offsets into ``raw``.

    >>> normalise("ѕuісide\u200b  now").text
    'suicide now'
    """
    text = raw[:MAX_CHARACTERS]
    chunks = text.split(" ")
    if "" not in chunks and all(map(_CHUNKS.__getitem__, chunks)):
        return NormalisedText(text)
    return _normalise_by_word(text.encode("utf-8", "replace").decode())  # half characters: "?"


def _is_clean(word: str) -> bool:
    """Say whether nothing in a word has to be changed."""
    if word.isascii():
        return not (_ODD_ASCII_CHARACTER.search(word) or _MANY_ASCII_MARKS.search(word))
    return not (
        _ODD_CHARACTER.search(word) or _MANY_MARKS.search(word)
    ) and unicodedata.is_normalized("NFC", word)


class _Chunks(dict[str, bool]):
    """Whether each chunk between blanks is clean; found out once for each distinct one."""

    MOST = 50_000
    """Beyond, it starts afresh, so that a long run stays flat."""

    def __missing__(self, chunk: str) -> bool:
        if len(self) >= self.MOST:
            self.clear()
        clean = self[chunk] = _is_clean(chunk)
        return clean


_CHUNKS = _Chunks()


def _normalise_by_word(text: str) -> NormalisedText:
    clean = _Clean([], [], [])
    for piece in _WORD_OR_SPACE.finditer(text):
        word, start = piece.group(), piece.start()
        if word.isspace():
            kept = _KEPT.search(word)
            if kept and clean.chars and clean.chars[-1] != " ":
                clean.add(" ", start + kept.start())
        elif _CHUNKS[word]:
            clean.add(word, start)
        else:
            clean.add_by_character(word, start)
    if clean.chars and clean.chars[-1] == " ":
        clean.chars.pop()
    clean_text = _fold_lookalikes("".join(clean.chars))
    return NormalisedText(clean_text, tuple(clean.starts), tuple(clean.stops))


@dataclass(frozen=True, slots=True)
class _Clean:
    """Clean characters so far, each with the original characters that it stands for."""

    chars: list[str]
    starts: list[int]
    stops: list[int]

    def add(self, word: str, start: int) -> None:
        """Add characters that are clean as they are."""
        self.chars.extend(word)
        self.starts.extend(range(start, start + len(word)))
        self.stops.extend(range(start + 1, start + len(word) + 1))

    def add_by_character(self, word: str, offset: int) -> None:
        for start, stop, cluster in _clusters(word):
            clean = _clean_cluster(cluster)
            if clean == " " and (not self.chars or self.chars[-1] == " "):
                continue
            # A line of marks ("_____") says nothing, and costs the tokeniser its square in time.
            if not clean.isalnum() and self.chars[-MAX_RUN:] == [clean] * MAX_RUN:
                continue
            self.chars.extend(clean)
            # What kept its length kept its order; what was composed or spelt out stands for all.
            kept = len(clean) == stop - start
            places = range(offset + start, offset + start + len(clean))
            self.starts.extend(places if kept else [offset + start] * len(clean))
            self.stops.extend((i + 1 for i in places) if kept else [offset + stop] * len(clean))


def _clusters(text: str) -> list[tuple[int, int, str]]:
    """Split into a base character with its combining marks, invisible characters left out.

    :returns: start, stop and characters of each.
    """
    clusters: list[tuple[int, int, str]] = []
    for i, char in enumerate(text):
        if _DROPPED.match(char):
            continue
        if clusters and unicodedata.combining(char):
            start, _, cluster = clusters[-1]
            clusters[-1] = (start, i + 1, cluster + char)
        else:
            clusters.append((i, i + 1, char))
    return clusters


@lru_cache(maxsize=4096)
def _clean_cluster(cluster: str) -> str:
    if cluster.isspace():
        return " "
    cluster = "".join(_QUOTES.get(char, char) for char in cluster)
    # Compatibility forms (full-width, bold, circled letters) only: NFKC on Devanagari is NFC.
    folded = unicodedata.normalize("NFKC", cluster)
    return " " if folded.isspace() else folded


def _fold_lookalikes(text: str) -> str:
    """Fold Cyrillic and Greek letters inside words that otherwise are Latin; lengths stay."""
    if not _FOREIGN_WORD.search(text):
        return text
    return re.sub(r"\S+", _fold_word, text)


def _fold_word(match: re.Match[str]) -> str:
    word = match.group()
    folded = "".join(_LOOKALIKES.get(char, char) for char in word)
    foreign_left = _FOREIGN_WORD.search(folded)
    # A word that is all look-alikes ("сор") is Latin in disguise as well, if no true Cyrillic is left.
    return word if foreign_left else folded
