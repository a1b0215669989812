"""The same model on a Spark cluster. The only importer of pyspark.

>>> from triage import spark                                       # doctest: +SKIP
>>> assessed = spark.score(session.table("desk.complaints"))       # doctest: +SKIP
"""

from triage.spark.files import score_files
from triage.spark.frames import score

__all__ = ["score", "score_files"]
