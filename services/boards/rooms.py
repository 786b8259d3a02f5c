"""What may be asked of the boards beside the wall: the floor, the surges, and their evidence?"""

from typing import Annotated, Final

from fastapi import Depends, FastAPI, Path, Response
from fastapi.responses import HTMLResponse

from services.boards.access import Guard
from services.boards.board import Board
from services.boards.case import encode
from services.boards.case_page import CasePages
from services.boards.inquiry import Inquiry
from services.boards.near_pages import NearPages
from services.boards.pages import LANGUAGES
from services.openapi import ERROR_SCHEMA, refusals
from services.replies import refusal

NOT_KEPT: Final = {"Cache-Control": "no-store"}
Episode = Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]


def install(app: FastAPI, board: Board, check: Guard, inquiry: Inquiry) -> None:
    """Give the app its rooms beside the wall."""
    _install_floor(app, board, check)
    _install_surges(app, board, check, inquiry)


def _install_floor(app: FastAPI, board: Board, check: Guard) -> None:
    @app.get("/floor", include_in_schema=False, dependencies=[Depends(check)])
    async def floor(lang: str = "both") -> Response:
        if board.snapshot is None:
            return _not_yet(board)
        html = NearPages(board.fold.centre).floor(board.snapshot, language_of(lang))
        return HTMLResponse(html, 200, NOT_KEPT)

    @app.get("/surges", include_in_schema=False, dependencies=[Depends(check)])
    async def surges(lang: str = "both") -> Response:
        if board.snapshot is None:
            return _not_yet(board)
        pages, known = NearPages(board.fold.centre), board.fold.levels.known
        return HTMLResponse(pages.surges(board.snapshot, known, language_of(lang)), 200, NOT_KEPT)


def _install_surges(app: FastAPI, board: Board, check: Guard, inquiry: Inquiry) -> None:
    refused = refusals(401, 403, 404, schema=ERROR_SCHEMA)

    @app.get("/surges/{episode}", include_in_schema=False, dependencies=[Depends(check)])
    async def surge(episode: Episode, lang: str = "both") -> Response:
        case, age = await inquiry.case(board.fold.centre, episode)
        if case is None:
            return HTMLResponse(board.pages.nothing_there(), 404, NOT_KEPT)
        page = CasePages(board.fold.centre).page(case, age, language_of(lang))
        return HTMLResponse(page, 200, NOT_KEPT)

    @app.get("/surges/{episode}/report", include_in_schema=False, dependencies=[Depends(check)])
    async def report(episode: Episode, lang: str = "both") -> Response:
        case, _ = await inquiry.case(board.fold.centre, episode)
        if case is None:
            return HTMLResponse(board.pages.nothing_there(), 404, NOT_KEPT)
        text = CasePages(board.fold.centre).report(case, language_of(lang))
        name = f'attachment; filename="surge-{episode}.html"'
        return HTMLResponse(text, 200, {**NOT_KEPT, "Content-Disposition": name})

    @app.get("/v1/surges/{episode}", dependencies=[Depends(check)], responses=refused)
    async def numbers(episode: Episode) -> Response:
        """The evidence for one surge and what came of it, as the log has them now."""
        case, _ = await inquiry.case(board.fold.centre, episode)
        if case is None:
            return refusal(404, "not_found", "episode", "there is no such surge", NOT_KEPT)
        return Response(encode(case), 200, NOT_KEPT, "application/json")


def language_of(asked: str) -> str:
    """One of the languages a page may have."""
    return asked if asked in LANGUAGES else "both"


def _not_yet(board: Board) -> Response:
    return HTMLResponse(board.pages.waiting_page(), 503, NOT_KEPT)
