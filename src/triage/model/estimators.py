"""The unfitted estimators, and the two readers that hold them.

Two readers look at the same features. The *text reader* sees a complaint whole: it settles the
category. The *segment reader* sees each sentence by itself, and was taught on the words that carry
a level: in a long complaint one clause decides, and the rest would drown it. What both say is
weighed by small logistic models ("heads") fitted on predictions for stories that the readers had
not seen, so their probabilities are calibrated.

Source: stacked generalisation, Wolpert (1992); ordinal targets as binary ones, Frank and Hall (2001).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

THRESHOLD_LEVELS = (1, 2, 3, 4)
"""The ordinal scale is read as four questions: is the level at least 1, 2, 3, 4?"""

NO_ANSWER = -8.0
"""Log-odds that stand for "nothing there", where a text has no segment."""


@dataclass
class Block:
    """A linear reader: weighted n-grams and cues into logistic regressions, one a question."""

    words: TfidfTransformer
    characters: TfidfTransformer
    models: list[LogisticRegression] = field(default_factory=list)

    def decide(self, matrix: sparse.csr_matrix) -> NDArray[np.float64]:
        """Give the log-odds of each question.

        :param matrix: from ``weigh``.
        :returns: (rows, questions); a three-class model gives one column a class.
        """
        columns = [model.decision_function(matrix) for model in self.models]
        return np.column_stack(columns)

    def weigh(
        self,
        words: sparse.csr_matrix,
        characters: sparse.csr_matrix,
        cues: sparse.csr_matrix,
        cue_weight: float,
    ) -> sparse.csr_matrix:
        """Set the three kinds of features side by side, n-grams weighted and of unit length."""
        return sparse.hstack(
            [
                self.words.transform(words),
                self.characters.transform(characters),
                cues * cue_weight,
            ],
            format="csr",
        )


def build_block(words: sparse.csr_matrix, characters: sparse.csr_matrix) -> Block:
    """Build a reader whose n-gram weights are fitted and whose models are not there yet."""
    return Block(
        TfidfTransformer(sublinear_tf=True).fit(words),
        TfidfTransformer(sublinear_tf=True).fit(characters),
    )


def build_classifier(c: float) -> LogisticRegression:
    """Build one unfitted linear classifier; rare answers weigh as much as common ones."""
    return LogisticRegression(C=c, class_weight="balanced", max_iter=1000, tol=1e-3)


def build_head(c: float) -> LogisticRegression:
    """Build one unfitted head. Unweighted: its probabilities are to be believed."""
    return LogisticRegression(C=c, max_iter=2000)


def segment_summary(
    log_odds: NDArray[np.float64], owner: NDArray[np.int64], texts: int
) -> NDArray[np.float64]:
    """Sum up each text's segments: the strongest, the second, and all together.

    :param log_odds: (segments, questions).
    :param owner: (segments,) the text of each, ascending.
    :param texts: how many texts there are.
    :returns: (texts, 3 * questions): largest, second largest, log-sum-exp; ``NO_ANSWER`` where none.
    """
    questions = log_odds.shape[1]
    out = np.full((texts, 3 * questions), NO_ANSWER)
    if not len(owner):
        return out
    first = np.searchsorted(owner, np.arange(texts), side="left")
    stop = np.searchsorted(owner, np.arange(texts), side="right")
    full = stop > first
    for q in range(questions):
        # Descending within each text: the first row of a text is its strongest segment.
        order = np.lexsort((-log_odds[:, q], owner))
        ranked = log_odds[order, q]
        out[full, q] = ranked[first[full]]
        pair = stop - first > 1
        out[pair, questions + q] = ranked[first[pair] + 1]
        sums = np.logaddexp.reduceat(ranked, first[full])
        out[full, 2 * questions + q] = sums
    return out
