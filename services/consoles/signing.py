"""How does somebody sign in, and out?

With a name and a password of this house, or through a provider that vouches for them. Every
failure is an audit line; what was typed as a name is in none of them, for it may be a password.
"""

import asyncio
import math
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.accounts import LONGEST_PASSWORD, Account
from services.acting import PERSON_ROLES, is_account_name
from services.consoles import onward
from services.consoles import provider as oidc
from services.consoles.brake import Try
from services.consoles.doors import (
    house_of,
    must_be_ours,
    own_origin,
    person,
    reader_of,
    sender,
    set_session,
)
from services.consoles.house import House
from services.consoles.pages import NOT_KEPT
from services.consoles.provider import Provider, ProviderError
from services.sealing import CannotOpenError
from services.sessions import COOKIE, Session

DEVICE_COOKIE: Final = "surgeline_device"
DEVICE_FOR: Final = timedelta(days=180)
AT_ONCE: Final = 2
MOST_WAITING: Final = 20
LONGEST_QUERY: Final = 4096

router = APIRouter(include_in_schema=False)
Anyone = Annotated[Session, Depends(person(*PERSON_ROLES))]
Sender = Annotated[Session, Depends(sender(*PERSON_ROLES))]


class SignInForm(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="ignore")

    account: Annotated[str, Field(max_length=64)] = ""
    password: Annotated[str, Field(max_length=LONGEST_PASSWORD)] = ""


class Verifier:
    """Checks passwords beside the event loop, a few at a time, and not without end."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def check(self, house: House, name: str, password: str) -> Account | None:
        """The account if this is its password; `TimeoutError` when too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise TimeoutError
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(house.settings.accounts.check, name, password)
        finally:
            self._waiting -= 1


@router.get("/")
async def land(request: Request, _: Anyone) -> Response:
    """The first page that is theirs."""
    tabs = reader_of(request).tabs
    return RedirectResponse(tabs[0].path if tabs else "/me", 303, NOT_KEPT)


@router.get("/sign-in")
async def show_sign_in(request: Request, note: str = "", board: str = "") -> Response:
    """The form; who is signed in already goes on. `board` is the page of the boards wanted."""
    session = house_of(request).session(request.cookies.get(COOKIE))
    if session is not None and not note:
        return _gone_on(request, session, onward.to_board(request, board))
    answer = _form(request, note)
    onward.remember(answer, request, board)
    return answer


@router.post("/sign-in")
async def sign_in(request: Request, form: Annotated[SignInForm, Form()]) -> Response:
    """Check name and password."""
    must_be_ours(request)
    house, now, name = house_of(request), house_of(request).now(), form.account.strip().lower()
    tried = Try(name, request.client.host if request.client else "", _device(request, name))
    wait = house.brake.wait(tried, now)
    if wait > timedelta(0):
        return _refused(request, house, name, "braked", wait)
    verifier: Verifier = request.app.state.verifier
    # Counted before it is checked: a hundred tries at once are a hundred tries.
    house.brake.failed(tried, now)
    try:
        account = await verifier.check(house, name, form.password)
    except TimeoutError:
        return _form(request, "busy", status=503)
    if account is None:
        return _refused(request, house, name, "wrong name or password", timedelta(0))
    house.brake.succeeded(tried)
    session = house.settings.sessions.begin(
        now,
        account=account.name,
        title=account.title,
        roles=account.roles,
        agent=account.agent,
        language=account.language,
        generation=account.generation,
    )
    answer = _gone_on(request, session, onward.remembered(request))
    _remember_device(answer, request, account.name, now)
    return _begin(answer, request, house, session)


@router.post("/sign-out")
async def sign_out(request: Request, session: Sender) -> Response:
    """End the session here and everywhere."""
    house = house_of(request)
    house.register.end(session.id, session.ends(house.settings.sessions.limits.longest))
    house.note(session, "sign out", "session")
    request.state.freshened = None
    answer = RedirectResponse("/sign-in?note=bye", 303, NOT_KEPT)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/me")
async def show_me(request: Request, _: Anyone) -> Response:
    """Who is signed in, with which roles: where those land who have no page of their own."""
    return house_of(request).pages.page("me.html", reader_of(request))


@router.get("/sign-in/provider")
async def leave(request: Request) -> Response:
    """Go to the provider."""
    house = house_of(request)
    found = house.settings.provider
    if found is None:
        return _form(request, status=404)
    try:
        url, leaving = await found.leave(_back(request), house.now())
    except ProviderError as error:
        return _not_vouched(request, house, error)
    answer = RedirectResponse(url, 303, NOT_KEPT)
    answer.set_cookie(
        oidc.COOKIE,
        oidc.sealed(leaving, house.settings.sessions.sealer),
        max_age=int(oidc.GOOD_FOR.total_seconds()),
        httponly=True,
        secure=house.settings.secure,
        # The provider sends the browser back, which is another site's doing.
        samesite="lax",
        path="/sign-in",
    )
    return answer


@router.get("/sign-in/return")
async def come_back(request: Request) -> Response:
    """Back from the provider."""
    house = house_of(request)
    found = house.settings.provider
    leaving = oidc.opened(request.cookies.get(oidc.COOKIE), house.settings.sessions.sealer)
    if found is None or leaving is None:
        return _not_vouched(request, house, ProviderError("refused", "nobody left from here"))
    try:
        query = request.url.query[:LONGEST_QUERY]
        claims = await found.come_back(_back(request), query, leaving, house.now())
        session = _of_outside(house, found, claims)
    except ProviderError as error:
        return _not_vouched(request, house, error)
    # A redirect would still be the provider's doing, and the browser would keep a strict cookie
    # back; from a page of ours it goes on as our own.
    answer = _leading_to(request, session, onward.remembered(request) or "/")
    answer.delete_cookie(oidc.COOKIE, path="/sign-in")
    return _begin(answer, request, house, session)


def _gone_on(request: Request, session: Session, board: str) -> Response:
    """To the page of the boards that they came for, or to the first that is theirs here."""
    if board:
        return _leading_to(request, session, board)
    return RedirectResponse("/", 303, NOT_KEPT)


def _leading_to(request: Request, session: Session, where: str) -> Response:
    """A page that goes on by itself: from a form no browser follows to pages that are not ours."""
    house, reader = house_of(request), reader_of(request)
    answer = house.pages.page("signed_in.html", reader, who=session.title, where=where)
    onward.forget(answer)
    return answer


def _of_outside(house: House, found: Provider, claims: dict[str, object]) -> Session:
    who = found.person(claims)
    account = house.settings.accounts.get(str(who["account"]))
    if account is not None and (account.disabled or account.password is not None):
        raise ProviderError("no_role", "the account is disabled, or has a password of its own")
    generation = account.generation if account is not None else 0
    return house.settings.sessions.begin(house.now(), **who, generation=generation)


def _begin(answer: Response, request: Request, house: House, session: Session) -> Response:
    limits = house.settings.sessions.limits
    ends = session.ends(limits.longest)
    ended = house.register.enter(session.account, session.id, ends, limits.per_account)
    reason = f"the oldest of {limits.per_account} sessions was ended" if ended else ""
    house.note(session, "sign in", "session", reason)
    set_session(answer, request, session)
    return answer


def _refused(request: Request, house: House, name: str, reason: str, wait: timedelta) -> Response:
    known = house.settings.accounts.get(name) if is_account_name(name) else None
    thing = f"account {known.name}" if known is not None else "no such account"
    house.note(None, "sign in", thing, reason, result="refused")
    if wait <= timedelta(0):
        return _form(request, "wrong", status=401)
    seconds = math.ceil(wait.total_seconds())
    answer = _form(request, "wait", status=429, seconds=seconds)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_vouched(request: Request, house: House, error: ProviderError) -> Response:
    house.note(None, "sign in", "provider", error.reason, result="refused")
    note = {"no_role": "no_role", "away": "away"}.get(error.reason, "refused")
    return _form(request, note, status=503 if note == "away" else 403)


def _form(request: Request, note: str = "", *, status: int = 200, seconds: int = 0) -> HTMLResponse:
    house = house_of(request)
    return house.pages.page(
        "sign_in.html",
        reader_of(request),
        status=status,
        note=note,
        seconds=seconds,
        provider=house.settings.provider,
    )


def _back(request: Request) -> str:
    return f"{own_origin(request)}/sign-in/return"


def _device(request: Request, name: str) -> str:
    """The id of a browser that signed this account in before; "" for a stranger's."""
    house = house_of(request)
    try:
        text = house.settings.sessions.sealer.open(request.cookies.get(DEVICE_COOKIE, "")).decode()
    except (CannotOpenError, UnicodeDecodeError):
        return ""
    kind, _, rest = text.partition(" ")
    theirs, _, rest = rest.partition(" ")
    device, _, until = rest.partition(" ")
    good = kind == "device" and theirs == name and until.isdecimal()
    return device if good and int(until) > house.now().timestamp() else ""


def _remember_device(answer: Response, request: Request, name: str, now: datetime) -> None:
    settings = house_of(request).settings
    until = int((now + DEVICE_FOR).timestamp())
    text = f"device {name} {secrets.token_hex(8)} {until}"
    answer.set_cookie(
        DEVICE_COOKIE,
        settings.sessions.sealer.seal(text.encode()),
        max_age=int(DEVICE_FOR.total_seconds()),
        httponly=True,
        secure=settings.secure,
        samesite="strict",
        path="/sign-in",
    )
