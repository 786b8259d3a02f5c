"""May callbacks be promised, and rung, just now? The switches, who turned them last, and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.consoles.api import moment
from services.consoles.doors import house_of, person, reader_of, sender
from services.consoles.forms import SwitchForm
from services.consoles.lists import LEADING
from services.consoles.pages import NOT_KEPT, SWITCHES
from services.sessions import Session

router = APIRouter()
Viewer = Annotated[Session, Depends(person(*sorted(SWITCHES.roles)))]
Sender = Annotated[Session, Depends(sender(*LEADING))]
EVERY: Final = "*"


@router.get("/switches")
async def show(request: Request, who: Viewer, note: str = "") -> Response:
    """How they stand."""
    house = house_of(request)
    api = house.callbacks.for_whom(who.acting())
    switches = await api.get("/v1/callbacks/switches")
    summary = await api.get("/v1/callbacks/summary")
    off = {name: set(switches[f"{name}_off"]) for name in ("registering", "dialling")}
    return house.pages.page(
        "switches.html",
        reader_of(request),
        note=note,
        as_of=moment(summary["now"]),
        queues=[EVERY, *(queue.name for queue in house.centre.queues)],
        off=off,
        by=switches["by"],
        reason=switches["reason"],
        turned=switches["version"] > 0,
        leads=not set(LEADING).isdisjoint(who.roles),
    )


@router.post("/switches")
async def turn(request: Request, who: Sender, form: Annotated[SwitchForm, Form()]) -> Response:
    """Turn one; the list writes down who did, and why, before it is done."""
    body = {
        "switch": form.switch,
        "queue": form.queue,
        "on": form.to == "on",
        "reason": form.reason,
    }
    await house_of(request).callbacks.for_whom(who.acting()).post("/v1/callbacks/switches", body)
    return RedirectResponse("/switches?note=turned", 303, NOT_KEPT)
