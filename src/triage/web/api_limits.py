"""The limit of what one request to the API may send: by what it says, and by what really comes."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage.web.api_errors import TooLargeError, build_answer


class BodyLimit:
    """Refuse bodies that are too large.

    :param limit_bytes: of one body.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self.app, self.limit_bytes = app, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what comes."""
        said = dict(scope.get("headers", ())).get(b"content-length", b"")
        if said.isdigit() and int(said[:20]) > self.limit_bytes:
            await build_answer(TooLargeError())(scope, receive, send)
            return
        taken = 0

        async def count() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit_bytes:
                raise HTTPException(413)
            return message

        await self.app(scope, count, send)
