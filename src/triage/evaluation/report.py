"""The page on which a superintendent of police reads how good a model is.

Numbers are counted here; every word of the page stands in ``report.html`` beside this module, so
that who knows the desk can change the wording without touching the program. The page names ids of
complaints, never a word of one.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING

from triage.errors import ConfigError
from triage.evaluation.figures import draw_figures
from triage.evaluation.metrics import Measure, proportion
from triage.evaluation.robustness import Robustness
from triage.evaluation.scorecard import Judged, Scorecard
from triage.labels import CATEGORIES, LANGUAGE_TITLES, Category, Urgency

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATE = "report.html"
MOST_IDS = 20
FEW = 30
"""With fewer cases than this the range tells more than the number, and the page says so."""

_SVG_NAME = re.compile(r'( id="|href="#|url\(#)')


@dataclass(frozen=True, slots=True)
class Account:
    """What happened to the complaints of one group; sides of minimal pairs don't count.

    :param kind: share whose kind of crime was read rightly.
    :param found: share marked, of those truly at high risk.
    :param right: share truly at high risk, of those marked.
    :param alarms: share marked, of those truly not at high risk.
    :param too_low: share that came out two or more levels too low.
    """

    title: str
    cases: int
    kind: Measure
    found: Measure
    right: Measure
    alarms: Measure
    too_low: Measure


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What went wrong most.

    :param missed: ids of complaints at high risk that were not marked, the gravest first.
    :param grave: how many of them are labelled intent or imminent.
    :param mistaken: the commonest wrong kind of crime: true, read, how often; None without one.
    """

    missed: tuple[str, ...]
    grave: int
    mistaken: tuple[Category, Category, int] | None


def write_report(
    title: str,
    cases: Sequence[Judged],
    scorecard: Scorecard,
    robustness: Robustness | None,
    *,
    model_name: str,
    threshold: float,
    made_of: str,
    day: date | None = None,
    name_ids: bool = True,
) -> str:
    """Write one page of HTML that needs nothing else: no script, no file, no address outside.

    :param cases: judged complaints and sides of minimal pairs; only ids of them are written.
    :param scorecard: of the same cases.
    :param robustness: of the same cases, or None where it was not measured.
    :param threshold: probability from which a complaint is high risk, 0 to 1.
    :param made_of: what the cases are, as the end of the sentence "Measured on ...".
    :param day: when it was measured; None leaves it out.
    :param name_ids: whether the ids of missed complaints are written.
    :returns: the page; without figures, and saying so, where matplotlib is not installed.
    """
    singles = [case for case in cases if not case.complaint.phenomenon]
    accounts = [give_account("All", singles)]
    for name in scorecard.languages:
        own = [case for case in singles if case.complaint.language == name]
        accounts += [give_account(LANGUAGE_TITLES[name], own)] if own else []
    page = _environment().from_string(files(__package__).joinpath(TEMPLATE).read_text("utf-8"))
    return page.render(
        title=title,
        model_name=model_name,
        threshold=threshold,
        made_of=made_of,
        day=day,
        accounts=accounts,
        whole=accounts[0],
        mistakes=_gather_mistakes(singles),
        groups=_name_groups(scorecard),
        phenomena=sorted(scorecard.phenomena.items(), key=lambda item: (item[1].value, item[0])),
        robustness=robustness,
        language_titles=LANGUAGE_TITLES,
        levels=list(Urgency),
        figures=_draw_if_possible(cases, scorecard, threshold),
        few=FEW,
        most_ids=MOST_IDS,
        name_ids=name_ids,
    )


def give_account(title: str, cases: Sequence[Judged]) -> Account:
    """Count what happened to a group of complaints.

    :param cases: without sides of minimal pairs.
    """
    high = [case for case in cases if case.truly_high]
    marked = [case for case in cases if case.high_risk]
    found = sum(case.high_risk for case in high)
    return Account(
        title=title,
        cases=len(cases),
        kind=proportion(sum(_read_as(c) is c.complaint.category for c in cases), len(cases)),
        found=proportion(found, len(high)),
        right=proportion(found, len(marked)),
        alarms=proportion(len(marked) - found, len(cases) - len(high)),
        too_low=proportion(sum(c.level <= c.complaint.urgency - 2 for c in cases), len(cases)),
    )


def say_share(share: float, whole: int = 100) -> str:
    """Say how many of so many; all and none are said only where they are true.

    >>> say_share(0.967), say_share(0.999), say_share(1.0), say_share(0.0286, 1000)
    ('97', '99', '100', '29')
    """
    if math.isnan(share):
        return "–"
    nearest = round(share * whole)
    if 0 < share < 1:
        nearest = min(max(nearest, 1), whole - 1)
    return f"{nearest:,}"


def say_count(count: int, noun: str) -> str:
    """Say how many of a thing.

    >>> say_count(1, "complaint"), say_count(2_000, "complaint")
    ('1 complaint', '2,000 complaints')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _read_as(case: Judged) -> Category:
    return CATEGORIES[case.category_proba.index(max(case.category_proba))]


def _gather_mistakes(cases: Sequence[Judged]) -> Mistakes:
    missed = [case for case in cases if case.truly_high and not case.high_risk]
    missed.sort(key=lambda case: -case.complaint.urgency)
    swaps = Counter(
        (case.complaint.category, _read_as(case))
        for case in cases
        if _read_as(case) is not case.complaint.category
    )
    commonest = swaps.most_common(1)
    return Mistakes(
        missed=tuple(case.complaint.id for case in missed),
        grave=sum(case.complaint.urgency >= Urgency.INTENT for case in missed),
        mistaken=(*commonest[0][0], commonest[0][1]) if commonest else None,
    )


def _name_groups(scorecard: Scorecard) -> dict[str, object]:
    groups: dict[str, object] = {"All": scorecard.overall}
    return groups | {LANGUAGE_TITLES[name]: own for name, own in scorecard.languages.items()}


def _draw_if_possible(
    cases: Sequence[Judged], scorecard: Scorecard, threshold: float
) -> Mapping[str, bytes] | None:
    try:
        return draw_figures(cases, scorecard, threshold=threshold)
    except ConfigError:
        return None  # the page says more in its words than in its figures


def _environment() -> "Environment":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "of": say_share,
        "end": lambda share, whole=100: f"{round(share * whole):,}",
        "comma": "{:,}".format,
        "count_of": say_count,
        "hits": lambda measure: round(measure.value * measure.count) if measure.count else 0,
        "place_figure": place_figure,
    }
    return environment


def place_figure(svg: bytes, name: str, label: str) -> "Markup":
    """Make a drawing a part of a page.

    :param svg: as ``draw_figures`` gives it: drawn by this program, so trusted.
    :param name: keeps its ids apart from those of other drawings on the page.
    :param label: what one who cannot see it is told.
    """
    from markupsafe import Markup, escape

    drawing = svg.decode()
    drawing = _SVG_NAME.sub(rf"\g<1>{name}-", drawing[drawing.index("<svg") :])
    return Markup(drawing.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1))
