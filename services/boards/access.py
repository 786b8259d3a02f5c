"""Who may look at the board?

On loopback everybody on this machine may: the boards show no personal data. On any other address
it takes a person who is signed in (the consoles' cookie), a bearer token with a viewing role, or a
kiosk link: an address for a screen on a wall, which sets a cookie and leaves the address bar.
"""

from datetime import UTC, datetime
from typing import Final

from fastapi import Request

from services import sessions
from services.auth import AccessError, Identity, Tokens, allowed, is_loopback
from services.boards.kiosks import Kiosks
from services.sessions import Session
from services.signed_in import SignedIn
from streams.errors import WrongSettingError

VIEWERS: Final = ("viewer", "counselor", "lead", "manager", "auditor")
COOKIE: Final = "surgeline_kiosk"
LOCAL_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Guard:
    """The check that every page and number goes through."""

    def __init__(
        self, host: str, tokens: Tokens, kiosks: Kiosks | None, people: SignedIn | None
    ) -> None:
        self._near = is_loopback(host)
        self._kiosks = kiosks
        self._people = people
        if not self._near and tokens.open_to_all:
            raise WrongSettingError("the board has no tokens and may only listen on loopback")

    def __call__(self, request: Request) -> None:
        """Raise `AccessError` unless whoever asks may look."""
        if self._near:
            _must_be_asked_locally(request)
        elif not self._is_screen(request):
            self._must_be_viewer(request)

    def still_admits(self, request: Request) -> bool:
        """Whether a stream that was begun may go on: nobody watches on with a revoked link."""
        try:
            self(request)
        except (AccessError, WrongSettingError):
            return False
        return True

    def _is_screen(self, request: Request) -> bool:
        given = request.cookies.get(COOKIE)
        return self._kiosks is not None and self._kiosks.link(given, datetime.now(UTC)) is not None

    def _must_be_viewer(self, request: Request) -> None:
        session = self._session(request)
        if session is not None and not set(VIEWERS).isdisjoint(session.roles):
            return
        if session is not None and "authorization" not in request.headers:
            who = Identity(session.account, frozenset(session.roles))
            raise AccessError(403, "forbidden", f"needs the role {' or '.join(VIEWERS)}", who)
        allowed(request, *VIEWERS)

    def _session(self, request: Request) -> Session | None:
        if self._people is None:
            return None
        return self._people.session(request.cookies.get(sessions.COOKIE), datetime.now(UTC))


def _must_be_asked_locally(request: Request) -> None:
    """A foreign page that makes its own name point here must not read the board."""
    name = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if name not in LOCAL_NAMES:
        raise AccessError(403, "forbidden", "ask for this board by 127.0.0.1 or localhost")
