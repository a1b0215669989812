"""What reading a complaint yields, free of spaCy: keys, places, cues in their context, segments.

Once many words are known, a batch is read inside a memory zone, so that a run over millions of
texts stays flat.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IDX, LENGTH, ORTH
from spacy.tokens import Doc

from triage.text.ages import mentions_minor
from triage.text.context import sentence_ends
from triage.text.language import LANGUAGES, MARKERS, choose_languages
from triage.text.mentions import Mention
from triage.text.normalise import NormalisedText, normalise
from triage.text.pipeline import WARM_WORDS, ComplaintLanguage
from triage.text.word_traits import WordTraits

MAX_SEGMENT = 24
"""Words of a segment at most: what is longer (many write without a full stop) is cut into windows."""

WINDOW, STRIDE = 20, 10
MIN_SEGMENT = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One complaint as read.

    :param source: the clean text with its way back to the original.
    :param keys: (tokens,) uint64, each token's spelling key as a hash.
    :param starts: (tokens,) first character of each token in the clean text.
    :param ends: (tokens,) one past the last.
    :param segments: (segments, 2) token ranges: sentences, or windows of long ones.
    :param classes: (tokens,) uint8, see ``word_classes``; 0 where a word has none.
    :param mentions: cues found, in their context.
    :param language: see ``language.detect_language``.
    :param minor_age: True where an age or class under 18 is given.
    """

    source: NormalisedText = field(repr=False)
    keys: NDArray[np.uint64] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    ends: NDArray[np.int64] = field(repr=False)
    segments: NDArray[np.int64] = field(repr=False)
    classes: NDArray[np.uint8] = field(repr=False)
    mentions: tuple[Mention, ...]
    language: str
    minor_age: bool

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Give the characters of the original text for the tokens ``start`` to ``end``."""
        return self.source.to_original(int(self.starts[start]), int(self.ends[end - 1]))

    def without(self, dropped: NDArray[np.bool_]) -> "Reading":
        """Give the reading as it would be without some tokens.

        :param dropped: (tokens,) True for each token to leave out.
        """
        kept = ~dropped
        place: NDArray[np.int64] = np.cumsum(kept) - kept  # where each kept token stands then
        keys = self.keys[kept]
        mentions = tuple(
            m.moved(int(place[m.start]), int(place[m.end - 1]) + 1)
            for m in self.mentions
            if kept[m.start : m.end].all()
        )
        return replace(
            self,
            keys=keys,
            starts=self.starts[kept],
            ends=self.ends[kept],
            segments=cut_segments(sentence_ends(keys.tolist()), len(keys)),
            classes=self.classes[kept],
            mentions=mentions,
        )


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Some complaints, read together.

    :param readings: in the order of the texts.
    :param key_strings: the spelling key behind each hash that occurs in the batch.
    :param known_index: what ``index_keys`` gives, where reading has found it out already.
    """

    readings: list[Reading]
    key_strings: dict[int, str] = field(repr=False)
    known_index: tuple[NDArray[np.uint64], NDArray[np.int64]] | None = field(
        default=None, repr=False
    )

    def index_keys(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Give the distinct keys of the batch, ascending, and for each token the place of its own.

        :returns: (distinct,) uint64 and (tokens,), one text after the other.
        """
        if self.known_index is not None:
            return self.known_index
        keys = [reading.keys for reading in self.readings]
        return np.unique(
            np.concatenate(keys) if keys else np.empty(0, np.uint64), return_inverse=True
        )


def read_texts(nlp: ComplaintLanguage, texts: Sequence[str]) -> ReadBatch:
    """Read texts through the pipeline, once each.

    :param nlp: from ``pipeline.build_nlp``.
    :param texts: original texts; a few hundred at a time is best.
    """
    if not texts:
        return ReadBatch([], {})
    known = len(nlp.vocab)
    zone = nlp.memory_zone() if known > WARM_WORDS else nullcontext()
    with collector_paused(), zone:
        sources = [normalise(text) for text in texts]
        docs = [nlp.make_doc(source.text) for source in sources]
        batch = _read_docs(nlp, docs, sources)
        if known > WARM_WORDS:
            nlp.forgotten += len(nlp.vocab) - known
        return batch


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector from going through a batch again and again while it grows.

    What a batch makes holds no cycles: counting references frees it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_docs(
    nlp: ComplaintLanguage, docs: Sequence[Doc], sources: Sequence[NormalisedText]
) -> ReadBatch:
    """Read docs in arrays over all their tokens, and give each its part."""
    tables = [doc.to_array([ORTH, IDX, LENGTH]) for doc in docs]
    stops = np.cumsum([len(table) for table in tables])
    begins = stops - [len(table) for table in tables]
    owner = np.repeat(np.arange(len(docs)), stops - begins)
    tokens: NDArray[Any] = np.concatenate(tables)
    rows = nlp.traits.rows(tokens[:, 0])
    words = nlp.traits.table[rows]
    languages = _choose_languages(words, owner, begins)
    keys = np.ascontiguousarray(words["key"])
    classes = words["classes"][np.arange(len(owner)), languages[owner]]
    starts = tokens[:, 1].astype(np.int64)
    ends = starts + tokens[:, 2].astype(np.int64)
    find = nlp.finder.find
    marks = np.flatnonzero(words["ends"])
    mark_bounds = np.searchsorted(marks, np.append(begins, len(owner))).tolist()
    mark_places = (marks - begins[owner[marks]]).tolist()
    low = np.bincount(owner, weights=words["low"], minlength=len(docs)).astype(bool).tolist()
    readings = [
        Reading(
            source=sources[i],
            keys=keys[begin:stop],
            starts=starts[begin:stop],
            ends=ends[begin:stop],
            segments=cut_segments(mark_places[mark_bounds[i] : mark_bounds[i + 1]], stop - begin),
            classes=classes[begin:stop],
            mentions=find(docs[i]),
            language=LANGUAGES[language],
            minor_age=low[i] and mentions_minor(sources[i].text),
        )
        for i, (begin, stop, language) in enumerate(
            zip(begins.tolist(), stops.tolist(), languages.tolist(), strict=True)
        )
    ]
    distinct, inverse = _index_keys(nlp.traits, rows)
    strings = nlp.vocab.strings
    return ReadBatch(
        readings, {key: strings[key] for key in distinct.tolist()}, (distinct, inverse)
    )


def _index_keys(
    traits: WordTraits, rows: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Do what ``ReadBatch.index_keys`` does, by sorting the distinct words alone."""
    used = np.flatnonzero(np.bincount(rows))
    distinct, key_of = np.unique(traits.table["key"][used], return_inverse=True)
    place = np.zeros(len(traits.table), dtype=np.int64)
    place[used] = key_of
    return distinct, place[rows]


def _choose_languages(
    words: NDArray[Any], owner: NDArray[np.int64], begins: NDArray[np.int64]
) -> NDArray[np.int64]:
    seen = np.zeros((len(begins), len(MARKERS) + 1), dtype=bool)
    seen[owner, words["marker"]] = True
    # Sums of runs of tokens, also of empty ones, from the running total.
    total = np.zeros((len(owner) + 1, 3), dtype=np.int64)
    np.cumsum(words["letters"], axis=0, out=total[1:])
    letters = total[np.append(begins[1:], len(owner))] - total[begins]
    return choose_languages(letters, seen)


def cut_segments(ends: list[int], length: int) -> NDArray[np.int64]:
    """Cut a text into sentences, and long ones into overlapping windows.

    :param ends: places of the tokens that end a sentence, ascending.
    :param length: tokens of the text.
    :returns: (segments, 2) token ranges; none for a text without tokens.
    """
    segments: list[tuple[int, int]] = []
    start = 0
    for stop in [*(end + 1 for end in ends), length]:
        size = stop - start
        if size <= 0:
            continue
        if size < MIN_SEGMENT and segments:
            segments[-1] = (segments[-1][0], stop)
        elif size <= MAX_SEGMENT:
            segments.append((start, stop))
        else:
            last = max(start + size - WINDOW, start)
            begins = [*range(start, last, STRIDE), last]
            segments += [(begin, begin + WINDOW) for begin in begins]
        start = stop
    return np.array(segments, dtype=np.int64).reshape(-1, 2)
