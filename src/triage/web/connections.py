"""Connections of which nothing comes: closed, so that nobody holds the desk's places for ever.

uvicorn itself ends a connection that is idle between two requests (``timeout_keep_alive``), and no
other: who sends nothing at all, or a byte now and then, would stay. Its ``limit_concurrency`` does
not help: it turns away whoever comes last, and that would be the staff.
"""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S: Final = 60
"""Seconds that the desk waits for the rest of a request."""

LEAST_BYTES: Final = 16 * 1024
"""Bytes that have to come in ``PATIENCE_S`` for it to wait as long again: a large file over the
slowest of lines brings ten times as many."""


class TimedProtocol(H11Protocol):
    """uvicorn's protocol, with a clock that runs while a request is awaited or comes in."""

    _came = 0
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wind_clock()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._came += len(data)
        self._wind_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_clock()
        super().connection_lost(exc)

    @property
    def _waits(self) -> bool:
        """Whether more has to come before the desk can answer."""
        between_requests = self.timeout_keep_alive_task is not None
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not between_requests

    def _wind_clock(self) -> None:
        if not self._waits:
            self._stop_clock()
        elif self._clock is None:
            self._came = 0
            self._clock = self.loop.call_later(PATIENCE_S, self._look)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _look(self) -> None:
        self._clock = None
        if self._waits and self._came < LEAST_BYTES and not self.flow.read_paused:
            self.transport.abort()  # while reading is paused it is the desk that is slow
        else:
            self._wind_clock()
