"""Who is at the door, and may they come in? The checks that every page and form goes through."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from services.auth import is_loopback
from services.consoles.house import House
from services.consoles.pages import Reader
from services.consoles.words import LANGUAGES
from services.sessions import COOKIE, Session
from streams.errors import SurgelineError

LANGUAGE_COOKIE: Final = "surgeline_language"
KEYS_COOKIE: Final = "surgeline_keys"
# A page that refreshes itself does not keep its person signed in.
BY_ITSELF: Final = ("hx-request", "x-by-itself")


class SignedOutError(SurgelineError):
    """Nobody is signed in."""


class ForbiddenError(SurgelineError):
    """Somebody is signed in whose roles do not include this."""

    def __init__(self, session: Session, roles: tuple[str, ...]) -> None:
        super().__init__("forbidden")
        self.session = session
        self.roles = roles


class ForeignFormError(SurgelineError):
    """A form that did not come from a page of ours, or from one of an earlier session."""


def house_of(request: Request) -> House:
    """What this process is made of."""
    found: House = request.app.state.house
    return found


def reader_of(request: Request) -> Reader:
    """Whoever looks, signed in or not."""
    session = getattr(request.state, "session", None)
    asked = request.cookies.get(LANGUAGE_COOKIE, "")
    language = asked if asked in LANGUAGES else (session.language if session else "")
    return Reader(
        session=session,
        language=language or _accepted(request.headers.get("accept-language", "")),
        keys=request.cookies.get(KEYS_COOKIE) != "off",
        path=request.url.path,
    )


def person(*roles: str) -> Callable[[Request], Session]:
    """A FastAPI dependency: whoever is signed in, when they have one of the roles."""

    def check(request: Request) -> Session:
        house = house_of(request)
        session = house.session(request.cookies.get(COOKIE))
        if session is None:
            raise SignedOutError
        request.state.session = session
        if frozenset(session.roles).isdisjoint(roles):
            raise ForbiddenError(session, roles)
        if not any(name in request.headers for name in BY_ITSELF):
            request.state.freshened = house.settings.sessions.freshened(session, house.now())
        return session

    return check


def sender(*roles: str) -> Callable[[Request], Awaitable[Session]]:
    """The same for a form: it must come from our own page, and carry the session's token."""
    check = person(*roles)

    async def checked(request: Request) -> Session:
        session = check(request)
        must_be_ours(request)
        form = await request.form()
        if not hmac.compare_digest(_text(form, "csrf").encode(), session.csrf.encode()):
            raise ForeignFormError
        return session

    return checked


def must_be_ours(request: Request) -> None:
    """A browser says where a form comes from; it must be this very site."""
    origin = request.headers.get("origin", "")
    if origin != own_origin(request):
        raise ForeignFormError


def own_origin(request: Request) -> str:
    """Our own address in the browser's bar."""
    public = house_of(request).settings.public_url
    return public or f"http://{request.headers.get('host', '')}"


def is_own_name(request: Request) -> bool:
    """Whether we are asked by our own name: a foreign name that points here is turned away."""
    public = house_of(request).settings.public_url
    host = request.headers.get("host", "")
    if public is not None and host == public.partition("://")[2]:
        return True
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    return is_loopback(name.strip("[]"))


def set_session(response: Response, request: Request, session: Session) -> None:
    """Give the browser its cookie: for this site only, no script sees it."""
    settings = house_of(request).settings
    response.set_cookie(
        COOKIE,
        settings.sessions.cookie(session),
        httponly=True,
        secure=settings.secure,
        samesite="strict",
        path="/",
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _accepted(header: str) -> str:
    wanted = [part.partition(";")[0].strip()[:2].lower() for part in header.split(",")]
    return next((language for language in wanted if language in LANGUAGES), "ko")
