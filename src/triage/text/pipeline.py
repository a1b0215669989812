"""The one spaCy pipeline that every text goes through once.

A blank multi-language pipeline: tokens, their spelling keys as NORM, and cues with their context.
Nothing in it is downloaded and nothing in it is trained.
"""

from typing import Any

from spacy.attrs import NORM
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import compile_infix_regex

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


class ComplaintLanguage(Language):  # type: ignore[no-untyped-call]
    """spaCy's multi-language tokeniser with spelling keys as NORM.

    :ivar forgotten: distinct words that were read and forgotten again since it was built.
    """

    lang = "xx"
    lexicon: Lexicon
    traits: WordTraits
    finder: CueFinder
    forgotten: int = 0

    @property
    def is_worn(self) -> bool:
        """Whether it has forgotten so many words that it is better built anew."""
        return self.forgotten > WORN_WORDS


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
    if not Doc.has_extension("mentions"):
        Doc.set_extension("mentions", default=())
    nlp.finder = nlp.add_pipe("triage_cues")  # type: ignore[assignment]
    nlp.finder.attach(lexicon)
    nlp.traits = WordTraits(vocab, most=WARM_WORDS)
    return nlp


@Language.factory("triage_cues")
def _create_cue_finder(nlp: Language, name: str) -> CueFinder:
    return CueFinder(nlp.vocab)


__all__ = ["WARM_WORDS", "ComplaintLanguage", "Language", "build_nlp"]
