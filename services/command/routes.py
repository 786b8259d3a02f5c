"""How do people in command give orders over HTTP? A route asks the desk and translates."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.auth import Identity, require
from services.command.running import Running
from services.command.schemas import Body, shown
from streams.errors import OverloadedError
from streams.telemetry.families import page_of

Commander = Annotated[Identity, Depends(require("lead", "manager"))]
Reader = Annotated[Identity, Depends(require("lead", "manager", "viewer", "auditor"))]

router = APIRouter()


def running(request: Request) -> Running:
    """The parts of this process."""
    found: Running = request.app.state.running
    return found


Parts = Annotated[Running, Depends(running)]


@router.post("/v1/commands")
async def give(body: Body, who: Commander, parts: Parts) -> dict[str, Any]:
    """Give an order; answered when it is on the log. The same id again is the same order."""
    if not parts.ready:
        raise OverloadedError("the log is being read: ask again", retry_after_seconds=1)
    order, repeated = await parts.desk.give(body, who)
    return {"order": shown(order, parts.standing), "repeated": repeated}


@router.get("/v1/commands")
async def show(
    _: Reader, parts: Parts, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """The latest orders, the newest first, and whether each has been obeyed yet."""
    orders = [shown(order, parts.standing) for order in parts.standing.latest(limit)]
    return {"orders": orders, "now": parts.clock.now()}


@router.get("/v1/surges")
async def show_surges(_: Reader, parts: Parts) -> dict[str, Any]:
    """The surges that are on, as orders name them."""
    surges = [
        {
            "episode": data.episode,
            "key": data.key,
            "tier": data.tier,
            "declared_at": data.declared_at,
            "declared_by": data.declared_by,
            "acknowledged_by": data.acknowledged_by,
            "held_until": data.held_until,
            "sentence": data.sentence,
        }
        for data in parts.standing.open.values()
    ]
    return {"surges": surges, "now": parts.clock.now()}


@router.get("/healthz", include_in_schema=False)
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.get("/readyz", include_in_schema=False)
async def readyz(parts: Parts, response: Response) -> dict[str, Any]:
    """Orders would be taken now."""
    response.status_code = 200 if parts.ready else 503
    return {"ready": parts.ready, "detail": "" if parts.ready else "the log is being read"}


@router.get("/metrics", include_in_schema=False)
async def show_metrics() -> Response:
    """For Prometheus."""
    return Response(page_of("command"), media_type=CONTENT_TYPE_LATEST)
