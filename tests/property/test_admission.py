"""Whatever JSON comes: an event that holds no number in the clear, or one named refusal."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.admission import Admission, Admitted
from services.numbers import Pseudonyms
from services.sealing import Sealer
from streams.errors import InvalidEventError
from streams.events.codec import EVENT_TYPES, INTAKE_TYPES, decode

NOW = datetime(2026, 3, 11, 5, 50, tzinfo=UTC)
SEALER = Sealer({"s1": bytes(32)})
ADMISSION = Admission(Pseudonyms({"p1": bytes(32)}), SEALER, "KR", 16_384)
FIELDS = sorted(
    {
        f"data.{field.name}"
        for name in INTAKE_TYPES
        for part in msgspec.structs.fields(EVENT_TYPES[name])
        if part.name == "data"
        for field in msgspec.structs.fields(part.type)
    }
    | {"specversion", "type", "id", "source", "subject", "time", "originaltime", "datacontenttype"}
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["ko", "voice", "2026-03-11T05:46:31+09:00", "010-9753-1864", "1.0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_place_is_a_token_that_tells_which_is_which_and_not_where() -> None:
    def written(place: str) -> str:
        said = good("surgeline.contact.arrived.v1")
        said["data"] |= {"place": place}
        event: Any = decode(ADMISSION.admit(json.dumps(said).encode(), NOW).written(NOW, "k"))
        return str(event.data.place)

    here = written("12 Maple Street, 010-9753-1864")
    assert here == written("12  maple street, 010-9753-1864")
    assert here != written("14 Maple Street")
    assert len(here) == 16
    assert set(here) <= set("0123456789abcdef")


def test_the_prefix_of_a_number_says_when_it_is_night_unless_the_caller_said_so() -> None:
    said = good("surgeline.contact.arrived.v1")
    said["data"] |= {"caller": "+81 90-1234-5678"}
    for zone, expected in (
        (None, ("Asia/Tokyo", "number_prefix")),
        ("Europe/Paris", ("Europe/Paris", "declared")),
    ):
        said["data"]["caller_tz"] = zone
        admitted = ADMISSION.admit(json.dumps(said).encode(), NOW)
        written: Any = decode(admitted.written(NOW, "k"))
        assert (written.data.caller_tz, written.data.caller_tz_from) == expected


@pytest.mark.parametrize(
    ("said", "field", "reason"),
    [
        ({"caller_tz": "Europe/Atlantis"}, "data.caller_tz", "invalid"),
        ({"caller_tz": "../etc/passwd"}, "data.caller_tz", "invalid"),
        ({"caller_tz_from": "guess"}, "data.caller_tz_from", "invalid"),
        ({"caller": "010-9753-1864", "skills": ["01097531864"]}, "data.skills[0]", "personal_data"),
    ],
)
def test_a_zone_that_there_is_not_and_a_number_among_the_skills_are_refused(
    said: dict[str, Any], field: str, reason: str
) -> None:
    event = good("surgeline.contact.arrived.v1")
    event["data"] |= said
    with pytest.raises(InvalidEventError) as refused:
        ADMISSION.admit(json.dumps(event).encode(), NOW)
    assert (refused.value.field, refused.value.reason) == (field, reason)


numbers = st.integers(10_000_000, 99_999_999).map(lambda n: f"+8210{n}")


def good(kind: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": kind,
        "id": "e1",
        "source": "pbx",
        "subject": "a1",
        "time": NOW.isoformat(),
        "data": {
            "queue": "main",
            "agent": "a1",
            "reason": "full",
            "pool": "counselors",
            "state": "available",
        },
    }


def with_change(kind: str, field: str, value: Any) -> bytes:
    event = good(kind)
    place, _, name = field.rpartition(".")
    (event[place] if place else event)[name] = value
    return json.dumps(event).encode()


def admitted_or_named(raw: bytes) -> Admitted | InvalidEventError:
    """Any other exception would be an answer of 500, and fails the test."""
    try:
        return ADMISSION.admit(raw, NOW)
    except InvalidEventError as error:
        return error


@given(st.sampled_from(sorted(INTAKE_TYPES)), st.sampled_from(FIELDS), anything)
def test_one_field_of_anything_is_taken_or_that_field_is_named(
    kind: str, field: str, value: Any
) -> None:
    result = admitted_or_named(with_change(kind, field, value))
    if isinstance(result, InvalidEventError):
        assert is_about(field, result)
    else:
        assert type(decode(result.written(NOW, "key"))) is type(result.event)


def is_about(field: str, error: InvalidEventError) -> bool:
    """Some values are no JSON at all, another type asks for other fields, and agents are named
    twice."""
    if error.reason == "malformed" or field == "type":
        return True
    return error.field.startswith(field) or (field, error.field) == ("data.agent", "subject")


@given(anything)
def test_any_json_at_all_is_taken_or_refused(value: Any) -> None:
    assert isinstance(admitted_or_named(json.dumps(value).encode()), Admitted | InvalidEventError)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_refused_or_an_event(raw: bytes) -> None:
    assert isinstance(admitted_or_named(raw), Admitted | InvalidEventError)


@given(numbers, st.sampled_from(["id", "subject", "source", "data.topic", "data.agent"]))
def test_a_number_never_leaves_but_sealed(number: str, field: str) -> None:
    event = json.loads(with_change("surgeline.contact.offered.v1", field, f"x{number[1:]}"))
    event["data"]["caller"] = number
    refused = admitted_or_named(json.dumps(event).encode())
    event = json.loads(with_change("surgeline.contact.offered.v1", "data.caller", number))
    taken = admitted_or_named(json.dumps(event).encode())
    assert isinstance(refused, InvalidEventError)
    assert (refused.reason, refused.field) == ("personal_data", field)
    assert isinstance(taken, Admitted)
    written = taken.written(NOW, taken.caller_key)
    assert number[5:].encode() not in written
    assert SEALER.open(json.loads(written)["data"]["caller"]["sealed"]) == number.encode()


@given(st.timedeltas(timedelta(hours=-23), timedelta(minutes=4)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(away: timedelta, offset_minutes: int) -> None:
    moment = NOW + away
    local = moment.astimezone(timezone(timedelta(minutes=offset_minutes)))
    results = [
        admitted_or_named(with_change("surgeline.contact.arrived.v1", "time", each.isoformat()))
        for each in (moment, local)
    ]
    digests = {result.digest for result in results if isinstance(result, Admitted)}
    assert len(digests) == 1
