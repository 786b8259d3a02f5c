"""How does a report come in while a surge comes with it? By the shortest way that is as safe.

`POST /v1/events` from whoever may send goes from the server straight to its handler:
FastAPI's stack of middlewares, exits and routes has nothing to add there, and costs as much as all
that intake does with an event. Everything else goes the usual way, so that to say no has one form
and one place.
"""

import hashlib
from typing import Final

from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from services import acting
from services.auth import AccessError, Identity, allowed
from services.intake.bodies import Headers, by_name
from services.intake.routes import EVENTS, taken

# A token may be written in a header in several ways, and only who has it can do so.
MOST_SENDERS: Final = 64
_FOR_ANOTHER: Final = acting.HEADER.lower().encode()


class Door(FastAPI):
    """FastAPI, and a short way beside it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == EVENTS and scope["method"] == "POST":
            headers = by_name(scope["headers"])
            sender = self._known(headers, scope)
            if sender is not None:
                response = await taken(self.state.running, sender, headers, receive)
                await response(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _known(self, headers: Headers, scope: Scope) -> Identity | None:
        """Who is asking, if it is a sender; None when the usual way has to say no."""
        presented = headers.get(b"authorization", b"")
        if _FOR_ANOTHER in headers:
            return None
        # By digest: how long a look into a dictionary takes then tells nothing of a token.
        digest = hashlib.sha256(presented).digest()
        known: dict[bytes, Identity] = self.state.senders
        sender = known.get(digest)
        if sender is None:
            try:
                sender = allowed(Request({**scope, "app": self}), "source")
            except AccessError:
                return None
            if len(known) >= MOST_SENDERS:
                known.clear()
            known[digest] = sender
        return sender
