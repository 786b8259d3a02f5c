"""Whatever a sender sends: an answer that names the field, nothing lost, and intake goes on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.settings import Limits
from services.sealing import Sealer
from streams.topics import CATALOGUE, DEAD_LETTERS
from tests.support.intake import BATCH, LINES, ONE, Intake, agent_event, event

pytestmark = pytest.mark.integration

LIMITS = Limits()
ABSENT = object()
HOME = "+82 10-9753-1864"
HOME_DIGITS = ("1097531864", "10-9753-1864", "97531864")


@dataclass(frozen=True)
class Bad:
    """One malformed request: what is sent, and what its sender must hear."""

    name: str
    body: bytes
    status: int
    reason: str
    field: str = ""
    media: str = ONE


def sent(name: str, field: str, reason: str = "invalid", **changes: Any) -> Bad:
    """An event that would be good but for the change of one field."""
    kind = changes.pop("kind", "arrived")
    made = event(kind, **{k: v for k, v in changes.items() if v is not ABSENT})
    for gone in (k for k, v in changes.items() if v is ABSENT):
        del made[gone]
    return Bad(name, json.dumps(made).encode(), 422, reason, field)


def data(name: str, field: str, value: Any, reason: str = "invalid", kind: str = "arrived") -> Bad:
    """The same for one field of data."""
    made = event(kind, data={"agent": "a1", "caller": HOME, "reason": "full", field: value})
    if value is ABSENT:
        del made["data"][field]
    return Bad(name, json.dumps(made).encode(), 422, reason, f"data.{field}")


def agents(name: str, field: str, **changes: Any) -> Bad:
    made = agent_event("a1")
    made["data"] |= changes
    made["data"] = {k: v for k, v in made["data"].items() if v is not ABSENT}
    reason = "missing" if ABSENT in changes.values() else "invalid"
    return Bad(name, json.dumps(made).encode(), 422, reason, field)


def raw(name: str, body: bytes | str, media: str = ONE) -> Bad:
    """A body in which no event can be read."""
    text = body if isinstance(body, bytes) else body.encode()
    return Bad(name, text, 400, "malformed", media=media)


def literal(name: str, field: str, text: str) -> Bad:
    """An event whose JSON says `text` where a field of data is; Python would not write it."""
    body = json.dumps(event(data={"leg": "HERE"})).replace('"HERE"', text)
    return Bad(name, body.encode(), 400, "malformed", field)


def at(**away: float) -> str:
    return (datetime.now(UTC) + timedelta(**away)).isoformat()


BOMB = b"[" * 100_000 + b"]" * 100_000
EVENT = json.dumps(event()).encode()

UNREADABLE = [
    raw("nothing", b""),
    raw("blanks", b"   "),
    raw("broken JSON", b'{"id": "1", '),
    raw("two events without a separator", EVENT + EVENT),
    raw("null", b"null"),
    raw("a number", b"42"),
    raw("a word", b'"event"'),
    raw("an array for one event", b"[" + EVENT + b"]"),
    raw("an object for a batch", EVENT, BATCH),
    raw("a batch cut short", b"[" + EVENT + b",", BATCH),
    raw("no line", b"\n\n\n", LINES),
    raw("a nested bomb", BOMB),
    raw("a nested bomb of objects", b'{"a":' * 200_000),
    raw("a nested bomb as a batch", BOMB, BATCH),
    raw("a nested bomb inside data", EVENT.replace(b'"queue"', b'"x": ' + BOMB + b', "queue"')),
    raw("another character set inside", EVENT.replace(b"main", "주".encode("euc-kr"))),
    raw("UTF-16", EVENT.decode().encode("utf-16")),
    raw("half a surrogate pair", EVENT.replace(b"main", b"\\ud800")),
    raw("a form", b"id=1&type=2"),
    literal("not a number at all", "", "NaN"),
    literal("a number out of any range", "", "1e999"),
    literal("an integer of 100,000 digits", "", "9" * 100_000),
]

FIELDS = [
    sent("no specversion", "specversion", "missing", specversion=ABSENT),
    sent("an older specversion", "specversion", specversion="0.3"),
    sent("specversion as a number", "specversion", specversion=1.0),
    sent("no type", "type", "missing", type=ABSENT),
    sent("type as a list", "type", type=["surgeline.contact.arrived.v1"]),
    sent("an unknown type", "type", "unknown_type", type="surgeline.contact.sang.v1"),
    sent("a later version", "type", "unknown_type", type="surgeline.contact.arrived.v2"),
    sent("a type that is ours to say", "type", "unknown_type", type="surgeline.surge.declared.v1"),
    sent("a key of our own", "type", "unknown_type", type="surgeline.contact.keyed.v1"),
    sent("no id", "id", "missing", id=ABSENT),
    sent("an empty id", "id", id=""),
    sent("an id of blanks", "id", id="   "),
    sent("an id as a number", "id", id=7),
    sent("an id of null", "id", id=None),
    sent("a huge id", "id", id="x" * 1_000_000),
    sent("no source", "source", "missing", source=ABSENT),
    sent("an empty source", "source", source=""),
    sent("a huge source", "source", source="s" * 257),
    sent("no subject", "subject", "missing", subject=ABSENT),
    sent("a huge subject", "subject", subject="c" * 129),
    sent("subject as an object", "subject", subject={"id": 1}),
    sent("a subject with a line break", "subject", subject="contact\n1"),
    sent("a subject with a zero byte", "subject", subject="contact\x001"),
    sent("no time", "time", "missing", time=ABSENT),
    sent("time as seconds", "time", time=1_700_000_000),
    sent("time in words", "time", time="yesterday"),
    sent("a time without a zone", "time", time="2026-11-24T07:00:00"),
    sent("a day that does not exist", "time", time="2026-02-30T00:00:00Z"),
    sent("a time in the future", "time", "in_future", time=at(hours=2)),
    sent("a time beyond the calendar", "time", time="9999-12-31T23:59:59-14:00"),
    sent("an event a week late", "time", "too_late", time=at(days=-7)),
    sent("a time before the calendar", "time", time="0001-01-01T00:00:00+14:00"),
    sent("an original time without a zone", "originaltime", originaltime="2012-11-07T16:35:46"),
    sent("no original time", "originaltime", originaltime="0001-01-01T00:00:00+14:00"),
    sent("XML inside", "datacontenttype", datacontenttype="text/xml"),
    sent("content type as a number", "datacontenttype", datacontenttype=5),
    sent("no data", "data", "missing", data=ABSENT),
    agents("another agent than the subject", "subject", agent="a2"),
    agents("an unknown state", "data.state", state="asleep"),
    agents("no pool", "data.pool", pool=ABSENT),
    agents("languages as text", "data.languages", languages="ko"),
    agents("a skill with a line break", "data.skills", skills=["crisis\nnight"]),
]

DATA = [
    data("no queue", "queue", ABSENT, "missing"),
    data("an empty queue", "queue", ""),
    data("a queue with a blank", "queue", "main line"),
    data("a queue with a line break", "queue", "main\n"),
    data("a huge queue", "queue", "q" * 100_000),
    data("queue as a number", "queue", 1),
    data("an unknown channel", "channel", "pigeon"),
    data("an unknown urgency", "urgency", HOME),
    data("a language in words", "language", "Korean"),
    data("a country of three letters", "country", "KOR"),
    data("leg zero", "leg", 0),
    data("leg as text", "leg", "1"),
    data("half a leg", "leg", 1.5),
    data("leg as true", "leg", True),
    data("an unknown kind of leg", "leg_kind", "sideways"),
    data("consent as text", "consent_callback", "yes"),
    data("a caller in words", "caller", "my mother"),
    data("a caller of 40 digits", "caller", "0" * 40),
    data("a caller of 1,000,000 digits", "caller", "1" * 1_000_000),
    data("a caller as a number", "caller", 821097531864),
    data("a caller as a list", "caller", [HOME]),
    data("a caller who says their own pseudonym", "caller", {"key": "0" * 32, "key_id": "p1"}),
    data("a sealed number from outside", "caller", {"key": "k", "key_id": "p1", "sealed": "s1.x"}),
    data("the number as the topic", "topic", "10-9753-1864", "personal_data"),
    data("offered to nobody", "agent", ABSENT, "missing", "offered"),
    data("answered by a number", "agent", 12, kind="answered"),
    data("an unknown offer's outcome", "outcome", "lost", kind="offered"),
    data("position zero", "position", 0, kind="queued"),
    data("talking less than nothing", "talk_seconds", -1, kind="completed"),
    data("wrapping up for a year", "wrap_up_seconds", 31_536_000, kind="completed"),
    data("abandoned in an unknown stage", "stage", "somewhere", kind="abandoned"),
    data("deflected without a reason", "reason", ABSENT, "missing", "deflected"),
    data("deflected for an unknown reason", "reason", "rain", kind="deflected"),
]


@pytest.mark.parametrize("bad", UNREADABLE + FIELDS + DATA, ids=lambda bad: bad.name)
def test_a_malformed_event_is_named_and_kept_and_the_next_good_one_passes(
    intake: Intake, bad: Bad
) -> None:
    before = len(intake.log(DEAD_LETTERS))
    answer = intake.post(bad.body, bad.media)
    refused = answer.json()["refused"]
    heard = (answer.status_code, [(each["reason"], each["field"]) for each in refused])
    assert heard == (bad.status, [(bad.reason, bad.field)])
    letters = intake.log(DEAD_LETTERS)[before:]
    assert [opened(intake, letter.value or b"") for letter in letters] == [
        (bad.reason, bad.field, bad.body[: LIMITS.dead_letter_bytes])
    ]
    assert not any(digits in answer.text for digits in HOME_DIGITS)
    assert intake.post(json.dumps(event()).encode()).status_code == 202


def opened(intake: Intake, letter: bytes) -> tuple[str, str, bytes]:
    kept = json.loads(letter)["data"]
    sealer = Sealer.from_env(intake.env)
    return kept["reason"], kept.get("field", ""), sealer.open(kept["sealed"])


REFUSED_UNREAD = [
    ("another media type", {"Content-Type": "application/json"}, 415, "content-type"),
    ("no media type", {}, 415, "content-type"),
    ("a text", {"Content-Type": "text/plain"}, 415, "content-type"),
    ("a Korean charset", {"Content-Type": f"{ONE}; charset=euc-kr"}, 415, "content-type"),
    ("another Unicode", {"Content-Type": f'{ONE}; charset="utf-16"'}, 415, "content-type"),
    ("a packed body", {"Content-Type": ONE, "Content-Encoding": "gzip"}, 415, "content-encoding"),
    ("no token", {"Content-Type": ONE, "Authorization": ""}, 401, ""),
    ("an unknown token", {"Content-Type": ONE, "Authorization": "Bearer guess"}, 401, ""),
]


@pytest.mark.parametrize(
    ("name", "headers", "status", "field"), REFUSED_UNREAD, ids=[case[0] for case in REFUSED_UNREAD]
)
def test_a_request_of_the_wrong_kind_is_turned_away_unread(
    intake: Intake, name: str, headers: dict[str, str], status: int, field: str
) -> None:
    answer = intake.client.post("/v1/events", content=EVENT, headers=headers)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert intake.send(event()).status_code == 202


def chunks(size: int) -> Iterator[bytes]:
    """A body that does not announce its length."""
    yield from (b" " * 65_536 for _ in range(size // 65_536 + 1))


TOO_LARGE: dict[str, tuple[Callable[[], bytes | Iterator[bytes]], str]] = {
    "a body of 5 MiB": (lambda: b" " * (5 * 1024 * 1024), ONE),
    "5 MiB in chunks": (lambda: chunks(5 * 1024 * 1024), ONE),
    "5,001 events": (lambda: b"[" + b"{}," * 5_000 + b"{}]", BATCH),
    "5,001 lines": (lambda: b"{}\n" * 5_001, LINES),
    "four million empty lines": (lambda: b"\n" * 4_000_000, LINES),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_too_much_at_once_is_turned_away_before_it_is_parsed(intake: Intake, name: str) -> None:
    body, media = TOO_LARGE[name]
    answer = intake.post(body(), media)
    assert (answer.status_code, answer.json()["error"]["reason"][:4]) == (413, "too_")
    assert intake.send(event()).status_code == 202


def test_an_event_of_more_bytes_than_the_log_should_hold_is_refused(intake: Intake) -> None:
    large = agent_event("a1")
    large["data"]["skills"] = ["s" * 100] * 1000
    refused = intake.send(large).json()["refused"]
    assert [each["reason"] for each in refused] == ["too_large"]


def test_an_id_used_for_two_different_things_is_refused_the_second_time(intake: Intake) -> None:
    first = event(data={"caller": HOME})
    other = {**first, "data": {**first["data"], "queue": "english"}}
    assert intake.send(first).status_code == 202
    answer = intake.send(other)
    assert answer.status_code == 422
    assert [(r["reason"], r["field"], r["id"]) for r in answer.json()["refused"]] == [
        ("duplicate_differs", "id", first["id"])
    ]


def test_one_bad_line_does_not_take_its_neighbours_along(intake: Intake) -> None:
    good, late = event(), event(time=at(days=-2))
    body = "\n".join([json.dumps(good), "{", json.dumps(late), json.dumps(event())]).encode()
    answer = intake.post(body, LINES)
    heard = answer.json()
    assert (answer.status_code, heard["accepted"]) == (202, 2)
    assert [(r["index"], r["id"], r["reason"]) for r in heard["refused"]] == [
        (1, None, "malformed"),
        (2, late["id"], "too_late"),
    ]


def test_unknown_fields_do_no_harm_and_go_no_further(intake: Intake) -> None:
    more = event(traceparent="00-a-b-01", data={"mood_today": {"deep": [1, 2]}, "number": HOME})
    assert intake.send(more).json()["refused"] == []
    assert not any(b"mood_today" in (r.value or b"") for t in CATALOGUE for r in intake.log(t))


def test_a_number_is_found_nowhere_but_sealed(intake: Intake) -> None:
    misplaced = [
        event(subject=f"call-{HOME}", data={"caller": HOME}),
        event(id="821097531864-1", data={"caller": HOME}),
        event(source=f"tel:{HOME}", data={"caller": HOME}),
        event("offered", data={"caller": HOME, "agent": "01097531864"}),
        event(data={"caller": {"number": HOME}}),
        event(data={"channel": HOME, "language": HOME, "country": HOME}),
        event(type=HOME),
        event(time=HOME),
    ]
    answers = [intake.send(event(data={"caller": HOME})), intake.send(*misplaced)]
    answers += [intake.post(json.dumps(each).encode()) for each in misplaced]
    assert [answer.status_code for answer in answers] == [202] + [422] * 9
    places = {
        "answers": "".join(answer.text for answer in answers),
        "log lines": intake.process.log_text(),
        "metrics": intake.client.get("/metrics").text,
        **{topic.name: bytes_of(intake, topic.name) for topic in CATALOGUE},
    }
    found = [
        place for place, text in places.items() if any(digits in text for digits in HOME_DIGITS)
    ]
    assert found == []


def bytes_of(intake: Intake, name: str) -> str:
    topic = next(topic for topic in CATALOGUE if topic.name == name)
    records = intake.log(topic)
    return "".join(f"{r.key!r} {(r.value or b'').decode()}" for r in records)
