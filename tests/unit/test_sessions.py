"""Sessions: one sealed cookie, limits of time and number, and ends that others hear of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.register import Register
from services.sealing import Sealer
from services.sessions import Limits, Session, Sessions

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sessions(key: bytes = b"k" * 32) -> Sessions:
    return Sessions(Sealer({"c1": key}), Limits())


def begun(by: Sessions, **more: Any) -> Session:
    who = {"account": "kim", "title": "Kim", "roles": ("counselor",), "agent": "a-1"} | more
    return by.begin(NOON, **who)


def test_a_session_is_the_same_after_the_cookie() -> None:
    house = sessions()
    session = begun(house)
    assert house.read(house.cookie(session), NOON + MINUTE) == session


def test_two_sessions_share_neither_id_nor_token() -> None:
    house = sessions()
    one, other = begun(house), begun(house)
    assert len({one.id, other.id, one.csrf, other.csrf}) == 4


@pytest.mark.parametrize("minutes", [31, 12 * 60, 13 * 60])
def test_a_session_ends_when_it_is_not_used(minutes: int) -> None:
    house = sessions()
    assert house.read(house.cookie(begun(house)), NOON + minutes * MINUTE) is None


def test_a_session_that_is_used_lasts_twelve_hours_and_no_longer() -> None:
    house, now = sessions(), NOON
    session: Session | None = begun(house)
    while session is not None:
        now += 20 * MINUTE
        found = house.read(house.cookie(session), now)
        session = house.freshened(found, now) if found is not None else None
    assert now - NOON == timedelta(hours=12)


def test_a_cookie_is_written_anew_once_a_minute_at_most() -> None:
    house = sessions()
    session = begun(house)
    assert house.freshened(session, NOON + 59 * MINUTE / 60) is None
    assert house.freshened(session, NOON + MINUTE) is not None


def test_a_cookie_that_is_not_ours_signs_nobody_in() -> None:
    house = sessions()
    cookie = house.cookie(begun(house))
    spoilt = {
        "none": "",
        "altered": cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"),
        "another key's": cookie.replace("c1.", "c0."),
        "more after it": cookie + ";x",
        "endless": "c1." + "A" * 5000,
        "not ASCII": "c1.\u00e9",
        "sealed by others": sessions(b"x" * 32).cookie(begun(house)),
        "not a session": Sealer({"c1": b"k" * 32}).seal(b'{"account": "kim"}'),
        "a machine's role": house.cookie(begun(house, roles=("console",))),
    }
    assert {why for why, text in spoilt.items() if house.read(text, NOON) is not None} == set()


def test_the_oldest_session_ends_when_there_are_too_many() -> None:
    register = Register("redis://127.0.0.1:1", "t-")
    for number in range(3):
        register.enter("kim", f"s{number}", NOON + number * MINUTE, 3)
    register.enter("lee", "other", NOON, 3)
    ended = register.enter("kim", "s3", NOON + 3 * MINUTE, 3)
    assert ended == ["s0"]
    assert [register.is_ended(s) for s in ("s0", "s1", "s2", "s3", "other")] == [True] + 4 * [False]


def test_a_session_that_was_signed_out_makes_room() -> None:
    register = Register("redis://127.0.0.1:1", "t-")
    for number in range(3):
        register.enter("kim", f"s{number}", NOON + number * MINUTE, 3)
    register.end("s1", NOON)
    assert register.enter("kim", "s3", NOON + 3 * MINUTE, 3) == []


def test_what_would_be_over_anyway_is_forgotten() -> None:
    register = Register("redis://127.0.0.1:1", "t-")
    register.end("s1", NOON)
    register.forget((NOON + MINUTE).timestamp())
    assert not register.is_ended("s1")
