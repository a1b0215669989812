"""Who works at the desk under load: staff with browsers, and the portal's software; see ``desk_load``."""

import asyncio
import random
import re
import time
import uuid
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from made_up_backlog import Row

from triage.labels import CATEGORIES, Priority

PASSWORD = "three blue umbrellas"
THINK_S = (2.0, 5.0)
POLL_S = 3.0

_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_SHOWN = re.compile(r'"version": (\d+), "at": (\d+)')
_FREE = re.compile(r'hx-post="/cases/(\d+)/claim"')
_VERSION = re.compile(r'name="version" value="(\d+)"')


@dataclass(slots=True)
class Ledger:
    """What was asked and answered.

    :param times_ms: by kind of page.
    :param won: by case, the staff whose claim was answered with success.
    :param accepted: by number of a complaint, the id that the desk gave it.
    """

    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    won: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sent: list[str] = field(default_factory=list)
    accepted: dict[str, int] = field(default_factory=dict)
    bytes_read: Counter[str] = field(default_factory=Counter)


class Worker:
    """One of the staff, with a browser of their own."""

    def __init__(self, name: str, address: str, ledger: Ledger) -> None:
        self.name, self.ledger = name, ledger
        self.chance = random.Random(name)
        self.browser = httpx.AsyncClient(
            base_url=address, verify=False, timeout=60, limits=httpx.Limits(keepalive_expiry=4)
        )
        self.shown = ("0", "0")

    async def sign_in(self) -> None:
        page = await self.browser.get("/sign-in")
        form = {"name": self.name, "password": PASSWORD, "csrf_token": _CSRF.search(page.text)[1]}
        answer = await self.browser.post("/sign-in", data=form)
        assert answer.status_code == 303, (self.name, answer.status_code)
        told = await self.browser.get("/session", headers={"accept": "application/json"})
        self.token = told.json()["csrf_token"]

    async def work(self, until: float) -> None:
        with suppress(TimeoutError):  # where the shift ends
            async with asyncio.timeout_at(until):
                await asyncio.sleep(self.chance.uniform(0, THINK_S[1]))
                while True:
                    case = await self._choose()
                    if case is not None and await self._take(case):
                        await self._finish(case)

    async def poll(self, until: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, POLL_S))
        while asyncio.get_running_loop().time() < until:
            version, at = self.shown
            page = await self._ask(
                "POST", "/queue/rows", "news of the queue", version=version, at=at
            )
            if page and page.status_code == 200 and (shown := _SHOWN.search(page.text)):
                self.shown = shown.groups()
            await asyncio.sleep(POLL_S)

    async def _choose(self) -> str | None:
        """Look at the queue, and choose one of the first whom nobody has."""
        if self.chance.random() < 0.15:
            words = self.chance.choice(["video call", "bank", "loan app", "98765", "paisa", "job"])
            page = await self._click("POST", "/queue/rows", "search", search=words)
        else:
            page = await self._click("GET", self._choose_filters(), "queue")
        free = _FREE.findall(page.text)[:20] if page else []
        return self.chance.choice(free) if free else None

    def _choose_filters(self) -> str:
        return self.chance.choice(
            [
                *("/", "/", "/?mine=true", "/?overdue=true", "/?page=3", "/?status=new"),
                f"/?priority={self.chance.choice([*Priority])}",
                f"/?category={self.chance.choice(CATEGORIES)}",
                f"/?language={self.chance.choice(['en', 'hi', 'mr', 'hinglish'])}",
            ]
        )

    async def _take(self, case: str) -> bool:
        await self._click("GET", f"/cases/{case}", "case")
        answer = await self._click("POST", f"/cases/{case}/claim", "claim")
        if answer and answer.status_code == 200:
            self.ledger.won[case].add(self.name)
            return True
        return False

    async def _finish(self, case: str) -> None:
        version = {}
        label = self.chance.choice(
            [{"category": self.chance.choice(CATEGORIES)}, {"urgency": self.chance.randrange(5)}]
        )
        for step, form in (
            ("note", {"note": "called from the desk, asked to keep the screenshots"}),
            ("correct", label),
            ("call", {"outcome": "reached"}),
            ("close", {"outcome": "helped"}),
        ):
            needed = version if step in ("correct", "close") else {}
            page = await self._click("POST", f"/cases/{case}/{step}", step, **form, **needed)
            if page and (found := _VERSION.search(page.text)):
                version = {"version": found[1]}

    async def _click(self, method: str, path: str, kind: str, **form: object):
        page = await self._ask(method, path, kind, **form)
        await asyncio.sleep(self.chance.uniform(*THINK_S))
        return page

    async def _ask(self, method: str, path: str, kind: str, **form: object):
        headers = {"accept": "text/html"}
        if method == "POST":
            headers = {"hx-request": "true", "x-csrf-token": self.token}
        if kind == "news of the queue":
            headers["x-desk-poll"] = "true"
        due = time.perf_counter()
        request = self.browser.request(method, path, data=form or None, headers=headers)
        return await keep(self.ledger, kind, due, request)


async def keep(ledger: Ledger, kind: str, due: float, request):
    """Wait for an answer and write down how long it took."""
    try:
        answer = await request
    except httpx.HTTPError as error:
        ledger.failures[f"{kind}: {type(error).__name__}"] += 1
        return None
    kind = "no news" if answer.status_code == 204 else kind
    ledger.times_ms[kind].append((time.perf_counter() - due) * 1000)
    ledger.answers[kind, answer.status_code] += 1
    ledger.bytes_read[kind] += len(answer.content)
    return answer


async def send_complaints(
    address: str, token: str, rows: list[Row], rate: float, ledger: Ledger
) -> None:
    """Send complaints at their times, however long the desk takes for those before."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=4)
    start = time.perf_counter()
    async with (
        httpx.AsyncClient(base_url=address, verify=False, timeout=60, limits=limits) as portal,
        asyncio.TaskGroup() as tasks,
    ):

        async def send(row: Row, due: float) -> None:
            headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid.uuid4())}
            body = {"number": row["id"], "text": row["text"]}
            request = portal.post("/api/complaints", json=body, headers=headers)
            answer = await keep(ledger, "complaint by API", due, request)
            if answer is not None and answer.status_code == 201:
                ledger.accepted[row["id"]] = answer.json()["id"]

        for place, row in enumerate(rows):
            due = start + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            ledger.sent.append(row["id"])
            tasks.create_task(send(row, due))
