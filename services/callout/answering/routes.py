"""The page behind a link: GET shows, POST answers.

Nothing that only looks changes anything. The token stands in the path, so this module logs no path,
and every page forbids to pass it on.
"""

from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response

from services.callout.answering.door import Doors, TooOftenError
from services.callout.answering.form import WrongFormError, answer_of
from services.callout.answering.page import HEADERS, offer_page, plain_page
from services.callout.answering.seat_file import seat_file
from services.callout.answering.words import LANGUAGES, language_of
from services.callout.answers import Offered

LARGEST_FORM: Final = 2048

router = APIRouter(include_in_schema=False)


async def doors(request: Request) -> Doors:
    """The doors of this process. A coroutine: anything else would cost each answer a thread."""
    found: Doors = request.app.state.doors
    return found


Ask = Annotated[Doors, Depends(doors)]


@router.api_route("/a/{token}", methods=["GET", "HEAD"])
async def show(token: str, request: Request, ask: Ask) -> Response:
    """The page. A scanner that opens it has done nothing."""
    try:
        offered = await ask.behind(token)
    except TooOftenError:
        return _told(request, 429, "slow_down")
    if offered is None:
        return _told(request, 404, "not_a_link")
    if ask.is_over(offered):
        return _told(request, 410, "expired", offered)
    language = _language(request, offered)
    if "calendar" in request.query_params:
        return _calendar(offered, language, ask)
    return _html(200, offer_page(offered, language, None))


@router.post("/a/{token}")
async def answer(token: str, request: Request, ask: Ask) -> Response:
    """A button was pressed. Pressed twice, it is answered twice and done once."""
    form = await _form(request)
    try:
        offered = await ask.behind(token)
    except TooOftenError:
        return _told(request, 429, "slow_down")
    if offered is None:
        return _told(request, 404, "not_a_link")
    if ask.is_over(offered):
        ask.refused(offered.person, "answer_link", offered.offer, "expired")
        return _told(request, 410, "expired", offered)
    language = language_of(form.get("lang", ""), offered.language)
    try:
        given = answer_of(form, offered, ask.now())
    except WrongFormError as error:
        ask.refused(offered.person, "answer_link", offered.offer, f"wrong_{error.field}")
        return _html(422, offer_page(offered, language, None))
    reply = await ask.by_link(offered, given)
    after = await ask.behind(token) or offered
    return _html(200, offer_page(after, language, reply, given.choice))


def _calendar(offered: Offered, language: str, ask: Doors) -> Response:
    if offered.reply is None or offered.reply.kind not in ("seated", "withdrawn"):
        return _html(404, plain_page("unknown", language))
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="seat.ics"'}
    return Response(
        seat_file(offered, language, ask.now()), media_type="text/calendar", headers=headers
    )


def _language(request: Request, offered: Offered | None) -> str:
    wish = request.query_params.get("lang", "")
    if wish in LANGUAGES:
        return wish
    if offered is not None:
        return language_of(offered.language)
    return language_of(request.headers.get("accept-language", ""))


def _told(request: Request, status: int, word: str, offered: Offered | None = None) -> Response:
    response = _html(status, plain_page(word, _language(request, offered)))
    if status == 429:  # noqa: PLR2004
        response.headers["Retry-After"] = "60"
    return response


def _html(status: int, page: str) -> Response:
    return Response(page, status, HEADERS, media_type="text/html; charset=utf-8")


async def _form(request: Request) -> dict[str, str]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_FORM:
            return {}
    try:
        fields = parse_qs(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
