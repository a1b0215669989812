"""The program as its users start it: a process of its own."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def triage(model_folder, tmp_path):
    """Start ``triage`` in the test's folder and wait for its end.

    :param before: called in the new process before the program, as to set limits.
    """

    def run(
        *args, stdin: str | bytes | None = None, before=None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "triage", *map(str, args)],
            input=data,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "TRIAGE_MODEL": str(model_folder), "PYTHONUTF8": "1", **env},
            timeout=300,
            preexec_fn=before,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run
