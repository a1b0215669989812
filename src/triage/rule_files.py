"""Read the TOML files of rules that a desk edits."""

from importlib.resources.abc import Traversable
from typing import Any

from triage.errors import ConfigError
from triage.toml_files import read_tables


def read_entries(file: Traversable, *, kind: str, where: str, table: str) -> list[dict[str, Any]]:
    """Read the entries of a file of rules, as they stand there.

    :param file: the desk's own, or the shipped one.
    :param kind: what the file is, for messages, such as ``policy``.
    :param where: the file as messages name it.
    :param table: name of the entries, such as ``rule`` for ``[[rule]]``.
    :returns: what stands under that name, not checked yet; an empty list where nothing does.
    :raises ConfigError: where the file cannot be read, is no TOML, or the name stands for something
        else.
    """
    entries = read_tables(file, where=f"{kind} {where}").get(table, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError([f"{kind} {where}: {table} is no list of tables, expected [[{table}]]"])
    return entries
