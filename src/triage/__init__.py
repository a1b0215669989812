"""triage reads complaints to India's cyber police cells and tells the desk whom to call first.

>>> from triage import load_model                                              # doctest: +SKIP
>>> load_model().assess("video call record karke paise maang raha hai").priority  # doctest: +SKIP
<Priority.P3: 'P3'>
"""

from importlib import import_module
from typing import TYPE_CHECKING

from triage.errors import TriageError
from triage.labels import Category, Priority, Urgency
from triage.records import Assessment, Complaint

if TYPE_CHECKING:
    from triage.default_model import load_model
    from triage.model.assessor import TriageModel

__version__ = "0.1.0"
__all__ = [
    "Assessment",
    "Category",
    "Complaint",
    "Priority",
    "TriageError",
    "TriageModel",
    "Urgency",
    "load_model",
]

_LATER = {"load_model": "triage.default_model", "TriageModel": "triage.model.assessor"}


def __getattr__(name: str) -> object:
    """Import what is slow to import when it is first asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'triage' has no attribute {name!r}")
