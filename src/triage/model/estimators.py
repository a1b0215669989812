"""The unfitted estimators, and the two readers that hold them.

Two readers look at the same features. The *text reader* sees a complaint whole: it settles the
category. The *segment reader* sees each sentence by itself, and was taught on the words that carry
a level: in a long complaint one clause decides, and the rest would drown it. What both say is
weighed by small logistic models ("heads") fitted on predictions for stories that the readers had
not seen, so their probabilities are calibrated.

Source: stacked generalisation, Wolpert (1992); ordinal targets as binary ones, Frank and Hall (2001).
"""

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from triage.model.features import CHAR_BITS, WORD_BITS, CharacterBags

THRESHOLD_LEVELS = (1, 2, 3, 4)
"""The ordinal scale is read as four questions: is the level at least 1, 2, 3, 4?"""

TOLERANCE = 0.01
"""Where fitting stops: a hundred times coarser than usual moves margins by thousandths only."""

NO_ANSWER = -3.0
"""Margin that stands for "nothing there", where a text has no segment."""


@dataclass(frozen=True, slots=True)
class Grams:
    """The raw features of some rows, one matrix a kind; see ``features`` and ``cue_features``."""

    words: sparse.csr_matrix
    characters: CharacterBags
    near: sparse.csr_matrix
    cues: sparse.csr_matrix

    def rows(self, chosen: NDArray[np.bool_]) -> "Grams":
        """Keep some rows."""
        return Grams(
            self.words[chosen], self.characters.rows(chosen), self.near[chosen], self.cues[chosen]
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """One kind of features of a fitted block, over all columns; 0 where a column is not used.

    :param weights: (columns, questions) of the models, times the columns' own weights.
    :param squares: (columns,) squared weights of the columns, for a row's length.
    """

    weights: NDArray[np.float32]
    squares: NDArray[np.float32]

    def project(self, matrix: sparse.csr_matrix) -> NDArray[np.float32]:
        """Give what rows of unit length add to each margin."""
        squared = _with_data(matrix, matrix.data**2)
        return np.asarray((matrix @ self.weights) / square_roots(squared @ self.squares))

    def project_bags(self, bags: CharacterBags) -> NDArray[np.float32]:
        """Do the same for characters: each distinct word is weighed once, wherever it stands."""
        squares = bags.words @ (_with_data(bags.grams, bags.grams.data**2) @ self.squares)
        return np.asarray((bags.words @ (bags.grams @ self.weights)) / square_roots(squares))


def _with_data(matrix: sparse.csr_matrix, data: NDArray[np.float32]) -> sparse.csr_matrix:
    """Put other numbers into the same places."""
    other = copy(matrix)  # a shallow one: building a matrix anew checks every place again
    other.data = data
    return other


def square_roots(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give rows' lengths as a column to divide by; a row of nothing has length 1."""
    return np.sqrt(np.where(squares == 0, np.float32(1), squares))[:, np.newaxis]


def _dampen(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Let counts grow by their logarithm, as ``TfidfTransformer(sublinear_tf=True)`` does."""
    return _with_data(counts, 1 + np.log(counts.data))


@dataclass
class Block:
    """A linear reader: weighted n-grams and cues into linear classifiers, one a question.

    :param word_columns: columns of word n-grams that are used; see ``common_columns``.
    :param character_columns: likewise of character n-grams.
    :param near_columns: likewise of what stands near what.
    """

    words: TfidfTransformer
    characters: TfidfTransformer
    near: TfidfTransformer
    word_columns: NDArray[np.int64]
    character_columns: NDArray[np.int64]
    near_columns: NDArray[np.int64]
    models: list[LinearSVC] = field(default_factory=list)

    def decide(self, grams: Grams, *, cue_weight: float, near_weight: float) -> NDArray[np.float64]:
        """Give each question's margin: how far on which side of the dividing plane.

        The same numbers as the models give for ``weigh``, without copying a row together.

        :returns: (rows, questions); a three-class model gives one column a class.
        """
        words, characters, near, cues = self.spread
        said = self.offsets + cue_weight * (grams.cues @ cues.weights)
        said += words.project(_dampen(grams.words))
        said += characters.project_bags(grams.characters)
        said += near_weight * near.project(_dampen(grams.near))
        return np.asarray(said)

    @cached_property
    def offsets(self) -> NDArray[np.float64]:
        """(questions,) what each model says of an empty text."""
        return np.concatenate([model.intercept_ for model in self.models])

    @cached_property
    def spread(self) -> tuple["Spread", ...]:
        """Weights of words, characters, what is near what and cues, over all hashed columns."""
        weights = np.vstack([model.coef_ for model in self.models]).T
        kinds = (
            (self.words, self.word_columns, 1 << WORD_BITS),
            (self.characters, self.character_columns, 1 << CHAR_BITS),
            (self.near, self.near_columns, 1 << WORD_BITS),
        )
        spread, first = [], 0
        for transformer, columns, width in kinds:
            own = weights[first : first + len(columns)]
            full = np.zeros((width, weights.shape[1]), dtype=np.float32)
            full[columns] = own * transformer.idf_[:, np.newaxis]
            squares = np.zeros(width, dtype=np.float32)
            squares[columns] = transformer.idf_**2
            spread.append(Spread(full, squares))
            first += len(columns)
        return (*spread, Spread(weights[first:].astype(np.float32), np.empty(0, np.float32)))

    def weigh(self, grams: Grams, *, cue_weight: float, near_weight: float) -> sparse.csr_matrix:
        """Set all features side by side, n-grams weighted and of unit length."""
        kinds = (
            self.words.transform(grams.words[:, self.word_columns]),
            self._weigh_characters(grams.characters),
            self.near.transform(grams.near[:, self.near_columns]) * near_weight,
            grams.cues * cue_weight,
        )
        # Set side by side by columns: by rows, SciPy would take every number apart.
        by_columns = [kind.tocsc() for kind in kinds]
        return sparse.hstack(by_columns, format="csc", dtype=np.float64).tocsr()

    def _weigh_characters(self, bags: CharacterBags) -> sparse.csr_matrix:
        # A row's length is that of its words together, as if no two shared an n-gram: near enough,
        # and known without multiplying out.
        grams = self.characters.transform(bags.grams[:, self.character_columns])
        lengths = square_roots(bags.words @ _with_data(grams, grams.data**2).sum(axis=1).A1)
        return (bags.words @ grams).multiply(1 / lengths)


def build_block(grams: Grams, stories: NDArray[np.int64]) -> Block:
    """Build a reader whose n-gram weights are fitted and whose models are not there yet.

    :param stories: (rows,) number of the story that each row belongs to.
    """
    words = common_columns(grams.words, stories)
    by_characters = grams.characters.matrix()
    characters = common_columns(by_characters, stories)
    near = common_columns(grams.near, stories)
    return Block(
        # Words count by the logarithm; a character n-gram's weight is a fraction, whose logarithm
        # would be negative.
        TfidfTransformer(sublinear_tf=True).fit(grams.words[:, words]),
        TfidfTransformer(norm=None).fit(by_characters[:, characters]),
        TfidfTransformer(sublinear_tf=True).fit(grams.near[:, near]),
        words,
        characters,
        near,
    )


def common_columns(matrix: sparse.csr_matrix, stories: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose the columns that occur in two stories or more.

    What only one story holds tells nothing about another, and may be somebody's name: it is left
    out, so a model carries no trace of it.

    :returns: columns, ascending; column 0 where no other is left.
    """
    by_column = matrix.tocsc()
    story = stories[by_column.indices]
    used = np.flatnonzero(np.diff(by_column.indptr))
    first = by_column.indptr[used]
    # Two stories or more: the lowest number and the highest differ.
    shared = np.minimum.reduceat(story, first) < np.maximum.reduceat(story, first)
    columns = used[shared]
    return columns if len(columns) else np.array([0])


def build_classifier(c: float, *, seed: int) -> LinearSVC:
    """Build one unfitted linear classifier. Source: Fan et al. (2008), LIBLINEAR."""
    return LinearSVC(C=c, tol=TOLERANCE, random_state=seed, max_iter=5000)


def build_head(c: float) -> LogisticRegression:
    """Build one unfitted head. Unweighted: its probabilities are to be believed."""
    return LogisticRegression(C=c, max_iter=2000)


def fit_both_answers(model: Any, matrix: Any, answers: NDArray[np.int64]) -> Any:
    """Fit a yes-or-no model also where all training cases give one answer.

    Somebody's own cases may hold no minor and no death at all: an empty row then gives the other
    answer, and the model says what all cases said.

    :returns: the fitted model.
    """
    if len(np.unique(answers)) < 2:
        empty = np.zeros((1, matrix.shape[1]))
        whole = [matrix, empty]
        matrix = sparse.vstack(whole, "csr") if sparse.issparse(matrix) else np.vstack(whole)
        answers = np.append(answers, 1 - answers[0])
    return model.fit(matrix, answers)


def segment_summary(
    margins: NDArray[np.float64], owner: NDArray[np.int64], texts: int
) -> NDArray[np.float64]:
    """Sum up each text's segments: the strongest, the second, and all together.

    :param margins: (segments, questions).
    :param owner: (segments,) the text of each, ascending.
    :param texts: how many texts there are.
    :returns: (texts, 3 * questions): largest, second largest, log-sum-exp; ``NO_ANSWER`` where none.
    """
    questions = margins.shape[1]
    out = np.full((texts, 3 * questions), NO_ANSWER)
    if not len(owner):
        return out
    first = np.searchsorted(owner, np.arange(texts), side="left")
    stop = np.searchsorted(owner, np.arange(texts), side="right")
    full = stop > first
    for q in range(questions):
        # Descending within each text: the first row of a text is its strongest segment.
        order = np.lexsort((-margins[:, q], owner))
        ranked = margins[order, q]
        out[full, q] = ranked[first[full]]
        pair = stop - first > 1
        out[pair, questions + q] = ranked[first[pair] + 1]
        sums = np.logaddexp.reduceat(ranked, first[full])
        out[full, 2 * questions + q] = sums
    return out
