"""What can be asked and told of people over HTTP?

Managers import, plan and look at readiness; a counselor may change what is their own: standing,
proof of a number, their calendar's address. A signed-in person is told by the desk they have.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response

from services.auth import AccessError, Identity, allowed, require
from services.callout.people.desk import PeopleDesk
from services.callout.people.feeds import feed, make_feed, revoke_feed
from services.callout.people.people import UnknownPersonError
from services.callout.people.shown import import_shown, shown
from services.people_calendar import (
    LARGEST_BYTES,
    Between,
    WrongCalendarError,
    changes,
    read_calendar,
)
from services.people_file import MOST_BYTES
from services.replies import json_response, refusal
from streams.domain.people.readiness import lights
from streams.domain.people.roster import Roster
from streams.events.people import Shift, ShiftKind, Span, Standing

READ_AHEAD: Final = timedelta(days=120)
READ_BACK: Final = timedelta(days=7)
# Some say what was wrong line by line, or what became of a code, in a form of their own.
ANSWERED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"description": "The code is on its way."},
    204: {"description": "Nobody knows them any more."},
    **{
        status: {"description": "Refused, or not now; the body says why."}
        for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
    },
}

router = APIRouter()
Manager = Annotated[Identity, Depends(require("manager", "lead"))]
Eraser = Annotated[Identity, Depends(require("manager", "lead", "admin"))]
Keyholder = Annotated[Identity, Depends(require("manager", "admin"))]
Planner = Annotated[Identity, Depends(require("manager", "lead", "viewer"))]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
MethodId = Annotated[str, Path(pattern=r"^(sms|voice|email|push)$")]


class StandingBody(msgspec.Struct, forbid_unknown_fields=True):
    """How soon they could come."""

    standing: Standing


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
PersonId = Annotated[str, msgspec.Meta(max_length=64)]
MOST_NAMES: Final = 1000
MOST_NAMES_BYTES: Final = 128 * 1024


class AwayBody(msgspec.Struct, forbid_unknown_fields=True):
    """From one instant until another."""

    starts_at: Moment
    ends_at: Moment


class LeaveBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every time they are away."""

    leave: Annotated[list[AwayBody], msgspec.Meta(max_length=100)]


class CodeBody(msgspec.Struct, forbid_unknown_fields=True):
    """The six digits that came."""

    code: Annotated[str, msgspec.Meta(pattern=r"^\s*\d{6}\s*$")]


class NamesBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whose names."""

    people: Annotated[list[PersonId], msgspec.Meta(max_length=MOST_NAMES)]


class SwapBody(msgspec.Struct, forbid_unknown_fields=True):
    """A shift goes to somebody else."""

    shift: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    person: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


async def desk(request: Request) -> PeopleDesk:
    """What this process keeps of people."""
    found: PeopleDesk = request.app.state.people_desk
    return found


Desk = Annotated[PeopleDesk, Depends(desk)]


@router.get("/v1/people")
async def show_people(_: Planner, at: Desk) -> Response:
    """Everyone in service, however many, and how ready they are."""
    now = at.now()
    ready = at.readiness()
    counted = lights(ready)
    rows = []
    for one in ready:
        person = at.people.get(one.person)
        rows.append(shown(person, one, at.people.book.roster.shifts_of(person.id), now))
    body = {
        "now": now,
        "lights": [
            {"pool": pool, "tier": tier, **count} for (pool, tier), count in sorted(counted.items())
        ],
        "people": rows,
    }
    return _json(200, body)


@router.post("/v1/people/names")
async def name_people(_: Manager, request: Request, at: Desk) -> Response:
    """What these people are called: names, never numbers. In the body, for no log keeps one."""
    wanted = msgspec.json.decode(await _body(request, MOST_NAMES_BYTES), type=NamesBody)
    names = {one: name for one in wanted.people if (name := at.people.name_if_known(one))}
    return _json(200, {"names": names})


@router.post("/v1/people/import")
async def take_list(who: Manager, request: Request, at: Desk) -> Response:
    """A CSV list; `?dry_run=1` only says what would happen, `?remove_missing=1` retires others."""
    raw = await _body(request, MOST_BYTES)
    dry_run = request.query_params.get("dry_run") == "1"
    remove = request.query_params.get("remove_missing") == "1"
    listed, planned = await at.people.take_list(raw, dry_run=dry_run, remove_missing=remove)
    if not dry_run and not listed.problems:
        at.done(who, "import_people", "people")
    status = 422 if listed.problems else 200
    return _json(status, import_shown(listed, planned, dry_run=dry_run))


@router.post("/v1/people/reseal")
async def reseal(who: Keyholder, at: Desk) -> Response:
    """Seal everyone's name and addresses with the key that seals now."""
    done = await at.people.reseal()
    at.done(who, "reseal_people", "people")
    body = {"resealed": done.resealed, "unreadable": done.unreadable, "by_key": done.by_key}
    return _json(200, body)


@router.post("/v1/people/{person}/standing")
async def set_standing(person: Id, request: Request, at: Desk) -> Response:
    """How soon they could come: now, 30min, 2h, no."""
    _own(request, at, person)
    body = await _read(request, StandingBody)
    after = await at.people.set_standing(person, body.standing)
    return _json(200, {"standing": after.standing, "since": after.standing_since})


@router.put("/v1/people/{person}/leave")
async def set_leave(person: Id, request: Request, at: Desk) -> Response:
    """When they are away, all of it; an empty list is no leave."""
    _own(request, at, person)
    body = await _read(request, LeaveBody)
    if any(span.ends_at <= span.starts_at for span in body.leave):
        return refusal(422, "invalid", "leave", "an end must come after its start")
    spans = [Span(starts_at=away.starts_at, ends_at=away.ends_at) for away in body.leave]
    after = await at.people.set_leave(person, spans)
    return _json(200, {"leave": len(after.leave)})


@router.delete("/v1/people/{person}")
async def erase(person: Id, who: Eraser, at: Desk) -> Response:
    """Forget somebody: their record and their shifts, here now and on the log when compacted."""
    await at.people.forget(person)
    at.done(who, "erase_person", person)
    return Response(status_code=204)


@router.post("/v1/people/{person}/methods/{method}/verify")
async def ask_code(person: Id, method: MethodId, request: Request, at: Desk) -> Response:
    """Send a six-digit code by this method."""
    _own(request, at, person)
    asked = await at.verification.ask(person, method)
    status = {"sent": 202, "too_soon": 429}.get(asked, 503)
    return _json(status, {"result": asked})


@router.post("/v1/people/{person}/methods/{method}/confirm")
async def confirm_code(person: Id, method: MethodId, request: Request, at: Desk) -> Response:
    """The code came back."""
    who = _own(request, at, person)
    body = await _read(request, CodeBody)
    confirmed = await at.verification.confirm(person, method, body.code)
    if confirmed != "verified":
        at.refused(who, "verify_method", person, confirmed)
        return refusal(409, confirmed, "code", "the code is not the one that was sent")
    at.done(who, "verify_method", person)
    return _json(200, {"result": confirmed})


@router.put("/v1/people/{person}/calendars/{source}")
async def read_shifts(person: Id, source: Id, who: Manager, request: Request, at: Desk) -> Response:
    """An iCalendar file; `?kind=` planned, override or elsewhere. It replaces its last reading."""
    known = at.people.get(person)
    raw = await _body(request, LARGEST_BYTES)
    kind = request.query_params.get("kind", "planned")
    if kind not in ("planned", "override", "elsewhere"):
        return refusal(422, "invalid", "kind", "must be planned, override or elsewhere")
    now = at.now()
    between = Between(now - READ_BACK, now + READ_AHEAD)
    try:
        read = read_calendar(
            raw,
            person,
            between,
            source=source,
            kind=msgspec.convert(kind, ShiftKind),
            zone=ZoneInfo(known.timezone),
            now=now,
        )
    except WrongCalendarError as error:
        return refusal(422, "invalid", "", str(error))
    changed = list(changes(read, at.people.book.shifts, source, person, between))
    await at.people.put_shifts(changed)
    at.done(who, "read_calendar", person)
    return _json(200, {"shifts": len(read), "changed": len(changed)})


@router.post("/v1/people/swaps")
async def swap(who: Manager, request: Request, at: Desk) -> Response:
    """A shift goes to somebody else; the other one keeps theirs until this is on the log."""
    body = await _read(request, SwapBody)
    before = at.people.book.shifts.get(body.shift)
    if before is None or before.cancelled:
        return refusal(404, "not_found", "shift", "there is no such shift")
    other = at.people.get(body.person)
    roster: Roster = at.people.book.roster
    if roster.working(other.id, before.starts_at, before.ends_at) is not None:
        return refusal(409, "working", "person", "they work at that time")
    after = Shift(
        id=f"{before.id}.swap",
        person=other.id,
        starts_at=before.starts_at,
        ends_at=before.ends_at,
        kind="swap",
        pool=before.pool,
        replaces=before.id,
        sequence=before.sequence,
    )
    await at.people.put_shifts([after])
    at.done(who, "swap_shift", before.id)
    return _json(200, {"shift": after.id})


@router.post("/v1/people/{person}/feed")
async def new_feed(person: Id, request: Request, at: Desk) -> Response:
    """The secret address of their calendar, shown this once. It ends the one before."""
    _own(request, at, person)
    secret = await make_feed(at.people, person)
    return _json(200, {"url": f"{at.public_url}/calendar/{secret}.ics"})


@router.delete("/v1/people/{person}/feed")
async def no_feed(person: Id, request: Request, at: Desk) -> Response:
    """Take the address back."""
    _own(request, at, person)
    await revoke_feed(at.people, person)
    return Response(status_code=204)


@router.get("/calendar/{secret}.ics", include_in_schema=False)
async def read_feed(secret: str, at: Desk) -> Response:
    """A calendar program reads. No token: the address is the key, so nothing here logs it."""
    found = feed(at.people, secret, at.now())
    if found is None:
        at.refused(None, "read_feed", "unknown", "no_such_feed")
        return Response(status_code=404)
    headers = {"Cache-Control": "private, max-age=300", "X-Robots-Tag": "noindex"}
    return Response(found, media_type="text/calendar; charset=utf-8", headers=headers)


def _own(request: Request, at: PeopleDesk, person: str) -> Identity:
    """Whoever asks: the person themselves, or somebody who may plan for them."""
    who = allowed(request, "counselor", "lead", "manager")
    if not who.roles.isdisjoint({"lead", "manager"}):
        return who
    known = at.people.book.people.get(person)
    if known is None or not who.agent or known.agent != who.agent:
        raise AccessError(403, "forbidden", "only their own", who)
    return who


async def _read(request: Request, kind: type[msgspec.Struct]) -> Any:
    return msgspec.json.decode(await _body(request, 4096), type=kind)


async def _body(request: Request, most: int) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            raise HTTPException(413, f"at most {most} bytes")
    return raw


def _json(status: int, body: dict[str, Any]) -> Response:
    return json_response(status, body)


async def nobody(_: Request, error: Exception) -> Response:
    """`UnknownPersonError` as a 404."""
    return refusal(404, "not_found", "person", str(error))


async def wrong_body(_: Request, error: Exception) -> Response:
    """`msgspec.ValidationError` as a 422 that names the field."""
    detail, _path, path = str(error).partition(" - at `$")
    return refusal(422, "invalid", path.rstrip("`").lstrip("."), detail)


ERRORS: Final = {
    UnknownPersonError: nobody,
    msgspec.ValidationError: wrong_body,
    msgspec.DecodeError: wrong_body,
}
