"""What does the contract look like to people who do not read Python?

JSON Schemas, one for each event type as it is on the log and one for each that a phone system may
send, and an AsyncAPI 3.0 document that says which topic carries what. All are made from the event
classes and the catalogue, checked in under `schemas/`, and compared by a test: `surgeline contract
--write` brings them up to date.
"""

import inspect
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from streams.events.codec import EVENT_TYPES, INTAKE_TYPES
from streams.events.envelope import CloudEvent
from streams.topics import (
    AGENTS,
    AUDIT,
    BASELINES,
    CALLBACKS,
    CALLOUTS,
    CATALOGUE,
    CENTRE,
    CLOCK,
    COMMANDS,
    CONTACT_KEYS,
    CONTACTS,
    DEAD_LETTERS,
    OVERFLOW,
    PEOPLE,
    PULSES,
    QUEUES,
    SEATS,
    SURGES,
    Topic,
)

FOLDER: Final = Path(__file__).parent / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Their records hold a JSON array of events; the records of the others hold one event.
PARCELS: Final = frozenset({CONTACTS.name, PULSES.name})
NUMBER: Final = {
    "description": "The caller's number, best in E.164 (+82...), or the word withheld; a national "
    "number is read as one of the centre's region. It is replaced before anything is stored.",
    "anyOf": [{"type": "string", "maxLength": 64}, {"type": "null"}],
    "default": None,
}
LONGEST: Final = {"id": 256, "source": 256, "subject": 128}
_OURS: Final = ("recordedtime", "centreversion", "partitionkey")

# Which families of types a topic carries, by the words after "surgeline.".
CARRIED: Final[dict[Topic, tuple[str, ...]]] = {
    CONTACTS: ("contact.",),
    CONTACT_KEYS: ("contact.keyed.",),
    AGENTS: ("agent.",),
    PULSES: ("pulse.",),
    QUEUES: ("queue.",),
    SURGES: ("surge.", "feed."),
    SEATS: ("seats.", "wait."),
    OVERFLOW: ("overflow.",),
    CALLBACKS: ("callback.",),
    CALLOUTS: ("callout.", "offer."),
    COMMANDS: ("order.",),
    CENTRE: ("centre.",),
    PEOPLE: ("person.", "shift."),
    CLOCK: ("clock.",),
    BASELINES: ("baseline.", "detector."),
    DEAD_LETTERS: ("dead-letter.",),
    AUDIT: ("audit.",),
}


def files() -> dict[str, str]:
    """Every generated file: its path under `schemas/`, and its text."""
    made = {f"log/{file_name(name)}": _text(on_the_log(name)) for name in EVENT_TYPES}
    made |= {f"intake/{file_name(name)}": _text(as_sent(name)) for name in INTAKE_TYPES}
    made["asyncapi.json"] = _text(async_api())
    return dict(sorted(made.items()))


def file_name(name: str) -> str:
    """surgeline.contact.arrived.v1 -> contact-arrived.v1.json."""
    _, kind, change, version = name.split(".")
    return f"{kind}-{change}.{version}.json"


def types_of(topic: Topic) -> list[str]:
    """The wire types that a topic carries."""
    found = [n for n in EVENT_TYPES if n.removeprefix("surgeline.").startswith(CARRIED[topic])]
    # Not a phone system's word, although it is about a contact.
    return [n for n in found if topic is CONTACT_KEYS or ".keyed." not in n]


def on_the_log(name: str) -> dict[str, Any]:
    """The schema of a type as readers of the log find it."""
    schema = msgspec.json.schema(EVENT_TYPES[name])
    for kind in _structs(EVENT_TYPES[name]):
        _finish(schema["$defs"][kind.__name__], kind)
    return {"$schema": DIALECT, "$id": f"urn:surgeline:log:{name}", **schema}


def as_sent(name: str) -> dict[str, Any]:
    """The schema of a type as a phone system sends it: the caller is a number."""
    schema = on_the_log(name)
    kind = EVENT_TYPES[name]
    event = schema["$defs"][kind.__name__]
    for ours in _OURS:
        del event["properties"][ours]
    event["properties"]["specversion"] = {"const": "1.0"}
    for field, longest in LONGEST.items():
        event["properties"][field] |= {"minLength": 1, "maxLength": longest}
    event["required"] = ["specversion", *event["required"]]
    data = schema["$defs"][_field_type(kind, "data").__name__]
    if "caller" in data["properties"]:
        data["properties"]["caller"] = NUMBER
        del schema["$defs"]["Caller"]
    return schema | {"$id": f"urn:surgeline:intake:{name}"}


def async_api() -> dict[str, Any]:
    """Topics as channels, event types as messages, and intake's door."""
    channels: dict[str, Any] = {topic.name: _channel(topic) for topic in CATALOGUE}
    channels["intake"] = _door()
    operations: dict[str, Any] = {"takeEvents": _operation("receive", "intake")}
    for topic in CATALOGUE:
        operations[f"{topic.name}.write"] = _operation("send", topic.name, topic.writer)
        operations[f"{topic.name}.read"] = _operation(
            "receive", topic.name, ", ".join(topic.readers)
        )
    messages = {_message_name(n): _message("log", n) for n in EVENT_TYPES}
    messages |= {f"sent-{_message_name(n)}": _message("intake", n) for n in sorted(INTAKE_TYPES)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Surgeline",
            "version": "1",
            "description": "What is on the log of a crisis hotline, and what it takes in. Events "
            "are CloudEvents 1.0 in JSON. Every topic's name may carry the centre's prefix.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    shape = "a parcel: a JSON array of events" if topic.name in PARCELS else "one event"
    names = [_message_name(name) for name in types_of(topic)]
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.holds}. Key: {topic.key}. A record's value is {shape}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": topic.cleanup.split(","),
                    "retention.ms": topic.retention_ms,
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _door() -> dict[str, Any]:
    names = [f"sent-{_message_name(name)}" for name in sorted(INTAKE_TYPES)]
    return {
        "address": "/v1/events",
        "title": "intake",
        "description": "HTTP POST: one event (application/cloudevents+json), a JSON array "
        "(application/cloudevents-batch+json) or a line for each (application/x-ndjson). "
        "202 is answered when the broker has every accepted event.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(action: str, channel: str, who: str = "intake") -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": who}


def _message(folder: str, name: str) -> dict[str, Any]:
    description = inspect.getdoc(EVENT_TYPES[name]) if EVENT_TYPES[name].__doc__ else None
    return {
        "name": name,
        "contentType": "application/cloudevents+json",
        **({"description": description} if description else {}),
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{folder}/{file_name(name)}"},
        },
    }


def _message_name(name: str) -> str:
    return file_name(name).removesuffix(".json")


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The class and every message class that its fields hold."""
    yield kind
    for field in msgspec.structs.fields(kind):
        for part in _parts(field.type):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                yield from _structs(part)


def _parts(annotation: Any) -> Iterator[Any]:
    """A type and the types inside it: `tuple[Attempt, ...] | None` holds Attempt."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _finish(definition: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Say what msgspec leaves out: which texts are times, and descriptions without indents."""
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"])
    for field in msgspec.structs.fields(kind):
        if datetime in _parts(field.type):
            found = definition["properties"][field.encode_name]
            for option in found.get("anyOf", [found]):
                if option.get("type") == "string":
                    option["format"] = "date-time"


def _field_type(kind: type[CloudEvent], name: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(kind) if field.name == name)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
