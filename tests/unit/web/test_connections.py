"""Who connects and sends nothing, or next to nothing, is not waited for; whoever sends, is."""

import asyncio
from dataclasses import dataclass, field

import pytest
import uvicorn
from uvicorn.server import ServerState

from triage.web.connections import LEAST_BYTES, PATIENCE_S, TimedProtocol

HEAD = b"POST /intake/upload HTTP/1.1\r\nHost: desk.example\r\nContent-Length: 10000000\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: desk.example\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """A connection of which only what is done with it is kept."""

    def __init__(self):
        super().__init__()
        self.protocol, self.sent, self.ended = None, b"", False

    def write(self, data):
        self.sent += data

    def close(self):
        self.abort()

    def abort(self):
        if not self.ended:
            self.ended = True
            self.protocol.connection_lost(None)

    def is_closing(self):
        return self.ended

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


@dataclass
class Clocks:
    """The loop's clocks, which a test lets strike."""

    loop: asyncio.AbstractEventLoop
    running: list = field(default_factory=list)

    def call_later(self, delay, callback, *args):
        handle = asyncio.TimerHandle(0, callback, args, self.loop)
        self.running.append((delay, handle))
        return handle

    def strike(self, delay=PATIENCE_S):
        """Let the clocks that were wound for so long strike, once."""
        due = [handle for seconds, handle in self.running if seconds == delay]
        self.running = [pair for pair in self.running if pair[1] not in due]
        for handle in due:
            if not handle.cancelled():
                handle._run()

    def __getattr__(self, name):
        return getattr(self.loop, name)


async def answer(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def never_read(scope, receive, send):
    await asyncio.Event().wait()


def connected(play, app=answer):
    """Play with a connection that was just made."""

    async def run():
        clocks = Clocks(asyncio.get_running_loop())
        config = uvicorn.Config(app, log_config=None, ws="none", timeout_keep_alive=75)
        connection = TimedProtocol(config, ServerState(), {}, clocks)
        transport = FakeTransport()
        transport.protocol = connection
        connection.connection_made(transport)
        await play(connection, transport, clocks)
        for task in connection.tasks:
            task.cancel()

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"G", PAGE[:-2], HEAD, HEAD + b"x"])
def test_who_sends_no_more_is_not_waited_for(sent):
    async def play(connection, transport, clocks):
        if sent:
            connection.data_received(sent)
        await asyncio.sleep(0)
        assert not transport.ended
        clocks.strike()
        assert transport.ended

    connected(play)


def test_a_byte_now_and_then_is_not_enough():
    async def play(connection, transport, clocks):
        for sent in (PAGE[i : i + 1] for i in range(10)):
            connection.data_received(sent)
        clocks.strike()
        assert transport.ended

    connected(play)


def test_a_large_file_may_take_its_time():
    async def play(connection, transport, clocks):
        connection.data_received(HEAD)
        for _ in range(20):
            connection.data_received(b"x" * LEAST_BYTES)
            await asyncio.sleep(0)
            clocks.strike()
            assert not transport.ended
        clocks.strike()
        assert transport.ended

    connected(play)


def test_a_slow_desk_ends_no_upload():
    async def play(connection, transport, clocks):
        connection.data_received(HEAD + b"x" * 100_000)
        assert connection.flow.read_paused
        await asyncio.sleep(0)
        clocks.strike()
        clocks.strike()
        assert not transport.ended

    connected(play, app=never_read)


def test_a_slow_answer_is_waited_for():
    async def play(connection, transport, clocks):
        connection.data_received(PAGE)
        await asyncio.sleep(0)
        clocks.strike()
        assert not transport.ended

    connected(play, app=never_read)


def test_between_two_requests_a_connection_stays_open():
    async def play(connection, transport, clocks):
        for _ in range(2):
            connection.data_received(PAGE)
            for _ in range(5):
                await asyncio.sleep(0)
            clocks.strike()
            assert not transport.ended
        assert transport.sent.count(b"204") == 2
        connection.data_received(PAGE[:5])  # and a third one that stops in the middle
        clocks.strike()
        assert transport.ended

    connected(play)


def test_a_connection_that_ended_leaves_no_clock():
    async def play(connection, transport, clocks):
        transport.abort()
        assert all(handle.cancelled() for _, handle in clocks.running)

    connected(play)
