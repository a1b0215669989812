"""Places of columns and bars in a chart, in percent; the templates draw them."""

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 0.25  # of a column's room
_MOST_LABELS = 4
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a column; ``series`` counts from 1, ``y`` is its upper edge."""

    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a day or a week."""

    label: str
    x: float
    width: float
    pieces: list[Piece]
    values: list[str]
    told: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word below the columns."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of columns, each cut into the same series."""

    title: str
    series: list[str]
    columns: list[Column]
    labels: list[Label]
    top: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A lying bar with its name and its number."""

    label: str
    told: str
    width: float


def build_columns(
    title: str,
    *,
    series: Sequence[str],
    labels: Sequence[str],
    values: Sequence[Sequence[float]],
    unit: str = "",
) -> Columns:
    """Place the columns of a chart.

    :param series: names of what each column is cut into, from the ground up.
    :param labels: of each column, from left to right.
    :param values: of each column its series' numbers, 0 or more.
    :param unit: stands behind each number.

    >>> chart = build_columns("a", series=["all"], labels=["1 May", "2 May"], values=[[3], [6]])
    >>> chart.top, [column.pieces[0].height for column in chart.columns]
    ('10', [30.0, 60.0])
    """
    top = find_top(max((sum(column) for column in values), default=0))
    room = 100 / max(1, len(values))
    columns = []
    for i, (label, parts) in enumerate(zip(labels, values, strict=True)):
        told = [f"{value:,.0f}{unit}" for value in parts]
        columns.append(
            Column(
                label=label,
                x=round(room * (i + _GAP / 2), 3),
                width=round(room * (1 - _GAP), 3),
                pieces=_stack(parts, top),
                values=told,
                told=", ".join(f"{name} {value}" for name, value in zip(series, told, strict=True))
                if len(series) > 1
                else told[0],
            )
        )
    return Columns(title, list(series), columns, _place_labels(labels), f"{top:,.0f}{unit}")


def build_bars(rows: Sequence[tuple[str, float]]) -> list[Bar]:
    """Place lying bars, the longest over the whole width.

    >>> [bar.width for bar in build_bars([("WhatsApp", 4), ("Telegram", 1)])]
    [100.0, 25.0]
    """
    longest = max((value for _, value in rows), default=0) or 1
    return [Bar(label, f"{value:,.0f}", round(100 * value / longest, 2)) for label, value in rows]


def find_top(most: float) -> int:
    """Give a round number that is not below the tallest column.

    >>> [find_top(most) for most in (0, 3, 7, 11, 26, 200, 201)]
    [1, 5, 10, 20, 50, 200, 500]
    """
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= most:
                return step * power
        power *= 10


def _stack(parts: Sequence[float], top: int) -> list[Piece]:
    pieces, ground = [], 100.0
    for series, value in enumerate(parts, start=1):
        height = 100 * value / top
        ground -= height
        if value:
            pieces.append(Piece(series, round(ground, 3), round(height, 3)))
    return pieces


def _place_labels(labels: Sequence[str]) -> list[Label]:
    """Name so many of the columns that the words do not run into each other."""
    room, step = 100 / max(1, len(labels)), -(-len(labels) // _MOST_LABELS)
    placed = []
    for i in range(0, len(labels), max(1, step)):
        x, anchor = room * (i + 0.5), "middle"
        if i == 0 and len(labels) > 1:
            x, anchor = 0.0, "start"
        elif i == len(labels) - 1 and i:
            x, anchor = 100.0, "end"
        placed.append(Label(labels[i], round(x, 2), anchor))
    return placed
