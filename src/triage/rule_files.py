"""Read the TOML files of rules that a desk edits."""

import tomllib
from importlib.resources.abc import Traversable
from typing import Any

from triage.errors import ConfigError


def read_entries(file: Traversable, *, kind: str, where: str, table: str) -> Any:
    """Read the entries of a file of rules, as they stand there.

    :param file: the desk's own, or the shipped one.
    :param kind: what the file is, for messages, such as ``policy``.
    :param where: the file as messages name it.
    :param table: name of the entries, such as ``rule`` for ``[[rule]]``.
    :returns: what stands under that name, not checked yet; an empty list where nothing does.
    :raises ConfigError: where the file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text("utf-8")).get(table, [])
    except OSError as error:
        raise ConfigError([f"{kind} {where}: cannot be read ({error.strerror})"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{kind} {where}: is not valid TOML: {error}"]) from None
