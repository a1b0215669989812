"""A cue found in a doc, with what its context made of it."""

from dataclasses import dataclass

from spacy.tokens import Doc
from spacy.vocab import Vocab

from triage.text.lexicon import Cue, Run


@dataclass(frozen=True, slots=True)
class Mention:
    """One cue in one doc.

    :param start: first token.
    :param end: one past the last token.
    :param context: kinds of context that hold for it, such as ``denied``; sorted.
    :param level: urgency, 0 to 4, that the words support in their context.
    :param counts: False where the context takes the meaning away.
    :param gapped: True where other words than the lexicon's may stand inside it.
    """

    cue: Cue
    start: int
    end: int
    context: tuple[str, ...] = ()
    level: int = 0
    counts: bool = True
    gapped: bool = False

    def read_as(self, context: tuple[str, ...], *, level: int, counts: bool) -> "Mention":
        """Give the same words with what their context makes of them."""
        return Mention(self.cue, self.start, self.end, context, level, counts, self.gapped)

    def moved(self, start: int, end: int) -> "Mention":
        """Give the same mention at another place."""
        return Mention(self.cue, start, end, self.context, self.level, self.counts, self.gapped)


def build_pattern(vocab: Vocab, run: Run) -> Doc:
    """Build the doc that a ``PhraseMatcher`` on NORM compares with.

    The words stand under names of their own: a key need not be its own key ("kol" is that of
    "call"), and the pattern must not change what the word "kol" means in a text.
    """
    words = []
    for key in run:
        word = f"\x01{key}"
        vocab[word].norm_ = key
        words.append(word)
    return Doc(vocab, words=words)
