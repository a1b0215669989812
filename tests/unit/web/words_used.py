"""Finds every English line that the pages can show."""

import ast
import re
from pathlib import Path

from triage.desk.reports import exports
from triage.web import errors, names, rendering, shown
from triage.web.refusals import REFUSALS

WEB = Path(names.__file__).parent
IN_TEMPLATES = re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)"|else t\("((?:[^"\\]|\\.)*)\"""")
SAYING = {"translate", "say", "_say", "_count"}


def find_words() -> set[str]:
    """Find the words in templates, in the code and in the names of ids."""
    return _in_templates() | _in_code() | _in_names()


def _in_templates() -> set[str]:
    found = set()
    for file in (WEB / "templates").glob("*.html"):
        for match in IN_TEMPLATES.finditer(file.read_text("utf-8")):
            found.add((match[1] or match[2]).replace('\\"', '"'))
    return found


def _in_code() -> set[str]:
    found = set()
    for file in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in SAYING:
                found |= {words for argument in node.args for words in _list_words(argument)}
            if isinstance(node, ast.keyword) and node.arg == "done":  # see rendering.render
                found |= set(_list_words(node.value))
    return found - {"en", "hi"}


def _list_words(node: ast.expr) -> list[str]:
    """List the words that an argument may be; what a dictionary is asked for is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _list_words(node.body) + _list_words(node.orelse)
    return []


def _in_names() -> set[str]:
    found: set[str] = {*exports.TITLES.values(), "yes", "no", *REFUSALS}
    for name, value in vars(names).items():
        if name.isupper():
            found |= set(value.values() if isinstance(value, dict) else value)
    found |= {words for pair in errors.PROBLEMS.values() for words in pair}
    found |= {word for _, word in shown.CHANCES} | set(shown.MONTHS)
    return found | {name for _, name, _, _ in rendering.NAVIGATION}


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
