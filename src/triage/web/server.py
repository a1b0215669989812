"""Serving the desk: its address, and a server that logs no complaint."""

import gc
import logging
import os
import signal
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from triage.errors import ConfigError, DeskError

if TYPE_CHECKING:
    from fastapi import FastAPI

LAST_WORDS_S = 10
"""Seconds that open requests get when the desk closes."""

KEEP_OPEN_S = 75
"""Seconds for which a browser's connection stays open: a click must not meet one that just closes."""

_ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the desk is reached, and how what goes there is kept from others' eyes.

    :param port: 0 takes a free one.
    :param behind_tls: a proxy speaks https for it.
    """

    host: str
    port: int
    tls_cert: Path | None
    tls_key: Path | None
    behind_tls: bool

    @property
    def is_tls(self) -> bool:
        """Whether browsers speak https."""
        return self.behind_tls or self.tls_cert is not None

    @property
    def is_local(self) -> bool:
        """Whether this computer alone can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that browsers may ask for: other web pages cannot lead them here by another."""
        local = self.is_local and not self.behind_tls and ":" not in self.host
        return ("localhost", "127.0.0.1", self.host) if local else ("*",)

    def check(self) -> None:
        """Go on only where nobody on the way can read along.

        :raises ConfigError: with what is missing.
        """
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError(["--tls-cert and --tls-key go together: name both"])
        if self.tls_cert is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                    self.tls_cert, self.tls_key, password=lambda: ""
                )
            except (OSError, ValueError) as error:
                raise ConfigError(
                    [f"--tls-cert {self.tls_cert} and its key cannot be used: {_name(error)}"]
                ) from None
        if not self.is_local and not self.is_tls:
            raise ConfigError(
                [
                    f"--host {self.host} lets others on the network in: passwords and complaints"
                    " must not go there unencrypted; name --tls-cert and --tls-key, or say"
                    " --behind-tls where a proxy speaks https"
                ]
            )

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """Take the port before the long work begins.

        :raises DeskError: where another program has it, or the host is not this computer.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            listener = socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            raise DeskError(
                f"cannot listen on {self.host}, port {self.port} ({_name(error)}): close the other"
                f" program, or choose another port: --port {(self.port or 8000) + 1}"
            ) from None
        with listener:
            # Else the end of each answer waits for the browser's word that it has the beginning:
            # 40 ms. asyncio sees to this itself, but not for a socket that is handed to it.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield listener

    def shown(self, listener: socket.socket) -> str:
        """Give the address to type into a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("0.0.0.0", "::"):  # every address of this computer
            host = socket.gethostname()
        scheme = "https" if self.tls_cert is not None else "http"
        return f"{scheme}://{host}:{listener.getsockname()[1]}"


class PlaceFormatter(logging.Formatter):
    """Tells of an error its kind and its place in the code: its words might quote a complaint."""

    def formatException(self, ei: _ErrorInfo) -> str:  # noqa: N802
        """Give kind and place."""
        return describe_error(ei[1]) if ei[1] is not None else ""


def describe_error(error: BaseException) -> str:
    """Name an error and where it was raised.

    >>> describe_error(ValueError("a secret"))
    'ValueError at unknown place'
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
    return f"{type(error).__name__} at {where}"


def serve(app: "FastAPI", address: Address, listener: socket.socket) -> None:
    """Serve pages in this process until Ctrl-C or SIGTERM."""
    import uvicorn

    from triage.web.connections import TimedProtocol

    _log_places_only()
    config = uvicorn.Config(
        app,
        http=TimedProtocol,
        lifespan="on",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,  # addresses of pages and of people
        server_header=False,
        proxy_headers=address.behind_tls,
        ssl_certfile=address.tls_cert,
        ssl_keyfile=address.tls_key,
        timeout_keep_alive=KEEP_OPEN_S,
        timeout_graceful_shutdown=LAST_WORDS_S,
    )
    server = uvicorn.Server(config)
    signal.signal(signal.SIGTERM, _stop)  # which uvicorn hands on when it has closed all
    gc.collect()
    gc.freeze()  # model and libraries stay: to go through them for garbage stopped all for a second
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return
    if not server.started:
        raise DeskError("the desk could not be opened; the line above says why")


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _log_places_only() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(PlaceFormatter("triage: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)

    for library in ("openpyxl", "pyarrow"):  # whose warnings quote cells
        warnings.filterwarnings("ignore", module=library)

    def tell(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None:
            logging.error("a thread of the desk ended: %s", describe_error(failed.exc_value))

    threading.excepthook = tell


def _name(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError | ValueError) or not error.errno:
        return "they do not fit together, or are damaged"
    return os.strerror(error.errno)
