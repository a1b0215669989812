"""Tables of complaints in memory: what MLflow and other programs hand over and get back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from triage.model.assessor import TriageModel
from triage.ranking import ASSESSMENT_COLUMNS, list_values
from triage.records import Complaint

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ASSESSMENT_COLUMNS", "assess_table"]


def assess_table(model: TriageModel, table: "pd.DataFrame") -> "pd.DataFrame":
    """Assess a table, one row a complaint, rows in their order.

    :param table: column ``text`` and, where there is one, ``id``; without it the row's number
        from 1 serves. A cell that is no text goes to a person, as a row of a file does.
    :returns: ``ASSESSMENT_COLUMNS``, with the table's index; no text.
    """
    import pandas as pd

    rows = [list_values(found) for found in model.stream(_complaints(table))]
    return pd.DataFrame(rows, columns=list(ASSESSMENT_COLUMNS), index=table.index)


def _complaints(table: "pd.DataFrame") -> Iterator[Complaint]:
    ids = table["id"].tolist() if "id" in table.columns else [None] * len(table)
    for number, (given, text) in enumerate(zip(ids, table["text"].tolist(), strict=True), 1):
        named = given is not None and given == given  # NaN is the only value that is not itself
        readable = isinstance(text, str)
        yield Complaint(
            id=str(given) if named else str(number),
            text=text if readable else "",
            problem=None if readable else "the text is not text",
        )
