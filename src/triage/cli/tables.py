"""Tables in the terminal and numbers for machines, the same in every command."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 120
"""Columns that a table may need; a narrower terminal wraps its lines rather than losing numbers."""


def build_table(title: str, *columns: str, numbers: bool = False, fold: bool = False) -> "Table":
    """Lay out an empty table.

    :param numbers: whether every column but the first holds numbers.
    :param fold: whether long cells wrap.
    """
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        side = "right" if numbers and place else "left"
        table.add_column(name, no_wrap=not fold, overflow="fold", justify=side)  # type: ignore[arg-type]
    return table


def print_table(table: "Table") -> None:
    """Print a table as wide as it needs."""
    from rich.console import Console

    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    console.print(table)


def plain_json(value: Any) -> Any:
    """Say null where nothing could be measured: JSON knows no NaN."""
    if isinstance(value, dict):
        return {name: plain_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
