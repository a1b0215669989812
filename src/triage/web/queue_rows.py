"""The lines of the queue as HTML, made once for as long as they look the same.

Fifty browsers ask for the same hundred lines every three seconds; to make them anew each time took
a third of a processor.
"""

from functools import lru_cache, partial
from typing import Final

from markupsafe import Markup

from triage.desk.casework.queue import QueueRow
from triage.web.rendering import load_templates, speak

MOST: Final = 4000
"""Lines that are kept, about a kilobyte each."""


@lru_cache(maxsize=MOST)
def render_row(row: QueueRow, place: str, *, language: str, can_take: bool) -> Markup:
    """Render one line.

    :param place: ``pin`` or ``row``: where on the page, for its id there.
    :param can_take: whoever reads it may claim cases.
    """
    template = load_templates().get_template("queue_row.html")
    return Markup(template.render(**speak(language), each=row, place=place, can_take=can_take))


def build_row_renderer(language: str, *, can_take: bool) -> "partial[Markup]":
    """Give what renders a line for one reader: ``row(each, place)`` in the templates."""
    return partial(render_row, language=language, can_take=can_take)
