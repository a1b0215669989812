"""Finds the messages that the code builds, with ``{}`` where a value goes."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import triage

SRC = Path(triage.__file__).parent
BUILDING = ("desk", "files", "model", "web", "backlog/sources.py", "datasets.py")
"""Where messages are built that can reach a page."""

REACHING = (
    *("desk/casework", "desk/intake", "desk/people", "files/lines.py", "files/rows.py"),
    *("datasets.py", "web/routes", "web/spool.py"),
)
"""Where nearly all that is raised reaches a page."""


@cache
def list_shapes() -> list[re.Pattern[str]]:
    """List patterns that fit all texts of the code that may be messages."""
    texts = {text for file in _files(BUILDING) for node in _walk(file) for text in _read(node)}
    told = [text.lstrip("{}:, ") for text in texts if " " in text.strip()]
    return [
        re.compile(".+".join(map(re.escape, text.split("{}")))) for text in told if len(text) > 6
    ]


def list_raised() -> set[str]:
    """List the messages of errors where nearly all of them reach a page."""
    return {
        text
        for file in _files(REACHING)
        for node in _walk(file)
        if isinstance(node, ast.Call) and _name(node.func).endswith("Error") and node.args
        for text in _read(node.args[0])
    }


def _files(places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        path = SRC / place
        yield from [path] if path.is_file() else path.rglob("*.py")


def _walk(file: Path) -> Iterator[ast.AST]:
    return () if file.name == "refusals.py" else ast.walk(ast.parse(file.read_text("utf-8")))


def _read(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = (str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        return ["".join(parts)]
    if isinstance(node, ast.List):
        return [text for item in node.elts for text in _read(item)]
    return []


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
