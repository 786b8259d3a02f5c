"""What may be asked of admission, and what does it answer? The OpenAPI document."""

from typing import Any, Final, get_args

import msgspec

from services.admission.questions import Asked
from services.openapi import answers, document, refusals, takes
from streams.domain.admission.rules import PROMPTS, Decision, Reason, Unknown

ABOUT: Final = """\
A phone system asks what to do with one arriving contact, and does it: let it wait (`queue`), offer
a callback (`offer_callback`), or play a prompt and let it go (`deflect`). It is answered from
memory within milliseconds; with the log away, from the state last known, and `stale` says so.
Ask again whenever the caller must be told something new."""
ADMIT: Final = """\
Who may ask: the roles `source` and `phone`. `position` counts from 1 and is the place if the
contact waits; `wait` is for that place. `callback` is there when this caller has an open one.
An unknown field is refused: a misspelt `urgency` must not pass for a quiet one."""

_MOMENT: Final = {"type": "string", "format": "date-time"}
_NULL: Final = {"type": "null"}
QUESTION_EXAMPLES: Final = {
    "from_abroad": {
        "contact": "c-17",
        "queue": "main",
        "caller": "010-1234-5678",
        "topic": "disaster",
        "country": "JP",
    },
    "withheld": {"contact": "c-18", "queue": "english", "caller": "withheld", "language": "en"},
}
ANSWER_EXAMPLES: Final = {
    "long_wait": {
        "decision": "offer_callback",
        "reason": "long_wait",
        "prompt": "callback_offer",
        "position": 41,
        "wait": {"p50_seconds": 600, "p90_seconds": 1200, "method": "queue_length"},
        "as_of": "2026-03-11T03:00:00.000Z",
        "stale": False,
        "age_seconds": 0.4,
    },
    "nothing_known": {
        "decision": "queue",
        "reason": "wait_unknown",
        "position": 1,
        "wait": {"unknown": "not_estimated"},
        "as_of": None,
        "stale": True,
        "age_seconds": None,
    },
}


def description() -> dict[str, Any]:
    """The document, made from what the code reads and answers."""
    _, components = msgspec.json.schema_components(
        [Asked], ref_template="#/components/schemas/{name}"
    )
    question = components.pop("Asked") | {"title": "Question"}
    ask = {
        "operationId": "admit",
        "summary": "What to do with one arriving contact?",
        "description": ADMIT,
        "requestBody": takes({"$ref": "#/components/schemas/Question"}, QUESTION_EXAMPLES),
        "responses": {
            "200": answers(
                "What to do.", {"$ref": "#/components/schemas/Answer"}, **ANSWER_EXAMPLES
            ),
            **refusals(400, 401, 403, 408, 413, 415, 422),
        },
    }
    schemas = {**components, "Question": question, "Answer": _answer()}
    return document("Surgeline admission", ABOUT, {"/v1/admission": {"post": ask}}, schemas)


def _answer() -> dict[str, Any]:
    prompt = {
        "type": "string",
        "description": f"What to play: {', '.join(PROMPTS)}, or one that the centre file names.",
    }
    callback = {
        "type": "object",
        "required": ["id", "promised_by"],
        "properties": {"id": {"type": "string"}, "promised_by": _MOMENT},
    }
    return {
        "type": "object",
        "required": ["decision", "reason", "position", "wait", "as_of", "stale", "age_seconds"],
        "additionalProperties": False,
        "properties": {
            "decision": {"enum": list(_words(Decision))},
            "reason": {"enum": list(_words(Reason))},
            "prompt": prompt,
            "position": {"anyOf": [{"type": "integer", "minimum": 1}, _NULL]},
            "wait": {"anyOf": [_wait(), _unknown()]},
            "callback": callback,
            "as_of": {"anyOf": [_MOMENT, _NULL]},
            "stale": {"type": "boolean"},
            "age_seconds": {"anyOf": [{"type": "number", "minimum": 0}, _NULL]},
        },
    }


def _wait() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["p50_seconds", "p90_seconds", "method"],
        "properties": {
            "p50_seconds": {"type": "integer", "minimum": 0},
            "p90_seconds": {"type": "integer", "minimum": 0},
            "method": {"type": "string"},
        },
    }


def _unknown() -> dict[str, Any]:
    words = list(_words(Unknown))
    return {"type": "object", "required": ["unknown"], "properties": {"unknown": {"enum": words}}}


def _words(kind: Any) -> tuple[str, ...]:
    """The words of a Literal, or of a union of them."""
    found = (_words(part) if get_args(part) else (str(part),) for part in get_args(kind))
    return tuple(word for words in found for word in words)
