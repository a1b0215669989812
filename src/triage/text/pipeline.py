"""The one spaCy pipeline that every text goes through once.

A blank multi-language pipeline: tokens, their spelling keys as NORM, and cues with their context.
Nothing in it is downloaded and nothing in it is trained.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from spacy.attrs import NORM
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found,unused-ignore]
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_suffix_regex

from triage.text.cues import CueFinder
from triage.text.lexicon import Lexicon, load_lexicon
from triage.text.typos import build_key_getter
from triage.text.word_traits import WordTraits

# Sentences are glued in every sixth complaint ("band karo.Mera"), also where spaCy, made for
# edited text, expects a name: between two small letters, and around the danda.
_GLUED = r"(?<=[a-z\u0900-\u0965])[.!?](?=[A-Za-z\u0900-\u0965]{2})"
_DANDA = r"[\u0964\u0965|]"

WARM_WORDS = 100_000
"""Distinct words that are kept from batch to batch. They hold all that recur; once there are so many,
each further batch forgets its new ones, so that a run over millions stays flat."""

WORN_WORDS = 200_000
"""Distinct words forgotten after which a pipeline is worn: spaCy's tables keep a place for each word
that they ever held, and grow. Built anew (a second), they are small again."""

CACHED_CHUNKS = 50_000
"""Distinct chunks between blanks whose tokens are remembered; spaCy's own 10,000 are full after some
hundred complaints."""

LONG_CHUNK = 200
"""Characters between two blanks from which a text is read by the patient tokeniser; people write none."""

LONGEST_SUFFIX = 40
"""Characters at the end of a chunk among which a suffix is looked for. The longest have a few;
spaCy itself searches the whole chunk anew for each, which makes a minute of 20,000 marks in a row."""

LONGEST_LINK = 2000
"""Characters of a chunk that is looked at closely for whether it is a link as a whole; the time grows
with the square of it. Of a longer one its beginning tells."""

_HAS_LONG_CHUNK = re.compile(rf"\S{{{LONG_CHUNK}}}")
_LINK_BEGINS = re.compile(r"https?://|www\.", re.IGNORECASE)


class ComplaintLanguage(Language):  # type: ignore[no-untyped-call]
    """spaCy's multi-language tokeniser with spelling keys as NORM.

    :ivar forgotten: distinct words that were read and forgotten again since it was built.
    """

    lang = "xx"
    lexicon: Lexicon
    traits: WordTraits
    finder: CueFinder
    patient_tokenizer: Tokenizer
    forgotten: int = 0

    @property
    def is_worn(self) -> bool:
        """Whether it has forgotten so many words that it is better built anew."""
        return self.forgotten > WORN_WORDS

    def make_doc(self, text: str) -> Doc:
        """Cut a text into tokens; the same ones whatever its length, in a time that grows with it.

        :raises ValueError: where it is longer than ``max_length``.
        """
        if len(text) <= self.max_length and _HAS_LONG_CHUNK.search(text):
            doc: Doc = self.patient_tokenizer(text)
            return doc
        return super().make_doc(text)


def build_nlp(lexicon: Lexicon | None = None) -> ComplaintLanguage:
    """Build the pipeline.

    :param lexicon: cues and context rules; None takes the shipped ones.
    :returns: a Language whose docs carry ``doc._.mentions``, a tuple of ``cues.Mention``.
    """
    lexicon = lexicon or load_lexicon()
    nlp = ComplaintLanguage()
    nlp.lexicon = lexicon
    vocab: Any = nlp.vocab
    tokenizer: Any = nlp.tokenizer
    # Only what is read later is made for a new word: prefixes, shapes and the like are not.
    vocab.lex_attr_getters = {}
    vocab.lex_attr_getters[NORM] = build_key_getter(lexicon.risk_words(), lexicon.all_words())
    infixes = [*(nlp.Defaults.infixes or ()), _GLUED, _DANDA]
    tokenizer.max_cache_size = CACHED_CHUNKS
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    nlp.patient_tokenizer = _build_patient(nlp)
    if not Doc.has_extension("mentions"):
        Doc.set_extension("mentions", default=())
    nlp.finder = nlp.add_pipe("triage_cues")  # type: ignore[assignment]
    nlp.finder.attach(lexicon)
    nlp.traits = WordTraits(vocab, most=WARM_WORDS)
    return nlp


def _build_patient(nlp: Language) -> Tokenizer:
    """Build a tokeniser for texts without blanks; its checks cost every other text a tenth."""
    own: Any = nlp.tokenizer
    suffixes = compile_suffix_regex(nlp.Defaults.suffixes or ())
    return Tokenizer(
        nlp.vocab,
        rules=own.rules,
        prefix_search=own.prefix_search,
        suffix_search=partial(_search_end, suffixes),
        infix_finditer=own.infix_finditer,
        token_match=own.token_match,
        url_match=partial(_match_link, own.url_match),
    )


def _search_end(suffixes: re.Pattern[str], chunk: str) -> re.Match[str] | None:
    return suffixes.search(chunk, max(0, len(chunk) - LONGEST_SUFFIX))


def _match_link(match: Callable[[str], Any], chunk: str) -> Any:
    return match(chunk) if len(chunk) <= LONGEST_LINK else _LINK_BEGINS.match(chunk)


@Language.factory("triage_cues")
def _create_cue_finder(nlp: Language, name: str) -> CueFinder:
    return CueFinder(nlp.vocab)


__all__ = ["WARM_WORDS", "ComplaintLanguage", "Language", "build_nlp"]
