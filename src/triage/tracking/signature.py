"""What the served model takes and gives, for MLflow: columns, a made-up example, packages."""

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

FOLDER = "model_folder"
"""Name of the artifact that is the model folder."""

_PACKAGES = ("joblib", "numpy", "pandas", "scikit-learn", "scipy", "skops", "spacy")
_TYPES = {str: "string", int: "long", float: "double", bool: "boolean"}


def build_signature() -> "ModelSignature":
    """Build the signature: ``text`` and maybe ``id`` in, the columns of an assessment out.

    The parameter ``column`` asks for one of them alone.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    from triage.ranking import ASSESSMENT_COLUMNS, KINDS

    return ModelSignature(
        Schema([ColSpec("string", "text"), ColSpec("string", "id", required=False)]),
        Schema([ColSpec(_TYPES[KINDS[name]], name) for name in ASSESSMENT_COLUMNS]),
        ParamSchema([ParamSpec("column", "string", "")]),
    )


def build_example() -> "pd.DataFrame":
    """Make up an input, for documentation: nobody wrote it."""
    import pandas as pd

    return pd.DataFrame(
        {
            "id": ["example-1", "example-2"],
            "text": [
                "Example: they recorded my video call and ask for 5,000 rupees",
                "Example: a courier's link took 900 rupees from my account",
            ],
        }
    )


def list_requirements() -> list[str]:
    """List the packages that the model needs, triage itself among them, in their versions."""
    return [f"triage=={version('triage')}", *(f"{name}=={version(name)}" for name in _PACKAGES)]
