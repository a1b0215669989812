"""The desk's web application, put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from triage.desk.intake.reading import Reader
from triage.desk.intake.uploads import UploadWorker
from triage.desk.intake.watching import FolderWatcher
from triage.desk.store.database import DeskDatabase
from triage.web.errors import add_error_answers
from triage.web.rendering import load_templates
from triage.web.routes import (
    accounts,
    api,
    audit_log,
    case,
    intake,
    queue,
    reports,
    sign_in,
    trends,
    work,
)
from triage.web.security import Guard
from triage.web.spool import sweep

_STATIC = Path(__file__).parent / "static"
_PAGES = (sign_in, queue, case, work, intake, reports, trends, accounts, audit_log)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the desk is reached, and where it works.

    :param tls: it is reached by https, here or at a proxy before it: cookies are sent by https only.
    :param watch: a folder whose files are taken in; None for none.
    :param spool: a folder, readable by the desk alone, for files until they are read.
    :param hosts: names by which it may be asked; ``*`` for any.
    :param clock: gives the time of each request.
    """

    tls: bool
    watch: Path | None
    spool: Path
    hosts: tuple[str, ...] = ("*",)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class _KeptFiles(StaticFiles):
    """Files whose address changes with them: a browser may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def build_app(database: DeskDatabase, reader: Reader, *, settings: WebSettings) -> FastAPI:
    """Build the desk.

    :param database: opened and up to date; it stays the caller's to close.
    :param reader: reads what arrives.
    """
    app = FastAPI(title="triage desk", docs_url=None, redoc_url=None, openapi_url=None,
                  lifespan=_work_behind(database, reader, settings))  # fmt: skip
    app.state.database, app.state.reader, app.state.web = database, reader, settings
    app.state.clock = settings.clock
    load_templates()  # now, not while somebody waits
    app.state.searches = set()
    add_error_answers(app)
    for page in _PAGES:
        app.include_router(page.router)
    app.mount("/api", api.build_api(database, reader, clock=settings.clock))
    app.mount("/static", _KeptFiles(directory=_STATIC))
    if settings.hosts != ("*",):
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts))
    app.add_middleware(Guard, tls=settings.tls)  # added last, it stands first
    return app


def _work_behind(
    database: DeskDatabase, reader: Reader, settings: WebSettings
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Run what works beside the pages: the reading of uploads, and of the watched folder."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            sweep(settings.spool, now=settings.clock())
            worker = UploadWorker(database, reader, spool=settings.spool)
            worker.start()
            app.state.worker = worker  # the page of an upload asks it how far it is
            stack.callback(worker.stop)
            if settings.watch is not None:
                watcher = FolderWatcher(database, settings.watch, settings.spool, worker=worker)
                watcher.start()
                app.state.watcher = watcher
                stack.callback(watcher.stop)
            yield

    return run
