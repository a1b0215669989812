"""How fast is a backlog scored, and does memory stay flat as it grows?

    python tests/benchmarks/backlog.py [--sizes 20000 100000] [--workers 1 2] [--kind jsonl]
    python tests/benchmarks/backlog.py --sizes 100000 1000000        (about half an hour)

Makes up backlogs (``made_up_backlog.py`` says of what), runs ``triage score`` on each as a process
of its own, and looks each second at the memory of the whole process tree (PSS: what is shared
between processes counts once) and at what lies beside the output. Rows a second are told for the
whole run, and between the two sizes, which leaves the start out. As the control: what two processes
of the tokeniser alone give over one on this machine.
"""

import argparse
import hashlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from made_up_backlog import make_rows, write_backlog

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ``triage score``.

    :param peak_mb: most memory of the process tree, of one look a second.
    :param disk_mb: most that lay in the output's folder, the ledger and the output together.
    :param digest: of the ranked file.
    """

    rows: int
    workers: int
    seconds: float
    peak_mb: float
    disk_mb: float
    digest: str


def score(backlog: Path, rows: int, workers: int, *, every_s: float = 1.0) -> Run:
    with (
        tempfile.TemporaryDirectory(dir=backlog.parent) as folder,
        tempfile.TemporaryFile() as said,
    ):
        output = Path(folder) / "ranked.csv"
        command = [sys.executable, "-m", "triage", "score", str(backlog), "-o", str(output)]
        command += ["--workers", str(workers), "--rows", "0"]
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=said)
        peak = disk = 0.0
        while True:
            peak = max(peak, measure_memory(child.pid))
            disk = max(disk, measure_folder(Path(folder)))
            with suppress(subprocess.TimeoutExpired):
                child.wait(every_s)
                break
        seconds = time.perf_counter() - start
        if child.returncode:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-3:]
            raise SystemExit(f"triage score ended with {child.returncode}: " + " | ".join(last))
        check_output(output, rows)
        digest = hashlib.file_digest(output.open("rb"), "sha256").hexdigest()
        return Run(rows, workers, seconds, peak, disk, digest)


def measure_memory(root: int) -> float:
    """Give the PSS in MB of a process and of all that it started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(map(_read_pss, tree))


def _read_pss(pid: int) -> float:
    with suppress(OSError):  # it may have ended in between
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def measure_folder(folder: Path) -> float:
    sizes = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            sizes += path.stat().st_size
    return sizes / MB


def check_output(output: Path, rows: int) -> None:
    """See that the ranked file has each row once; ids stand in the second column."""
    import csv

    with output.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        ids = [row["id"] for row in reader]
    if len(ids) != rows or len(set(ids)) != rows:
        raise SystemExit(f"{rows:,} rows in, {len(ids):,} out, {len(set(ids)):,} of them different")


def compare_tokenisers(rounds: int = 5) -> float:
    """Give what two processes of the tokeniser alone do over one, on the same texts each."""
    context = multiprocessing.get_context("spawn")
    ratios = []
    with context.Pool(2, initializer=_prepare_tokeniser) as pool:
        for _ in range(rounds + 1):
            alone = pool.apply(_tokenise)
            start = time.perf_counter()
            pool.map(_tokenise, range(2), chunksize=1)
            ratios.append(2 * alone / (time.perf_counter() - start))
    return sorted(ratios[1:])[rounds // 2]


def _prepare_tokeniser() -> None:
    global _blank, _texts
    import spacy

    _blank = spacy.blank("xx")
    _texts = [row["text"] for row in islice(make_rows(8000), 8000)]
    _tokenise()


def _tokenise(_: int = 0) -> float:
    start = time.perf_counter()
    for text in _texts:
        _blank.make_doc(text)
    return time.perf_counter() - start


def show(runs: list[Run]) -> None:
    print("\nworkers      rows  seconds   rows/s  peak memory  beside the output")
    for run in runs:
        print(
            f"{run.workers:7} {run.rows:9,} {run.seconds:8.1f} {run.rows / run.seconds:8,.0f}"
            f" {run.peak_mb:9,.0f} MB {run.disk_mb:15,.0f} MB"
        )
    print()
    rates = {}
    for workers in dict.fromkeys(run.workers for run in runs):
        few, *_, many = [run for run in runs if run.workers == workers] * 2
        smallest, largest = sorted((few, many), key=lambda run: run.rows)
        if largest.rows > smallest.rows:
            rate = (largest.rows - smallest.rows) / (largest.seconds - smallest.seconds)
            growth = largest.peak_mb / smallest.peak_mb - 1
            rates[workers] = rate
            print(
                f"{workers} workers: {rate:,.0f} rows/s from {smallest.rows:,} to"
                f" {largest.rows:,} rows; memory grew by {growth:.1%}"
            )
        else:
            rates[workers] = largest.rows / largest.seconds
    if 1 in rates:
        for workers in rates.keys() - {1}:
            print(f"{workers} workers over 1: {rates[workers] / rates[1]:.2f} times as fast")
    for rows in dict.fromkeys(run.rows for run in runs):
        digests = [run.digest for run in runs if run.rows == rows]
        if len(digests) > 1:  # one run alone proves nothing
            same = "the same bytes" if len(set(digests)) == 1 else "DIFFERENT BYTES"
            print(f"{rows:,} rows: {same} from {len(digests)} runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000], metavar="ROWS")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--kind", choices=["jsonl", "csv", "parquet"], default="jsonl")
    parser.add_argument("--folder", type=Path, help="where to work; default: the system's own")
    parser.add_argument("--make", type=Path, metavar="FILE", help="write a backlog, and end")
    options = parser.parse_args()
    if options.make:
        write_backlog(options.make, max(options.sizes))
        return
    runs = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for rows in sorted(options.sizes):
            backlog = Path(folder) / f"backlog_{rows}.{options.kind}"
            write_backlog(backlog, rows)
            print(f"{rows:,} made-up rows, {backlog.stat().st_size / MB:,.0f} MB", flush=True)
            for workers in options.workers:
                runs.append(score(backlog, rows, workers))
                print(f"  {workers} workers: {runs[-1].seconds:.0f} s", flush=True)
            backlog.unlink()
    show(runs)
    print(f"load of the machine by now: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    ratio = compare_tokenisers()
    print(f"control: two processes of the tokeniser alone over one: {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
