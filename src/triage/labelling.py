"""Use case: better labels. Which are likely wrong, which to make next, how far two people agree."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from triage.config import Settings
from triage.corpus import leave_out, read_corpus
from triage.datasets import read_complaints
from triage.default_model import shipped_corpus
from triage.errors import DataError
from triage.evaluation.agreement import Agreement, compare_labellers
from triage.evaluation.corpus_checks import hold_together
from triage.evaluation.label_errors import (
    CATEGORY,
    Suspect,
    find_conflicts,
    find_copies,
    find_suspects,
    import_cleanlab,
)
from triage.evaluation.selection import Chosen, can_be_labelled, choose_next
from triage.files.row_files import check_output, write_rows
from triage.labels import LANGUAGES
from triage.model.assessor import TriageModel
from triage.model.explain import collect_evidence, summarise
from triage.model.fitting import fit
from triage.records import Complaint, LabelledComplaint
from triage.text.lexicon import load_lexicon
from triage.text.pipeline import build_nlp
from triage.text.reading import Reading, read_texts
from triage.text.redaction import redact
from triage.training import check_enough

Progress = Callable[[str], None]

ENOUGH = 2_000
"""Cases from which a file is judged by models taught on it alone."""

SNIPPET = 120
"""Characters of a snippet at most."""

SHEET_COLUMNS = ("language", "category", "urgency", "at_risk", "death_reported", "minor")
"""Columns to fill in, as ``read_corpus`` reads them; the language is filled in where it is known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A likely label error and where it stands.

    :param row: of the file, counted from 1 below a header.
    :param snippet: a few words, masked; empty where they were not asked for.
    """

    id: str
    file: str
    row: int
    suspect: Suspect
    snippet: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit of labels found.

    :param cases: labelled cases that were looked at.
    :param beside: cases of the shipped corpus that the judging models were taught on as well.
    :param findings: worst first.
    """

    cases: int
    beside: int
    findings: tuple[Finding, ...]


def audit_labels(
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str] | None = None,
    model: TriageModel | None = None,
    beside: Sequence[LabelledComplaint] | None = None,
    settings: Settings | None = None,
    with_text: bool = False,
    workers: int = 1,
    note: Progress = lambda line: None,
    progress: Progress = lambda step: None,
) -> Audit:
    """Look for labels that are likely wrong.

    :param columns: our name to the files' own, see ``read_corpus``.
    :param model: judges the cases as it is, which is quick, and right only where it was not taught
        on them; None teaches models by cross-validation, so that none judges a story it has seen.
    :param beside: labelled cases to teach on beside a small file; None takes the shipped corpus.
    :param settings: of the models that are taught; None takes the defaults.
    :param with_text: adds a few masked words of each case.
    :param workers: processes; changes nothing in the result.
    :param note: called with a plain line about what was odd in a file.
    :param progress: called with a plain line before each step.
    :raises DataError: where a file cannot be read, or with every wrong label.
    :raises ConfigError: where cleanlab is not installed.
    """
    import_cleanlab()  # long work is not to end in a missing library
    settings = settings or Settings()
    own = read_corpus(paths, columns=columns, note=note)
    others = [] if model is not None else _choose_company(own, beside, settings)
    together = [*own, *others]
    progress("looking for copies")
    copies = find_copies(together)
    progress(f"reading {len(together):,} complaints")
    batch = read_texts(model.nlp if model else build_nlp(), [c.text for c in together])
    if model is not None:
        signals = model.readers.read(batch)
        decisions, floor = model.heads.decide(signals), signals.floor
    else:
        stories = hold_together(together)  # no model judges a case whose copy it was taught on
        cues = load_lexicon().cues
        fitted = fit(batch, stories, cues, settings, progress=progress, workers=workers)
        decisions, floor = fitted.unseen, fitted.floor
    progress("comparing labels with what was read")
    suspects = find_conflicts(together, copies, own=len(own))
    suspects += find_suspects(together, decisions.category, decisions.at_least, floor)
    listed = sorted((s for s in suspects if s.index < len(own)), key=lambda s: -s.gap)
    readings = batch.readings if with_text else None
    return Audit(len(own), len(others), tuple(_place(s, own, readings) for s in listed))


def _place(
    suspect: Suspect,
    cases: Sequence[LabelledComplaint],
    readings: Sequence[Reading] | None,
) -> Finding:
    case = cases[suspect.index]
    words = _show_words(case, readings[suspect.index], suspect) if readings else ""
    return Finding(case.id, *case.place, suspect, words)


def _choose_company(
    own: Sequence[LabelledComplaint],
    beside: Sequence[LabelledComplaint] | None,
    settings: Settings,
) -> Sequence[LabelledComplaint]:
    if len(own) >= ENOUGH:
        with suppress(DataError):  # too few of some label: then it is taught on with others
            check_enough(own, settings)
            return ()
    others = read_corpus([shipped_corpus()]) if beside is None else beside
    others = leave_out(others, own)
    check_enough([*own, *others], settings)
    return others


def _show_words(complaint: LabelledComplaint, reading: Reading, suspect: Suspect) -> str:
    """Give the words that the lexicon knows for an urgency, else how the text begins; masked."""
    evidence = collect_evidence(complaint.text, reading, level=0, carriers=())
    told = [item for item in evidence if item.level]
    if suspect.field != CATEGORY and told:
        return summarise(told, most=2, width=SNIPPET // 2)
    words = " ".join(redact(complaint.text).split())
    return words if len(words) <= SNIPPET else f"{words[: SNIPPET - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which complaints of a file to label next.

    :param chosen: in the order of the choice.
    :param unreadable: complaints without a text, which nobody can label.
    """

    complaints: list[Complaint] = field(repr=False)
    chosen: list[Chosen]
    unreadable: int


def choose_cases(
    path: Path,
    model: TriageModel,
    *,
    count: int,
    sheet: Path | None = None,
    with_text: bool = False,
    force: bool = False,
    note: Progress = lambda line: None,
    progress: Progress = lambda step: None,
) -> Choice:
    """Choose the complaints of a file that are most worth labelling, and write a sheet to fill in.

    The sheet stands in the order of the file and does not say why a case was chosen: what the model
    thinks must not lead who labels.

    :param sheet: its ending names its kind; None writes none.
    :param with_text: adds the column ``text``, as it was written: nobody can label without it.
    :param force: replaces a sheet that is there.
    :param note: called with a plain line about what was odd in the file.
    :param progress: called with a plain line before each step.
    :raises DataError: where the file or the sheet cannot be used.
    """
    if sheet is not None:
        check_output(sheet, force=force)
        if sheet.resolve() == path.resolve():
            raise DataError("is input and output at once; name another output", path=path)
    complaints = [*read_complaints(path, note=note)]
    chosen = choose_next(complaints, model, count=count, progress=progress)
    if sheet is not None:
        columns = ["id", *(["text"] if with_text else []), *SHEET_COLUMNS]
        empty = dict.fromkeys(SHEET_COLUMNS, "")
        rows = [
            empty
            | {"id": complaints[pick.index].id, "text": complaints[pick.index].text}
            | {"language": pick.language if pick.language in LANGUAGES else ""}
            for pick in sorted(chosen, key=lambda pick: pick.index)
        ]
        write_rows(sheet, rows, columns)
    return Choice(complaints, chosen, sum(not can_be_labelled(c) for c in complaints))


def compare_files(
    first: Path,
    second: Path,
    *,
    columns: Mapping[str, str] | None = None,
    note: Progress = lambda line: None,
) -> Agreement:
    """Compare the labels of two people who labelled the same complaints.

    :param columns: our name to the files' own, see ``read_corpus``.
    :param note: called with a plain line about what was odd in a file.
    :raises DataError: where a file cannot be read, or the two share no id.
    """
    one, two = (read_corpus([path], columns=columns, note=note) for path in (first, second))
    agreement = compare_labellers(one, two)
    if not agreement.cases:
        raise DataError(
            f"{first} and {second} share no id ({len(one):,} and {len(two):,} cases); give the same"
            " complaint the same 'id' in both"
        )
    return agreement
