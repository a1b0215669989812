"""A Spark session: the one that is there, or a quiet one of our own; and Spark's errors, tamed."""

import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from triage.errors import ConfigError, MissingLibraryError, TriageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_CONFIGURED_BY = ("PYSPARK_GATEWAY_PORT", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_REMOTE")
"""Variables that say that somebody set up Spark here: spark-submit, an installation, a server."""

_TRIES = 4
"""How often a local task may fail, as on a cluster; alone, Spark's local mode never tries again."""

_LOCAL = {
    # For this machine alone: nothing of it can be reached from elsewhere, and what Spark puts on
    # the disk between two steps is encrypted, since a killed run leaves it there.
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.io.encryption.enabled": "true",
    "spark.hadoop.fs.permissions.umask-mode": "077",  # outputs are for their owner alone
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",  # its messages may quote rows
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
}


def require_pyspark(what: str) -> None:
    """Say at once whether pyspark is there.

    :param what: what needs it, as the beginning of a sentence.
    :raises ConfigError: where it is not installed.
    """
    try:
        with quiet():
            import pyspark.sql  # noqa: F401
    except ImportError:
        raise MissingLibraryError(what, "pyspark", extra="spark") from None


def open_session(master: str | None) -> "tuple[SparkSession, bool]":
    """Give the active session, or start one.

    :param master: address of a cluster (``yarn``, ``k8s://...``, ``spark://...``, ``sc://...`` for
        Spark Connect, ``local[4]``); None takes what this machine has configured, else all cores
        of this machine.
    :returns: the session, and whether it was started here: then it is for the caller to stop it.
    :raises ConfigError: where pyspark or Java is not there, or the master cannot be reached.
    """
    require_pyspark("the engine Spark")
    from pyspark.sql import SparkSession

    found = SparkSession.getActiveSession()
    if found is not None:
        return found, False
    if master is None and not any(name in os.environ for name in _CONFIGURED_BY):
        master = "local[*]"
    with quiet():
        return (_start_local(master) if is_local(master) else _start(master)), True


def is_local(master: str | None) -> bool:
    """Say whether a master is this machine alone.

    >>> is_local("local[2]"), is_local("yarn"), is_local(None)
    (True, False, False)
    """
    return master is not None and (master == "local" or master.startswith("local["))


def name_local(master: str) -> str:
    """Let a task of a local session be tried again.

    >>> name_local("local"), name_local("local[*]"), name_local("local[2,1]")
    ('local[1,4]', 'local[*,4]', 'local[2,1]')
    """
    cores = master.removeprefix("local").strip("[]") or "1"
    return f"local[{cores}]" if "," in cores else f"local[{cores},{_TRIES}]"


def _start_local(master: str | None) -> "SparkSession":
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(name_local(master or "local[*]")).appName("triage")
    for name, value in _LOCAL.items():
        builder = builder.config(name, value)
    with _no_java_chatter(), _own_interrupt():
        return _build(builder, master)


def _start(master: str | None) -> "SparkSession":
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("triage")
    if master is not None:
        remote = master.startswith("sc://")
        builder = builder.remote(master) if remote else builder.master(master)
    return _build(builder, master)


def _build(builder: "SparkSession.Builder", master: str | None) -> "SparkSession":
    try:
        return builder.getOrCreate()
    except Exception as error:  # Java not there, too old, or the master not reachable
        raise ConfigError(
            [
                f"Spark could not be started ({type(error).__name__}, master"
                f" {master or 'as configured'}); it needs Java 17 or newer (Debian: apt install"
                " openjdk-17-jre-headless; or set JAVA_HOME) and a master that answers"
            ]
        ) from None


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """Let Ctrl-C wait until Java has started, which else would be left behind; then it is as it was.

    pyspark would have it ask Java first, in the middle of another question.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
    if heard and callable(before):  # not where Ctrl-C is to be ignored
        raise KeyboardInterrupt


@contextmanager
def _no_java_chatter() -> Iterator[None]:
    """Start Java without its own error channel: it greets with a dozen lines nobody asked for."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep two things from users: pyspark's remark on pandas 3, of which nothing here makes use, and
    the traceback that py4j logs where Ctrl-C or the end of Java interrupts it.
    """
    root = logging.getLogger()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root.addFilter(_is_not_py4j)
        try:
            yield
        finally:
            root.removeFilter(_is_not_py4j)


def _is_not_py4j(record: logging.LogRecord) -> bool:
    return "py4j" not in record.pathname


def list_errors() -> tuple[type[Exception], ...]:
    """List what Spark raises where a job fails; what it does not know comes as Java's own."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


@contextmanager
def tamed(what: str) -> Iterator[None]:
    """Turn Spark's exceptions into one line without their message, which may quote rows.

    :param what: what was being done, as the beginning of a sentence.
    :raises TriageError: for each error that is not one of ours.
    """
    try:
        with quiet():
            yield
    except list_errors() as error:
        raise TriageError(f"{what} failed on Spark: {_name_cause(error)}") from None


def _name_cause(error: Exception) -> str:
    """Say what went wrong, from what cannot quote a row: our own line, or the error's kind."""
    from pyspark.errors import PySparkException

    told = str(error)
    if ours := re.search(r"^triage\.errors\.\w+: (.+)$", told, re.MULTILINE):
        return ours[1]
    if missing := re.search(r"No module named '(triage|pyarrow|spacy|sklearn|skops)\b", told):
        return f"the cluster's Python has no {missing[1]}; install triage there"
    kind = error.getCondition() if isinstance(error, PySparkException) else None
    return f"{kind or type(error).__name__}; its log on the cluster says more"
