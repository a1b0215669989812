"""``triage assess``: one complaint explained."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triage.errors import DataError

if TYPE_CHECKING:
    from triage.records import Assessment, Evidence


def assess(
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The complaint, or - to read it from standard input."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            envvar="TRIAGE_MODEL",
            help="Model folder, champion or default. Default: the model in use.",
        ),
    ] = None,
) -> None:
    """Explain one complaint: what was read where, what it means, what follows.

    Example: triage assess "video call record karke 5000 maang raha hai, jeene ka mann nahi karta"
    """
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    if not text.strip():
        raise DataError(
            "the complaint is empty; give its text, or - and the text on standard input"
        )
    from triage.cli.terminal import note
    from triage.default_model import load_model

    found = load_model(model, progress=note).assess(text)
    if as_json:
        typer.echo(json.dumps(describe(found), ensure_ascii=False, indent=2))
    else:
        _explain(found)


def describe(found: "Assessment") -> dict[str, Any]:
    """Give an assessment as plain values; snippets are masked, offsets are into the text."""
    from triage.ranking import ASSESSMENT_COLUMNS, list_values

    row = dict(zip(ASSESSMENT_COLUMNS, list_values(found), strict=True))
    row["reasons"] = list(found.reasons)
    row["evidence"] = [
        {
            "start": item.start,
            "end": item.end,
            "level": item.level,
            "counts": item.counts,
            "context": list(item.context),
            "cue": item.cue,
            "words": item.snippet,
        }
        for item in found.evidence
    ]
    return row


def _explain(found: "Assessment") -> None:
    from rich.console import Console
    from rich.text import Text

    from triage.cli.terminal import PRIORITY_STYLES
    from triage.labels import LANGUAGE_TITLES
    from triage.policy import load_policy

    console = Console(highlight=False)
    console.print(Text(f" {found.priority} ", style=PRIORITY_STYLES[found.priority]), end=" ")
    console.print(Text("; ".join(found.reasons)))
    hindi = {rule.reason: rule.reason_hi for rule in load_policy().rules}
    console.print(Text("; ".join(hindi[reason] for reason in found.reasons if reason in hindi)))
    console.print(f"urgency   {int(found.urgency)} {found.urgency.shown}: {found.urgency.meaning}")
    high = "high" if found.high_risk else "not high"
    console.print(
        f"risk      {found.risk:.0%} likely level 2 or more ({high} at the operating point)"
    )
    console.print(f"category  {found.category.shown} ({found.category_confidence:.0%})")
    console.print(f"language  {LANGUAGE_TITLES[found.language]}")
    flags = {"somebody else's life": found.at_risk == "other", "a death is reported": found.death_reported,
             "somebody under 18": found.minor}  # fmt: skip
    if any(flags.values()):
        console.print(f"also      {', '.join(name for name, holds in flags.items() if holds)}")
    if found.evidence:
        console.print("\nwhat was read")
    for item in found.evidence:
        console.print(Text(f"  {_evidence_line(item)}"))
    console.print(f"\nwhat to do\n{_advice(found)}", style="none")


def _evidence_line(item: "Evidence") -> str:
    from triage.labels import CONTEXT_TITLES
    from triage.text.lexicon import load_lexicon

    cues = {cue.id: cue for cue in load_lexicon().cues}
    cue = cues.get(item.cue)
    meaning = cue.meaning if cue else "the sentence that weighs most"
    context = ", ".join(CONTEXT_TITLES.get(kind, kind) for kind in item.context)
    level = "" if not item.level else f", level {item.level}" if item.counts else ", does not count"
    about = f": {context}" if context else ""
    return f'"{item.snippet}"  characters {item.start}-{item.end}: {meaning}{level}{about}'


def _advice(found: "Assessment") -> str:
    """Say where the complainant can be sent; numbers as in docs/helplines.md."""
    lines = []
    if found.urgency >= 3:
        lines.append("  call now; danger to life: 112 (emergency) / अभी फोन करें; जान का खतरा: 112")
    if found.high_risk or found.urgency:
        lines.append("  Tele-MANAS 14416, mental-health helpline, 24 h / टेली-मानस 14416, 24 घंटे")
    if found.minor:
        lines.append("  child helpline 1098; under 18: POCSO s.19 / बाल हेल्पलाइन 1098")
    if found.category == "other_fraud":
        lines.append("  money moved: 1930 at once, it may still be frozen / पैसा गया हो तो तुरंत 1930")
    else:
        site = "takeitdown.ncmec.org" if found.minor else "StopNCII.org"
        lines.append(f"  images: {site} has platforms block them / तस्वीरें रुकवाएं: {site}")
        lines.append("  not to pay; keep chats and numbers as evidence / पैसे न दें; सबूत रखें")
    return "\n".join(lines)
