"""The model as MLflow serves it: a "model from code" round a model folder.

MLflow runs this file when it loads the model, so it needs triage installed and nothing else.
One complaint gets the same assessment here as everywhere: a row that fails comes back for review.
"""

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class TriageService(PythonModel):
    """Assesses tables with a column ``text`` and, where there is one, ``id``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model folder, checked as everywhere."""
        from triage.persistence import load_model_folder
        from triage.tracking.signature import FOLDER

        self.model = load_model_folder(Path(context.artifacts[FOLDER]))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,
    ) -> pd.DataFrame | np.ndarray:
        """Assess complaints; see ``tables.assess_table``.

        :param params: ``column`` asks for one column alone, which is what MLflow can measure.
        """
        from triage.tables import assess_table

        table = assess_table(self.model, model_input)
        column = str((params or {}).get("column") or "")
        if column and column not in table.columns:
            raise ValueError(f"no column {column!r}; there are {', '.join(table.columns)}")
        return table[column].to_numpy() if column else table


mlflow.models.set_model(TriageService())
