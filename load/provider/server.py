"""What can be asked of the scripted provider over HTTP?

The shapes of Twilio's REST API for messages and calls, of PagerDuty's events and of ntfy, as far as
the platform's adapters use them; beside them the provider's own ledger and script.
"""

import asyncio
import hmac
import secrets
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

import orjson
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from load.provider.company import FullError, Item, Kind
from load.provider.exchange import Exchange
from load.provider.script import read_script
from streams.errors import WrongSettingError

LARGEST_BODY: Final = 64 * 1024
PAGE: Final = 50
LARGEST_PAGE: Final = 1000
_API: Final = "/2010-04-01/Accounts/{account}"

Credentials = Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]


def make_app(exchange: Exchange, token: str) -> FastAPI:
    """The HTTP side of one provider."""
    app = FastAPI(title="Scripted provider", openapi_url=None, docs_url=None, redoc_url=None)

    def known(account: str, given: Credentials) -> str:
        same = hmac.compare_digest(given.password.encode(), token.encode())
        if not same or given.username != account:
            raise HTTPException(401, "no such account")
        return account

    Known = Annotated[str, Depends(known)]  # noqa: N806

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    @app.post(_API + "/Messages.json")
    async def message(account: Known, request: Request) -> Response:
        return await _create(exchange, "Messages", account, request)

    @app.post(_API + "/Calls.json")
    async def call(account: Known, request: Request) -> Response:
        return await _create(exchange, "Calls", account, request)

    @app.get(_API + "/Messages.json")
    async def messages(account: Known, request: Request) -> dict[str, Any]:
        return _listed(exchange, "Messages", account, request)

    @app.get(_API + "/Calls.json")
    async def calls(account: Known, request: Request) -> dict[str, Any]:
        return _listed(exchange, "Calls", account, request)

    _add_events(app, exchange)
    _add_own(app, exchange, token)
    return app


def _add_events(app: FastAPI, exchange: Exchange) -> None:
    """PagerDuty's door and ntfy's."""

    @app.post("/v2/enqueue")
    async def enqueue(request: Request) -> Response:
        body = _json(await _body(request))
        key = body.get("dedup_key") or secrets.token_hex(16)
        if not body.get("routing_key") or body.get("event_action") not in (
            "trigger",
            "acknowledge",
            "resolve",
        ):
            return JSONResponse({"status": "invalid event", "message": "Event object"}, 400)
        deed = exchange.asked("pagerduty")
        if deed == "refuse":
            return JSONResponse({"status": "throttle exceeded"}, 429)
        if deed in ("fail", "lie"):
            return JSONResponse({"status": "error"}, 500)
        exchange.ledger.note(f"pagerduty_{body['event_action']}")
        told = {"status": "success", "message": "Event processed", "dedup_key": key}
        return JSONResponse(told, 202)

    @app.post("/")
    async def push(request: Request) -> Response:
        await _body(request)
        deed = exchange.asked("push")
        if deed in ("refuse", "fail"):
            return JSONResponse({"code": 50001, "error": "internal"}, 500)
        exchange.ledger.note("sent_push")
        return JSONResponse({"id": secrets.token_hex(6), "event": "message"})


def _add_own(app: FastAPI, exchange: Exchange, token: str) -> None:
    def holder(request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})

    @app.get("/ledger", dependencies=[Depends(holder)])
    async def ledger() -> dict[str, Any]:
        return exchange.ledger.summary()

    @app.put("/script", dependencies=[Depends(holder)])
    async def script(request: Request) -> Response:
        try:
            exchange.obey(read_script(await _body(request)))
        except WrongSettingError as error:
            return JSONResponse({"error": str(error)}, 422)
        return Response(status_code=204)


async def _create(exchange: Exchange, kind: Kind, account: str, request: Request) -> Response:
    form = parse_qs((await _body(request)).decode(errors="replace"), keep_blank_values=True)
    if not form.get("To", [""])[0]:
        return _error(400, 21604, "A 'To' phone number is required.")
    deed = exchange.asked(account)
    if deed == "refuse":
        return _error(429, 20429, "Too Many Requests", {"Retry-After": "1"})
    if deed == "fail":
        return _error(500, 20500, "Internal Server Error")
    try:
        item = exchange.send(kind, account, form)
    except FullError:
        return _error(507, 20500, "this provider keeps no more")
    return await _answer(exchange, deed, account, item)


async def _answer(exchange: Exchange, deed: str, account: str, item: Item) -> Response:
    if deed == "lie":
        return _error(500, 20500, "Internal Server Error")
    if deed == "lose":
        # What is left of an answer when the line breaks in the middle of it.
        return Response(b'{"sid": "', 201, media_type="application/json")
    if deed == "hold":
        await asyncio.sleep(exchange.faults(account).hold_seconds)
    return JSONResponse(item.shown(), 201)


def _listed(exchange: Exchange, kind: Kind, account: str, request: Request) -> dict[str, Any]:
    query = request.query_params
    exchange.ledger.note("listed", account)
    size = min(max(1, _number(query.get("PageSize"), PAGE)), LARGEST_PAGE)
    page = _number(query.get("Page"), 0)
    found = exchange.company.find(kind, account, query.get("To", ""), query.get("From", ""))
    shown = [item.shown() for item in found[page * size : (page + 1) * size]]
    more = len(found) > (page + 1) * size
    next_page = f"/2010-04-01/Accounts/{account}/{kind}.json?Page={page + 1}" if more else None
    return {kind.lower(): shown, "page": page, "page_size": size, "next_page_uri": next_page}


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            raise HTTPException(413, "too large")
    return raw


def _json(raw: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"code": code, "message": message, "status": status}, status, headers=headers
    )
