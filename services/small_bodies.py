"""Is this body small enough to be read? A command is a few hundred bytes."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_BODY: Final = 64 * 1024


class SmallBodies:
    """Turns a body away as soon as it is too long, whatever its length was said to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count while the body comes in."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LONGEST_BODY:
                raise HTTPException(413, f"a body may have {LONGEST_BODY} bytes at most")
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
