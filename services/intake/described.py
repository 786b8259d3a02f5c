"""What may be sent to intake, and what does it answer? The OpenAPI document.

What each event holds is in the JSON Schemas under `streams/events/schemas/intake`, which the
AsyncAPI document beside them refers to; here is how they travel.
"""

from typing import Any, Final

from services.intake.bodies import BATCH, LINES, ONE
from services.openapi import JSON, answers, document, refusals, takes
from streams.events.codec import INTAKE_TYPES

ABOUT: Final = """\
Phone systems, chat and mail gateways report what happens to contacts and agents as CloudEvents 1.0.
202 is said when the broker has every accepted event; whatever is sent again under the same `source`
and `id` changes nothing, so after any other answer the same request may be repeated."""
TAKE: Final = """\
Who may send: the role `source`. One event (`application/cloudevents+json`), a JSON array
(`application/cloudevents-batch+json`) or one event a line (`application/x-ndjson`); up to 4 MiB and
5,000 events. Of a batch, good events are taken and bad ones named; 422 when none could be taken."""
CLOCK: Final = """\
Who may declare: the role `rehearsal`, and only where the centre was started for rehearsals. Every
process follows the clock: `event` is the centre's time at the real time `wall`, running `speed`
times as fast."""

ARRIVED: Final = {
    "specversion": "1.0",
    "type": "surgeline.contact.arrived.v1",
    "source": "phone-1",
    "id": "c-17-arrived",
    "subject": "c-17",
    "time": "2026-03-11T03:00:00Z",
    "data": {"queue": "main", "caller": "withheld", "language": "ko", "country": "JP"},
}
DECLARED: Final = {"wall": "2026-03-11T03:00:00Z", "event": "2026-03-11T03:00:00Z", "speed": 10}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}


def description() -> dict[str, Any]:
    """The document, made from what the code reads and answers."""
    event = {"$ref": "#/components/schemas/Event"}
    body = takes(event, {"arrived": ARRIVED}, ONE)
    batch = {"type": "array", "items": event, "maxItems": 5000}
    body["content"] |= takes(batch, {"one": [ARRIVED]}, BATCH)["content"]
    body["content"][LINES] = {"schema": _TEXT}
    taken = {"$ref": "#/components/schemas/Taken"}
    refused = {"anyOf": [taken, {"$ref": "#/components/schemas/Error"}]}
    send = {
        "operationId": "takeEvents",
        "summary": "Report what happened",
        "description": TAKE,
        "requestBody": body,
        "responses": {
            "202": answers("The log has what was accepted.", taken),
            **refusals(401, 403, 408, 413, 415, 503),
            "400": answers("Nothing could be read.", refused),
            "422": answers("Nothing could be taken.", refused),
        },
    }
    paths = {"/v1/events": {"post": send}, "/v1/clock": {"post": _declare(), "get": _show()}}
    return document("Surgeline intake", ABOUT, paths, _schemas())


def _declare() -> dict[str, Any]:
    return {
        "operationId": "declareClock",
        "summary": "Declare the centre's clock for a rehearsal",
        "description": CLOCK,
        "requestBody": takes({"$ref": "#/components/schemas/Declaration"}, {"ten_times": DECLARED}),
        "responses": {
            "200": answers("Declared.", {"$ref": "#/components/schemas/Clock"}),
            **refusals(400, 401, 403, 408, 413, 422, 503),
        },
    }


def _show() -> dict[str, Any]:
    return {
        "operationId": "showClock",
        "summary": "What time is it for the centre?",
        "responses": {
            "200": answers("The clock.", {"$ref": "#/components/schemas/Clock"}),
            **refusals(401, 403),
        },
    }


def _schemas() -> dict[str, Any]:
    return {
        "Event": {
            "type": "object",
            "required": ["specversion", "type", "source", "id", "subject", "time", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "type": {"enum": sorted(INTAKE_TYPES)},
                "source": {"type": "string", "minLength": 1, "maxLength": 256},
                "id": {"type": "string", "minLength": 1, "maxLength": 256},
                "subject": {"type": "string", "minLength": 1, "maxLength": 128},
                "time": _MOMENT,
                "datacontenttype": {"const": JSON},
                "data": {"type": "object"},
            },
        },
        "Taken": {
            "type": "object",
            "required": ["accepted", "repeated", "refused"],
            "properties": {
                "accepted": _COUNT,
                "repeated": _COUNT,
                "refused": {"type": "array", "items": {"$ref": "#/components/schemas/Refused"}},
            },
        },
        "Refused": {
            "type": "object",
            "required": ["index", "reason", "field", "detail"],
            "properties": {"index": _COUNT, "reason": _TEXT, "field": _TEXT, "detail": _TEXT},
        },
        "Declaration": {
            "type": "object",
            "required": ["wall", "event", "speed"],
            "properties": {
                "wall": _MOMENT,
                "event": _MOMENT,
                "speed": {"type": "number", "minimum": 0, "maximum": 100_000},
                "shift_seconds": {"type": "number"},
                "declared_by": _TEXT,
            },
        },
        "Clock": {
            "type": "object",
            "required": ["now", "wall", "event", "speed", "real"],
            "properties": {
                "now": _MOMENT,
                "wall": _MOMENT,
                "event": _MOMENT,
                "speed": {"type": "number"},
                "real": {"type": "boolean"},
            },
        },
    }
