"""How is somebody forgotten who asks for it, and how are numbers sealed anew?

For managers and administrators. Who did is on the log before anything is done; whom it was about
is nowhere, for that is the point.
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.auth import Identity, require
from services.callbacks.routes import audit_of, in_time
from services.callbacks.running import Running
from services.callbacks.schemas import EraseBody
from streams.domain.callbacks.callback import RefusedError
from streams.errors import InvalidEventError

router = APIRouter()
Manager = Annotated[Identity, Depends(require("manager", "admin"))]


@router.post("/v1/callbacks/erasures")
async def erase(body: EraseBody, who: Manager, request: Request) -> dict[str, Any]:
    """Forget a caller: their open promise is withdrawn, no record leads to them any more."""
    running: Running = request.app.state.running
    audit = audit_of(request)
    erasure = str(uuid.uuid4())
    await in_time(audit.write(audit.line(who, "erase caller", erasure, body.reason)))
    try:
        erased = await running.keeper.erase(body.number, running.centre.region)
    except InvalidEventError as error:
        raise RefusedError("invalid", str(error.detail), "number") from None
    done = f"{erased.callbacks} callbacks, {erased.withdrawn} withdrawn"
    audit.note(audit.line(who, "erased caller", erasure, done))
    return {
        "erasure": erasure,
        "callbacks": erased.callbacks,
        "withdrawn": erased.withdrawn,
        "gone_in_days": dict(erased.gone_in_days),
    }


@router.post("/v1/callbacks/reseal")
async def reseal(who: Manager, request: Request) -> dict[str, Any]:
    """Seal every number with the key that seals now; says which keys are still needed."""
    running: Running = request.app.state.running
    audit = audit_of(request)
    await in_time(audit.write(audit.line(who, "reseal numbers", "callbacks")))
    done = await running.keeper.reseal()
    return {
        "resealed": done.resealed,
        "unreadable": done.unreadable,
        "by_key": dict(done.by_key),
    }
