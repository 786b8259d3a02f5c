"""Could everybody be reached tonight? The readiness board, before it is needed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.consoles.api import moment
from services.consoles.doors import house_of, person, reader_of
from services.consoles.forms import Code
from services.consoles.pages import PEOPLE
from services.consoles.people_names import names_of
from services.sessions import Session

LIGHTS = ("red", "amber", "green")

router = APIRouter()
Viewer = Annotated[Session, Depends(person(*sorted(PEOPLE.roles)))]


@router.get("/people")
async def show(
    request: Request,
    who: Viewer,
    pool: Code | Literal[""] = "",
    light: Literal["", "red", "amber", "green"] = "",
) -> Response:
    """Everyone, those who cannot be reached first."""
    house = house_of(request)
    api = house.callouts.for_whom(who.acting())
    told = await api.get("/v1/people")
    people = [
        one
        for one in told["people"]
        if (not pool or one["pool"] == pool) and (not light or one["light"] == light)
    ]
    people.sort(key=lambda one: (LIGHTS.index(one["light"]), one["pool"], one["tier"], one["id"]))
    return house.pages.page(
        "people.html",
        reader_of(request),
        as_of=moment(told["now"]),
        lights=told["lights"],
        people=people,
        names=await names_of(api, who, (one["id"] for one in people)),
        total=len(told["people"]),
        pools=sorted({one["pool"] for one in told["people"]}),
        pool=pool,
        light=light,
        colours=LIGHTS,
        moment=moment,
    )
