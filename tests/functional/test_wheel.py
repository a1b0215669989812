"""An installed wheel works outside the repository: it brings all that it reads."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_wheel_holds_lexicon_policy_and_corpus(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path),
            str(ROOT),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "en.toml",
        "hi.toml",
        "mr.toml",
        "crime.toml",
        "spellings.toml",
        "names.txt",
        "common_words.txt",
    ):
        assert f"triage/text/lexicon/{name}" in names
    assert {"triage/policy.toml", "triage/py.typed"} <= names
    source = ROOT / "src"
    files = (path for path in (source / "triage").rglob("*") if path.is_file())
    brought = {str(p.relative_to(source)) for p in files if "__pycache__" not in p.parts}
    assert brought <= names, brought - names  # pages, their styles, words and migrations
    shipped = {
        str(p.relative_to(ROOT / "data" / "corpus"))
        for p in (ROOT / "data" / "corpus").rglob("*.jsonl")
    }
    assert {f"triage/bundled/corpus/{name}" for name in shipped} <= names
    code = "from triage.default_model import shipped_corpus, default_folder; print(shipped_corpus(), default_folder())"
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    shown = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "HOME": str(tmp_path), "PATH": ""},
    ).stdout.decode()
    assert str(site / "triage" / "bundled" / "corpus") in shown
    assert str(tmp_path / ".cache" / "triage") in shown
