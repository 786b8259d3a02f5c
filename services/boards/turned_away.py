"""What does a person see who may not look at the boards?

A program gets the usual 401 or 403. A browser gets a page that says why, in words, and leads to
the consoles, where people sign in; from there it comes back to the page it wanted.
"""

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from services.auth import AccessError
from services.boards.access import COOKIE
from services.boards.board import Board
from services.boards.snapshot import Title

UNKNOWN: Final = 401
SIGN_IN: Final = Title("상황판을 보려면 로그인하십시오", "Sign in to see the boards")
SIGN_IN_MORE: Final = Title(
    "콘솔에서 로그인하면 이 화면으로 돌아옵니다.",
    "Sign in at the consoles; from there you come back to this page.",
)
LINK_OVER: Final = Title("이 화면의 링크가 끝났습니다", "This screen's link is no longer good")
LINK_OVER_MORE: Final = Title(
    "관리자에게 새 화면 링크를 받거나, 로그인하십시오.",
    "Get a new link for this screen from whoever runs it, or sign in.",
)
NO_ROLE: Final = Title("이 계정으로는 볼 수 없습니다", "Your account may not look here")
NO_ROLE_MORE: Final = Title(
    "역할이 더 필요합니다. 관리자에게 문의하십시오.",
    "It takes another role. Ask your administrator.",
)
HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept"}


def install(app: FastAPI, board: Board, consoles_url: str) -> None:
    """Give refusals their page; what is not a browser is told as before."""
    tell = app.exception_handlers[AccessError]

    @app.exception_handler(AccessError)
    async def refuse(request: Request, error: AccessError) -> Response:
        answer: Response = await tell(request, error)  # type: ignore[misc]
        if "text/html" not in request.headers.get("accept", ""):
            return answer
        why, what = _words(request, error)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        unknown = error.status == UNKNOWN and consoles_url
        sign_in = f"{consoles_url}/sign-in?board={quote(wanted, safe='')}" if unknown else ""
        html = board.pages.turned_away(why, what, sign_in)
        return HTMLResponse(html, answer.status_code, HEADERS)


def _words(request: Request, error: AccessError) -> tuple[Title, Title]:
    if error.status != UNKNOWN:
        return NO_ROLE, NO_ROLE_MORE
    if COOKIE in request.cookies:
        return LINK_OVER, LINK_OVER_MORE
    return SIGN_IN, SIGN_IN_MORE
