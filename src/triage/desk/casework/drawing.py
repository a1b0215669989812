"""Where the circles and lines of a small picture stand; the same for the same things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin

WIDTH, HEIGHT = 1000, 600
"""The box that everything stands in."""

_INNER, _OUTER = 0.45, 0.9  # share of half the box at which a ring stands


@dataclass(frozen=True, slots=True)
class Node:
    """A circle.

    :param name: whose it is, as it was given.
    :param ring: 0 in the middle, 1 inside, 2 outside.
    """

    name: str
    ring: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two circles."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Circles and the lines between them, in a box of ``WIDTH`` and ``HEIGHT``."""

    nodes: list[Node]
    lines: list[Line]


def place_round(centre: str, inner: Sequence[str], outer: Mapping[str, Sequence[str]]) -> Drawing:
    """Place one thing in the middle and two rings round it.

    The inner ring keeps its order; on the outer one each stands as near as can be to what it is
    tied to, at even distances.

    :param centre: is tied to all of the inner ring.
    :param inner: names of the inner ring.
    :param outer: names of the outer ring, each with the names of the inner ring it is tied to.
    """
    angles = {name: _turn(i, len(inner)) for i, name in enumerate(inner)}
    order = sorted(outer, key=lambda name: (_middle([angles[tie] for tie in outer[name]]), name))
    shift = _find_shift(order, outer, angles)
    placed = {centre: Node(centre, 0, WIDTH // 2, HEIGHT // 2)}
    placed |= {name: _place(name, 1, angles[name]) for name in inner}
    placed |= {name: _place(name, 2, _turn(i, len(order)) + shift) for i, name in enumerate(order)}
    ties = [(centre, name) for name in inner]
    ties += [(tie, name) for name in order for tie in outer[name]]
    lines = [_draw_line(placed[first], placed[second]) for first, second in ties]
    return Drawing(list(placed.values()), lines)


def _turn(i: int, count: int) -> float:
    return 2 * pi * i / max(count, 1)


def _middle(angles: Sequence[float]) -> float:
    """Give the mean direction, from 0 to a full turn."""
    return atan2(sum(map(sin, angles)), sum(map(cos, angles))) % (2 * pi)


def _find_shift(
    order: Sequence[str], outer: Mapping[str, Sequence[str]], angles: Mapping[str, float]
) -> float:
    """Give the turn of the outer ring that brings its members nearest to where they belong."""
    away = [
        _middle([angles[tie] for tie in outer[name]]) - _turn(i, len(order))
        for i, name in enumerate(order)
    ]
    return _middle(away) if away else 0.0


def _place(name: str, ring: int, angle: float) -> Node:
    share = _INNER if ring == 1 else _OUTER
    x = WIDTH / 2 * (1 + share * cos(angle))
    y = HEIGHT / 2 * (1 + share * sin(angle))
    return Node(name, ring, round(x), round(y))


def _draw_line(first: Node, second: Node) -> Line:
    return Line(first.x, first.y, second.x, second.y)
