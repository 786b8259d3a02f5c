"""Where does somebody go on once signed in?

Whoever was turned away by the boards comes here with the page they wanted, and is led back to it.
Only to the boards that this installation names: an address from outside would lead people astray.
"""

from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote

from fastapi import Request, Response

from services.consoles.doors import house_of
from services.consoles.web import local_path

COOKIE: Final = "surgeline_onward"
GOOD_FOR: Final = timedelta(minutes=10)
LONGEST: Final = 512


def remember(answer: Response, request: Request, board: str) -> None:
    """Keep the page of the boards that was asked for, over the form or the provider's pages."""
    if not board or len(board) > LONGEST:
        return
    answer.set_cookie(
        COOKIE,
        quote(local_path(board), safe=""),
        max_age=int(GOOD_FOR.total_seconds()),
        httponly=True,
        secure=house_of(request).settings.secure,
        # The provider sends the browser back, which is another site's doing.
        samesite="lax",
        path="/sign-in",
    )


def forget(answer: Response) -> None:
    """They have been led there."""
    answer.delete_cookie(COOKIE, path="/sign-in")


def remembered(request: Request) -> str:
    """The page of the boards they came for; "" when they came for the consoles."""
    return to_board(request, unquote(request.cookies.get(COOKIE, ""))[:LONGEST])


def to_board(request: Request, path: str) -> str:
    """The whole address of a page of the boards; "" when there is none to go to."""
    boards = house_of(request).settings.boards_url
    return f"{boards}{local_path(path)}" if boards and path else ""
