"""Figures of what was measured, as SVG; the only importer of matplotlib.

The same input gives the same bytes, so that two reports can be compared. A figure holds numbers
and names of labels, never a word of a complaint.
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from triage.errors import MissingLibraryError
from triage.evaluation.metrics import Measure, proportion
from triage.evaluation.scorecard import Judged, Scorecard
from triage.labels import CATEGORIES, HIGH_RISK_LEVEL, LANGUAGE_TITLES, LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Paint = Callable[["Figure"], None]

WIDTH_IN = 5.8
"""Narrow, so that the letters stay readable where a page shrinks the figure to a phone."""

BINS = 10
# Blue and vermilion: told apart with any colour blindness, and in grey. Okabe and Ito (2008).
BLUE, RED, INK, FAINT = "#0072B2", "#C44E00", "#1F2933", "#D5DBE1"
STYLE: dict[str, Any] = {
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": "#7B8794",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "legend.frameon": False,
}


def draw_figures(
    cases: Sequence[Judged], scorecard: Scorecard, *, threshold: float
) -> dict[str, bytes]:
    """Draw what was measured; sides of minimal pairs don't count.

    :param scorecard: of the same cases; its intervals are drawn.
    :param threshold: probability from which a complaint is high risk, 0 to 1.
    :returns: SVG by name: ``confusion``, ``urgency_levels``, ``reliability``, and where a case is
        high risk ``precision_recall`` and ``recall_by_language``. Empty where there is no case.
    :raises ConfigError: where matplotlib is not installed.
    """
    singles = [case for case in cases if not case.complaint.phenomenon]
    paints: list[tuple[str, str, float, Paint]] = []
    if singles:
        paints += [
            ("confusion", "The kind of crime: labelled, and read", 3.8,
             lambda figure: _paint_confusion(figure, singles)),
            ("urgency_levels", "Suicide risk: labelled, and read", 4.8,
             lambda figure: _paint_levels(figure, singles)),
            ("reliability", "Do the probabilities hold?", 4.4,
             lambda figure: _paint_reliability(figure, singles)),
        ]  # fmt: skip
    if any(case.truly_high for case in singles):
        paints += [
            ("precision_recall", "Finding more, or marking fewer in vain", 4.6,
             lambda figure: _paint_precision_recall(figure, singles, scorecard, threshold)),
            ("recall_by_language", "High risk: how many are found, by language", 3.5,
             lambda figure: _paint_languages(figure, scorecard)),
        ]  # fmt: skip
    return {name: _draw(paint, name, title, height) for name, title, height, paint in paints}


def draw_learning_curve(points: Sequence[tuple[int, Measure]]) -> bytes:
    """Draw how a measure grows with the complaints that a model was trained on.

    :param points: complaints and what was measured, at least one, in any order.
    :returns: SVG.
    :raises ConfigError: where matplotlib is not installed.
    """

    def paint(figure: "Figure") -> None:
        axes = figure.add_subplot()
        counts, values = zip(*sorted(points, key=lambda point: point[0]), strict=True)
        _paint_intervals(axes, counts, values, mark="o-")
        axes.set(xlabel="Complaints trained on", ylabel="Measure, with 95 % interval")
        axes.set_xlim(0, counts[-1] * 1.06)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(axis="y")

    return _draw(paint, "learning_curve", "What more labelled complaints bring", 3.8)


def _draw(paint: Paint, name: str, title: str, height: float) -> bytes:
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise MissingLibraryError("drawing figures", "matplotlib") from None

    # From matplotlib's own defaults: a person's settings would change the bytes.
    with style.context(["default", STYLE | {"svg.hashsalt": name}]):
        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1, hspace=0.03, wspace=0.03)
        figure = Figure(figsize=(WIDTH_IN, height), layout=layout)
        figure.suptitle(title, x=0.02, ha="left", fontsize=12.5, fontweight="bold")
        paint(figure)
        out = BytesIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    return out.getvalue()


def _paint_confusion(figure: "Figure", cases: Sequence[Judged]) -> None:
    counts = np.zeros((len(CATEGORIES), len(CATEGORIES)), dtype=np.int64)
    for case in cases:
        guess = int(np.argmax(case.category_proba))
        counts[CATEGORIES.index(case.complaint.category), guess] += 1
    axes = figure.add_subplot()
    titles = [category.shown.replace(" ", "\n") for category in CATEGORIES]
    _paint_matrix(axes, counts, titles)
    axes.set(xlabel="Read as", ylabel="Labelled as")


def _paint_levels(figure: "Figure", cases: Sequence[Judged]) -> None:
    counts = np.zeros((len(LEVELS), len(LEVELS)), dtype=np.int64)
    for case in cases:
        counts[int(case.complaint.urgency), int(case.level)] += 1
    axes = figure.add_subplot()
    _paint_matrix(axes, counts, [f"{int(level)}\n{level.shown}" for level in LEVELS])
    edge = HIGH_RISK_LEVEL - 0.5
    axes.axvline(edge, color=RED, linewidth=1.6)
    axes.axhline(edge, color=RED, linewidth=1.6)
    axes.set_xlabel("Level read (right of the line: high risk)")
    axes.set_ylabel("Level labelled\n(below the line: high risk)")


def _paint_matrix(axes: "Axes", counts: NDArray[np.int64], titles: Sequence[str]) -> None:
    """Paint counts as squares, darker for a larger part of their row, which they name."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # Not imshow, which puts a picture made of pixels into the drawing.
    places = range(len(titles))
    axes.pcolormesh(places, places, share, cmap="Blues", vmin=0, vmax=1.15, shading="nearest")
    axes.invert_yaxis()
    for (row, column), count in np.ndenumerate(counts):
        part = float(share[row, column])
        axes.text(
            column,
            row,
            f"{count}\n{_percent(part)}" if count else "0",
            ha="center",
            va="center",
            color="white" if part > 0.55 else INK if count else "#52606D",
            fontweight="bold" if row == column else "normal",
        )
    axes.set_xticks(places, titles)
    axes.set_yticks(places, titles)
    axes.tick_params(length=0)


def _paint_precision_recall(
    figure: "Figure", cases: Sequence[Judged], scorecard: Scorecard, threshold: float
) -> None:
    from sklearn.metrics import precision_recall_curve

    truth = [case.truly_high for case in cases]
    precision, recall, _ = precision_recall_curve(truth, [case.risk for case in cases])
    axes = figure.add_subplot()
    axes.step(recall, precision, where="post", color=BLUE, linewidth=2, label="at every threshold")
    found, right = scorecard.overall.recall, scorecard.overall.precision
    if right.count:
        axes.errorbar(
            found.value,
            right.value,
            xerr=_reach([found]),
            yerr=_reach([right]),
            fmt="o",
            color=RED,
            markersize=8,
            capsize=3,
            label=f"as it is used, from {threshold:.2f} on (95 % intervals):\n"
            f"finds {_percent(found.value)}; of the marked {_percent(right.value)} are true",
        )
    axes.set_xlabel("Found, of those at high risk (recall)")
    axes.set_ylabel("At high risk, of those marked (precision)")
    axes.set(xlim=(0, 1.03), ylim=(0, 1.05))
    _show_percent(axes.xaxis)
    _show_percent(axes.yaxis)
    axes.legend(loc="lower left", framealpha=1, frameon=True, edgecolor="none")
    axes.grid()


def _paint_reliability(figure: "Figure", cases: Sequence[Judged]) -> None:
    grid = figure.add_gridspec(2, 2, height_ratios=[3, 1])
    risk = np.array([case.risk for case in cases])
    truth = np.array([case.truly_high for case in cases])
    proba = np.array([case.category_proba for case in cases])
    label = np.array([CATEGORIES.index(case.complaint.category) for case in cases])
    panels = [
        ("High risk", risk, truth, "Truly at high risk"),
        ("Kind of crime", proba.max(axis=1), proba.argmax(axis=1) == label, "Truly this kind"),
    ]
    for column, (title, said, true, what) in enumerate(panels):
        upper = figure.add_subplot(grid[0, column])
        lower = figure.add_subplot(grid[1, column], sharex=upper)
        upper.set_title(title)
        _paint_bins(upper, lower, said, true)
        upper.set_ylabel(what)
        lower.set(xlabel="Probability given", ylabel="Cases")


def _paint_bins(
    upper: "Axes", lower: "Axes", said: NDArray[np.float64], true: NDArray[np.bool_]
) -> None:
    """Paint said against seen shares by ten equal bins, and below how many cases each rests on."""
    which = np.minimum((said * BINS).astype(int), BINS - 1)
    filled = [b for b in range(BINS) if (which == b).any()]
    seen = [proportion(int(true[which == b].sum()), int((which == b).sum())) for b in filled]
    upper.plot([0, 1], [0, 1], color="#7B8794", linestyle="--", linewidth=1)
    _paint_intervals(upper, [float(said[which == b].mean()) for b in filled], seen)
    upper.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
    upper.tick_params(labelbottom=False)
    upper.grid()
    _show_percent(upper.yaxis)
    centres = (np.arange(BINS) + 0.5) / BINS
    counts = np.bincount(which, minlength=BINS)
    lower.bar(centres, counts, width=0.8 / BINS, color=BLUE)
    lower.set_ylim(0, counts.max() * 1.35)
    for centre, count in zip(centres, counts, strict=True):
        if count:
            lower.text(centre, count, str(count), ha="center", va="bottom", fontsize=7.5)
    lower.set_yticks([])
    _show_percent(lower.xaxis, steps=2)


def _paint_languages(figure: "Figure", scorecard: Scorecard) -> None:
    groups = {"All": scorecard.overall.recall}
    groups |= {
        LANGUAGE_TITLES[name]: scores.recall
        for name, scores in scorecard.languages.items()
        if scores.recall.count
    }
    axes = figure.add_subplot()
    for place, value in enumerate(groups.values()):
        colour = INK if place == 0 else BLUE
        axes.errorbar(
            value.value, place, xerr=_reach([value]), fmt="o", color=colour, capsize=4, markersize=7
        )
        hits = round(value.value * value.count)
        axes.text(1.05, place, f"{hits} of {value.count}", va="center")
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set(xlim=(0, 1.02), ylim=(len(groups) - 0.5, -0.5), xlabel="Found, with 95 % interval")
    _show_percent(axes.xaxis)
    axes.grid(axis="x")


def _paint_intervals(
    axes: "Axes", places: Sequence[float], values: Sequence[Measure], *, mark: str = "o"
) -> None:
    middle = [value.value for value in values]
    axes.errorbar(
        places, middle, yerr=_reach(values), fmt=mark, color=BLUE, capsize=3, markersize=5
    )


def _reach(values: Sequence[Measure]) -> NDArray[np.float64]:
    """Give how far the intervals reach below and above their values: (2, values)."""
    below = [value.value - value.low for value in values]
    above = [value.high - value.value for value in values]
    # A bootstrap can leave the value outside of its interval by a hair.
    return np.array([below, above], dtype=np.float64).clip(min=0)


def _show_percent(axis: "Axis", *, steps: int = 5) -> None:
    axis.set_ticks(np.linspace(0, 1, steps + 1))
    axis.set_major_formatter(lambda value, _: _percent(value))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
