"""What a comparison of two models says, in plain sentences."""

from triage.evaluation.comparison import ALL, Comparison
from triage.evaluation.discordance import Discordance
from triage.labels import LANGUAGE_TITLES

CHANCE = 0.05
"""A split less likely than this, were the models equally good, is called more than chance."""

_DOES = {
    "found": ("find", "{cases} high-risk complaints"),
    "false_alarms": ("raise false alarms in", "{cases} complaints without high risk"),
    "category": ("get the category right in", "{cases} complaints"),
    "pairs": ("get both sides right in", "{cases} minimal pairs"),
}


def write_verdict(comparison: Comparison) -> tuple[str, ...]:
    """Write what matters about two models, the most important first.

    :returns: sentences: on high risk found, false alarms, categories and pairs; then one for each
        language, where there are several, in which the models differ by more than chance.
    """
    lines = [_write_line(name, comparison.tests[name][ALL]) for name in _DOES]
    for question in _DOES:
        _, *languages = comparison.tests[question]
        for language in languages if len(languages) > 1 else ():
            test = comparison.tests[question][language]
            if test.p_holm < CHANCE:
                lines.append(f"{LANGUAGE_TITLES[language]}: {_write_line(question, test)}")
    return tuple(line for line in lines if line)


def _write_line(question: str, test: Discordance) -> str:
    verb, what = _DOES[question]
    if not test.cases:
        return ""
    cases = what.format(cases=f"{test.cases:,}")
    a, b = test.right_a, test.right_b
    if question == "false_alarms":  # right is where there is none
        a, b = test.cases - a, test.cases - b
    if not test.only_a + test.only_b:
        return f"A and B {verb} the same {a:,} of {cases}."
    if a == b:
        return f"A and B each {verb} {a:,} of {cases}, but {test.only_b:,} of them are others."
    more = "more" if b > a else "fewer"
    start = f"B {_third(verb)} {abs(b - a):,} {more} of {cases} ({b:,}, A {a:,})"
    sure = "that is more than chance" if test.p_holm < CHANCE else "the difference may be chance"
    return f"{start}; {sure} (p {show_p(test.p_holm)})."


def _third(verb: str) -> str:
    """Put a verb into the third person: ``get right`` to ``gets right``."""
    first, _, rest = verb.partition(" ")
    return f"{first}s {rest}".rstrip()


def show_p(p_value: float) -> str:
    """Write a p-value with its sign.

    >>> show_p(0.5), show_p(0.0004)
    ('= 0.50', '< 0.001')
    """
    if p_value < 0.001:
        return "< 0.001"
    return f"= {p_value:.2f}" if p_value >= 0.095 else f"= {p_value:.3f}"
