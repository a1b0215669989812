"""Read TOML files: settings, gates, plans and rules alike, with one line for each thing that is wrong."""

import tomllib
from importlib.resources.abc import Traversable
from typing import Any

from triage.errors import ConfigError


def read_tables(file: Traversable, *, where: str) -> dict[str, Any]:
    """Read everything that stands in a file.

    :param file: a file of somebody's own, or a shipped one.
    :param where: the file as messages name it.
    :raises ConfigError: where the file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError([f"{where}: cannot be read ({error.strerror})"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{where}: is not valid TOML ({error})"]) from None


def pick_table(tables: dict[str, Any], name: str, *, where: str) -> dict[str, Any]:
    """Give one table of a file; an empty one where it is not there.

    :param tables: from ``read_tables``.
    :raises ConfigError: where the name stands for something else.
    """
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError([f"{where}: {name} is a single value, expected a table [{name}]"])
    return table
