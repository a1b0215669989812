"""Does the desk stay quick, and lose nothing, when everybody works at once?

    python tests/benchmarks/desk_load.py [--postgresql] [--seconds 60] [--staff 50] [--rate 20]

Starts ``triage desk`` as a process of its own on a new database with 5,000 made-up complaints, signs
50 staff in, and then, for a minute: each of them looks at the queue with some filter, opens a case,
takes it, notes, corrects, records a call, closes it and goes on to the next, 2 to 5 seconds between
two clicks; each also has the queue open, which asks for news each 3 seconds; and the portal's
software sends 20 complaints a second, whether or not the desk keeps up. Then it looks into the
database: what was sent and is there, cases that two people won, and the audit log.

The client shares the machine with the desk; how much of the processor each took is told. Times are
those of the client, from the click (or from when a complaint was due to be sent) to the last byte.
"""

import argparse
import asyncio
import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
from desk_staff import PASSWORD, Ledger, Worker, send_complaints
from made_up_backlog import Row, make_rows
from sqlalchemy import func, select

from triage.default_model import load_model, prepare_model
from triage.desk.intake.arrivals import register
from triage.desk.intake.reading import ComplaintReader
from triage.desk.people.accounts import add_user
from triage.desk.people.tokens import make_token
from triage.desk.store import audit
from triage.desk.store.database import DeskDatabase, open_database
from triage.desk.store.schema import Complaint, Event
from triage.records import Complaint as Given

ASKED_MS = 300
"""What the 95th percentile of each page may take."""

START_S = 120


def fill(url: str, staff: list[str], rows: Iterator[Row]) -> str:
    """Make the accounts, a token and the complaints that wait already.

    :returns: the token.
    """
    found = prepare_model(None, progress=print)
    reader = ComplaintReader(load_model(found), "load test")
    database = open_database(url)
    now = datetime.now(UTC)
    with database.write() as session:
        admin = add_user(session, name="esha", shown_name="Esha", role="admin", by=None, now=now,
                         password=PASSWORD, must_change=False)  # fmt: skip
        token = make_token(session, name="portal", by=admin, now=now)
        for name in staff:
            add_user(session, name=name, shown_name=name.title(), role="staff", by=admin, now=now,
                     password=PASSWORD, must_change=False)  # fmt: skip
    while batch := list(islice(rows, 64)):
        read = reader.read([Given(id=row["id"], text=row["text"]) for row in batch])
        with database.write() as session:
            register(session, read, source="upload", now=datetime.now(UTC))
    database.close()
    return token


@contextmanager
def running(url: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the desk on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "triage", "desk", "--database", url, "--folder", str(folder)]
    with (folder / "log").open("wb") as log:
        desk = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                httpx.get(f"{address}/api/health", timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                if desk.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"no desk: {(folder / 'log').read_text()}") from None
                time.sleep(0.2)
        yield address, desk
    finally:
        desk.terminate()
        desk.wait(30)
    print((folder / "log").read_text().partition("खोलें।")[2].strip())  # what went wrong, if it did


async def press(
    address: str,
    desk: int,
    staff: list[str],
    token: str,
    rows: list[Row],
    seconds: float,
    rate: float,
) -> Ledger:
    """Sign everybody in, then let them work."""
    ledger = Ledger()
    workers = [Worker(name, address, ledger) for name in staff]
    for worker in workers:  # one after the other: argon2 takes its time, and is not measured here
        await worker.sign_in()
    own, theirs = time.process_time(), find_cpu_s(desk)
    begun = asyncio.get_running_loop().time()
    until = begun + seconds
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send_complaints(address, token, rows, rate, ledger))
        for worker in workers:
            tasks.create_task(worker.work(until))
            tasks.create_task(worker.poll(until))
    took = asyncio.get_running_loop().time() - begun
    print(
        f"{took:.0f} s; of one processor the client took {(time.process_time() - own) / took:.0%},"
        f" the desk {(find_cpu_s(desk) - theirs) / took:.0%}; memory of the desk"
        f" {find_memory_mb(desk):,.0f} MB; load {os.getloadavg()[0]:.1f}"
    )
    for worker in workers:
        await worker.browser.aclose()
    return ledger


def find_cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def find_memory_mb(process: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024


def show_times(ledger: Ledger) -> bool:
    """Print the percentiles of each kind of page; say whether they are as asked."""
    print(f"{'ms':20}  asked    p50    p95    p99  worst     KB   answers")
    quick = True
    for kind, times in sorted(ledger.times_ms.items()):
        times.sort()
        p50, p95, p99 = (times[min(int(len(times) * p), len(times) - 1)] for p in (0.5, 0.95, 0.99))
        quick = quick and p95 < ASKED_MS
        codes = ", ".join(
            f"{code}: {n:,}" for (each, code), n in sorted(ledger.answers.items()) if each == kind
        )
        size = ledger.bytes_read[kind] / len(times) / 1024
        print(
            f"{kind:20} {len(times):6,} {p50:6.0f} {p95:6.0f} {p99:6.0f} {times[-1]:6.0f}"
            f" {size:6.0f}   {codes}"
        )
    return quick


def check_database(database: DeskDatabase, ledger: Ledger) -> bool:
    """Print what was lost, doubled or won twice; say whether nothing was."""
    with database.read() as session:
        api = select(Complaint.number, Complaint.id).where(Complaint.source == "api")
        kept = session.execute(api).all()
        claims = (
            select(Event.complaint_id).where(Event.kind == "claimed").group_by(Event.complaint_id)
        )
        twice = len(
            session.execute(claims.having(func.count() > 1)).all()
        )  # none is given back here
        head = audit.verify(session)
    lost = set(ledger.sent) - {row.number for row in kept}
    wrong = [number for number, id in ledger.accepted.items() if (number, id) not in set(kept)]
    double = len(kept) - len({row.number for row in kept})
    won_twice = sum(len(names) > 1 for names in ledger.won.values())
    print(
        f"complaints sent {len(ledger.sent):,}, answered {len(ledger.accepted):,}, in the database"
        f" {len(kept):,}: lost {len(lost)}, double {double}, with another id {len(wrong)}\n"
        f"cases won {len(ledger.won):,}: by two {won_twice}, claimed twice in the history {twice}\n"
        f"failures {dict(ledger.failures) or 'none'}; audit log sound, {head.seq:,} lines"
    )
    errors = sum(n for (_, code), n in ledger.answers.items() if code >= 400 and code != 409)
    return not (lost or wrong or double or won_twice or twice or errors or ledger.failures)


@contextmanager
def making_database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    """Give the address of an empty database."""
    if not postgresql:
        yield f"sqlite:///{folder / 'desk.db'}"
        return
    place = Path(__file__).parents[1] / "unit" / "desk" / "conftest.py"
    spec = importlib.util.spec_from_file_location("desk_conftest", place)
    desk_tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(desk_tests)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent
    own = Path(tempfile.mkdtemp(prefix="pg-", dir=folder))
    folder.chmod(0o755)  # the server runs as another user
    with (
        desk_tests.PostgresqlServer(programs, own).running() as server,
        server.build_database() as url,
    ):
        yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postgresql", action="store_true", help="on a server started for it")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--staff", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20, help="complaints a second")
    parser.add_argument("--waiting", type=int, default=5000, help="complaints in the queue already")
    chosen = parser.parse_args()
    staff = [f"staff{number}" for number in range(1, chosen.staff + 1)]
    made = make_rows(chosen.waiting + int(chosen.rate * chosen.seconds))
    with (
        tempfile.TemporaryDirectory(prefix="desk-load-") as name,
        making_database(Path(name), postgresql=chosen.postgresql) as url,
    ):
        token = fill(url, staff, islice(made, chosen.waiting))
        rows = list(made)
        with running(url, Path(name)) as (address, desk):
            ledger = asyncio.run(
                press(address, desk.pid, staff, token, rows, chosen.seconds, chosen.rate)
            )
        quick = show_times(ledger)
        database = open_database(url)
        sound = check_database(database, ledger)
        database.close()
    print(f"asked: p95 of each page under {ASKED_MS} ms: {'met' if quick else 'NOT met'};"
          f" nothing lost and no errors: {'met' if sound else 'NOT met'}")  # fmt: skip


if __name__ == "__main__":
    main()
