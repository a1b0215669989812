"""Settings, gates, plans and rules: whatever is wrong with the file itself is told in the same words."""

import re

import pytest

from triage.config import load_settings
from triage.desk.casework.guidance import load_guide
from triage.errors import ConfigError
from triage.gates import load_gates
from triage.policy import load_policy
from triage.search_plan import load_plan

LOADERS = {
    load_settings: ("", "model"),
    load_gates: ("", "gates"),
    load_plan: ("", "search"),
    load_policy: ("policy ", "rule"),
    load_guide: ("guidance ", "step"),
}


@pytest.fixture(params=LOADERS, ids=lambda load: load.__name__)
def refuse(request, tmp_path):
    """Give a function that has a file refused, and gives the one line that says why."""

    def refuse(content, expected):
        path = tmp_path / "own.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError) as told:
            request.param(path)
        assert re.search(rf"^{LOADERS[request.param][0]}{path}: {expected}", str(told.value))

    refuse.name = LOADERS[request.param][1]
    return refuse


def test_a_file_that_is_not_there(refuse):
    refuse(None, r"cannot be read \(No such file or directory\)$")


@pytest.mark.parametrize("content", [b"[model", b"= 3", b"[[rule]]\nreason = '\xff'", b"\xff\xfe"])
def test_what_is_no_toml(refuse, content):
    refuse(content, r"is not valid TOML \(.+\)$")


def test_a_name_that_stands_for_something_else(refuse):
    expected = r"(is a single value, expected a table \[|is no list of tables, expected \[\[)"
    refuse(f"{refuse.name} = 3".encode(), f"{refuse.name} {expected}{refuse.name}")


@pytest.mark.parametrize("load", [load_policy, load_guide])
@pytest.mark.parametrize("content", ["{name} = [1]", "[{name}]\nid = 3"])
def test_rules_are_a_list_of_tables(tmp_path, load, content):
    name = LOADERS[load][1]
    (tmp_path / "own.toml").write_text(content.format(name=name))
    with pytest.raises(ConfigError, match=rf"expected \[\[{name}\]\]"):
        load(tmp_path / "own.toml")
