"""Colours of text on their grounds: WCAG 2.2, success criterion 1.4.3, at least 4.5 to 1."""

import re
from pathlib import Path

import pytest

import triage.web

CSS = (Path(triage.web.__file__).parent / "static/desk.css").read_text("utf-8")
PAIRS = [
    *((ink, ground) for ink in ("ink", "quiet") for ground in ("paper", "card", "raised")),
    *(("accent", ground) for ground in ("paper", "card", "raised", "accent-soft")),
    ("accent-on", "accent"),
    ("paper", "ink"),  # toasts and the notes of marks
    *((f"p{n}", f"p{n}-soft") for n in range(1, 5)),
    *((f"p{n}-on", f"p{n}-fill") for n in range(1, 5)),
    *((each, ground) for each in ("p1", "good", "warn") for ground in ("paper", "card")),
    ("p1", "p2-soft"),  # the overdue of P2
    ("p1", "p3-soft"),
    ("p1", "p4-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("quiet", "warn-soft"),
    *(("ink", ground) for ground in ("mark", "mark-strong", "mark-off", "mark-topic", "good-soft")),
    *(("ink", ground) for ground in ("accent-soft", "p1-soft", "p2-soft", "warn-soft")),
]


def read_colours(css):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


def measure_contrast(one, other):
    lights = sorted(measure_light(each) for each in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def measure_light(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


LIGHT_CSS, _, DARK_CSS = CSS.partition("prefers-color-scheme: dark")
LIGHT = read_colours(LIGHT_CSS)
DARK = LIGHT | read_colours(DARK_CSS.partition("/* Ground */")[0])


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(colours, ink, ground):
    assert measure_contrast(colours[ink], colours[ground]) >= 4.5
