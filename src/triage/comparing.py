"""Use case: two models and labelled complaints in, what sets the models apart out."""

from collections.abc import Callable, Sequence

from triage.evaluating import judge
from triage.evaluation.comparison import Comparison, compare_cases
from triage.model_names import load_named_model
from triage.records import LabelledComplaint

Progress = Callable[[str], None]


def compare_models(
    name_a: str,
    name_b: str,
    complaints: Sequence[LabelledComplaint],
    *,
    store: str,
    progress: Progress = lambda step: None,
) -> Comparison:
    """Compare two models on the same labelled complaints.

    :param name_a: the model that is measured against; see ``model_names.load_named_model``.
    :param name_b: the model that would take its place.
    :param complaints: best such that neither model has learned from.
    :param store: address of the MLflow store that runs are looked for in.
    :param progress: called with a plain line before each step.
    :raises ModelError: where a model cannot be used.
    """
    # Both are loaded before any work: a folder that cannot be used is told at once.
    model_a, model_b = (
        load_named_model(name, store=store, progress=progress) for name in (name_a, name_b)
    )
    progress(f"A assesses {len(complaints):,} complaints")
    cases_a = judge(model_a, complaints)
    progress(f"B assesses {len(complaints):,} complaints")
    cases_b = judge(model_b, complaints)
    progress("drawing stories for the intervals")
    return compare_cases(cases_a, cases_b)
