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
from spacy.attrs import IDX, LENGTH, NORM
from spacy.language import Language
from spacy.tokens import Doc

from triage.text.ages import mentions_minor
from triage.text.context import sentence_ends
from triage.text.language import detect_language
from triage.text.mentions import Mention
from triage.text.normalise import NormalisedText, normalise
from triage.text.word_classes import word_classes

MAX_SEGMENT = 24
"""Words of a segment at most: what is longer (many write without a full stop) is cut into windows."""

WINDOW, STRIDE = 20, 10
MIN_SEGMENT = 3
WARM_WORDS = 250_000
"""Distinct words that are kept from batch to batch. They hold all that recur; once there are so many,
each further batch forgets its new ones, so that a run over millions stays flat."""


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
            replace(m, start=int(place[m.start]), end=int(place[m.end - 1]) + 1)
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
    """

    readings: list[Reading]
    key_strings: dict[int, str] = field(repr=False)


def read_texts(nlp: Language, texts: Sequence[str]) -> ReadBatch:
    """Read texts through the pipeline, once each.

    :param nlp: from ``pipeline.build_nlp``.
    :param texts: original texts; a few hundred at a time is best.
    """
    zone = nlp.memory_zone() if len(nlp.vocab) > WARM_WORDS else nullcontext()
    with collector_paused(), zone:
        sources = [normalise(text) for text in texts]
        readings = [_read_doc(nlp(source.text), source) for source in sources]
        all_keys = [reading.keys for reading in readings]
        distinct = np.unique(np.concatenate(all_keys)) if all_keys else np.empty(0, np.uint64)
        strings = nlp.vocab.strings
        key_strings = {int(key): strings[int(key)] for key in distinct}
    return ReadBatch(readings, key_strings)


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


def _read_doc(doc: Doc, source: NormalisedText) -> Reading:
    table: NDArray[Any] = doc.to_array([NORM, IDX, LENGTH])
    starts = table[:, 1].astype(np.int64)
    keys = table[:, 0].astype(np.uint64)
    key_list, language = keys.tolist(), detect_language(source.text)
    return Reading(
        source=source,
        keys=keys,
        starts=starts,
        ends=starts + table[:, 2].astype(np.int64),
        segments=cut_segments(sentence_ends(key_list), len(key_list)),
        classes=word_classes(key_list, language),
        mentions=doc._.mentions,
        language=language,
        minor_age=mentions_minor(source.text),
    )


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
