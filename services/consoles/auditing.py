"""What have people done, and what were they refused? To be read, by those whose work that is."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.consoles.doors import house_of, person, reader_of
from services.consoles.pages import AUDIT
from services.sessions import Session

SHOWN: Final = 200

router = APIRouter()
Auditor = Annotated[Session, Depends(person(*sorted(AUDIT.roles)))]


@router.get("/audit")
async def show(
    request: Request,
    _: Auditor,
    actor: Annotated[str, Query(max_length=64)] = "",
    refused: Literal["", "true"] = "",
) -> Response:
    """The latest lines."""
    house = house_of(request)
    found = house.trail.latest(actor=actor.strip(), refused=bool(refused))
    return house.pages.page(
        "audit.html",
        reader_of(request),
        as_of=datetime.now(UTC) if house.trail.caught_up else None,
        lines=found[:SHOWN],
        count=len(found),
        actor=actor,
        refused=refused,
        caught_up=house.trail.caught_up,
    )
