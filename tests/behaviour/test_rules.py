"""Every cue and every context rule has its rows here: what it must read, and what it must not.

The rows stand in one TOML file a language: ``rule``, ``text``, ``level`` (the highest level that
counts, 0 if none), and ``applies = false`` for near misses.
"""

import tomllib
from pathlib import Path

import pytest

from triage.text.lexicon import load_lexicon
from triage.text.pipeline import build_nlp
from triage.text.reading import read_texts

ROWS = [
    pytest.param(row, id=f"{path.stem}-{i}-{row['rule']}")
    for path in sorted(Path(__file__).parent.glob("*.toml"))
    for i, row in enumerate(tomllib.loads(path.read_text("utf-8"))["row"], start=1)
]
KINDS = {rule.id: rule.kind for rule in load_lexicon().rules}
UNTESTED_KINDS = ("topic", "minor", "death")


@pytest.fixture(scope="module")
def nlp():
    return build_nlp()


@pytest.mark.parametrize("row", ROWS)
def test_row(nlp, row):
    mentions = [
        m
        for m in read_texts(nlp, [row["text"]]).readings[0].mentions
        if m.cue.kind not in UNTESTED_KINDS
    ]
    level = max((m.level for m in mentions if m.counts), default=0)
    seen = {m.cue.id for m in mentions} | {kind for m in mentions for kind in m.context}
    name = KINDS.get(row["rule"], row["rule"])
    assert level == row["level"], [(m.cue.id, m.level, m.context) for m in mentions]
    if name != "end":
        assert (name in seen) is row.get("applies", True), sorted(seen)


def test_every_rule_has_rows():
    tested = {row.values[0]["rule"] for row in ROWS}
    lexicon = load_lexicon()
    wanted = {cue.id for cue in lexicon.cues if cue.kind not in UNTESTED_KINDS}
    wanted |= {rule.id for rule in lexicon.rules}
    assert not wanted - tested
    assert not tested - wanted
