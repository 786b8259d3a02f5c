"""How do people change the centre file over HTTP? A route asks the desk and translates."""

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.auth import Identity, require
from services.command.routes import Commander, Parts, Reader
from services.command.running import Running
from services.command.schemas import Text
from streams.errors import OverloadedError
from streams.events.centre import CentreData

Manager = Annotated[Identity, Depends(require("manager"))]
Version = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
File = Annotated[str, Field(min_length=1, max_length=60_000)]

router = APIRouter(prefix="/v1/centre")


class FileBody(BaseModel):
    """A centre file as it would be."""

    model_config = ConfigDict(extra="forbid")

    text: File


class ApplyBody(FileBody):
    """`on` is the version that the file was made from."""

    on: Version
    reason: Text


class RollBackBody(BaseModel):
    """The version to put back, and the one in force that is given up."""

    model_config = ConfigDict(extra="forbid")

    version: Version
    on: Version
    reason: Text


@router.get("")
async def show(_: Reader, parts: Parts) -> dict[str, Any]:
    """The version in force, with its text, and all that were before it, the newest first."""
    history = parts.versions.history()
    current = parts.versions.in_force.version
    text = next((data.text for data in history if data.version == current), "")
    return {"version": current, "text": text, "history": [_shown(data) for data in history]}


@router.post("/preview")
async def preview(body: FileBody, _: Commander, parts: Parts) -> dict[str, Any]:
    """What is wrong with a file, or what it would change; nothing is changed."""
    _ready(parts)
    return dataclasses.asdict(await parts.versions.preview(body.text))


@router.post("/apply")
async def apply(body: ApplyBody, who: Manager, parts: Parts) -> dict[str, Any]:
    """Put a file in force; answered when the log has it."""
    _ready(parts)
    data, repeated = await parts.versions.apply(
        body.text, on=body.on, reason=body.reason, by=who.name
    )
    return {"applied": _shown(data), "repeated": repeated}


@router.post("/roll-back")
async def roll_back(body: RollBackBody, who: Manager, parts: Parts) -> dict[str, Any]:
    """Put back a version that was in force before."""
    _ready(parts)
    data, repeated = await parts.versions.roll_back(
        body.version, on=body.on, reason=body.reason, by=who.name
    )
    return {"applied": _shown(data), "repeated": repeated}


def _ready(parts: Running) -> None:
    if not parts.ready:
        raise OverloadedError("the log is being read: ask again", retry_after_seconds=1)


def _shown(data: CentreData) -> dict[str, Any]:
    return {
        "version": data.version,
        "previous": data.previous,
        "applied_by": data.applied_by,
        "reason": data.reason,
        "rolled_back": data.rolled_back,
    }
