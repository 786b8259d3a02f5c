"""A body is judged before it is parsed, and its bytes are given back however it ends."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Receive

from services.intake.bodies import BodyError, Held, media_type, read_body
from services.intake.settings import Limits

LIMITS = Limits(body_bytes=100, body_seconds=0.05)
END = {"type": "http.request", "body": b"", "more_body": False}


def chunk(size: int) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": True}


def coming(messages: Sequence[dict[str, Any]]) -> Receive:
    """A body that comes as these messages, and then no more."""
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


async def test_a_whole_body_is_held_until_it_is_given_back() -> None:
    held = Held(limit=1000)
    body = await read_body(coming([chunk(60), chunk(40), END]), {}, LIMITS, held)
    assert (len(body), held.now) == (100, 100)


CASES = {
    "announced too large": ([chunk(1)], {b"content-length": b"101"}, 1000, 413),
    "a length of a million digits": ([chunk(1)], {b"content-length": b"9" * 1_000_000}, 1000, 413),
    "not announced, but too large": ([chunk(60), chunk(60)], {}, 1000, 413),
    "announced small, but too large": ([chunk(101)], {b"content-length": b"5"}, 1000, 413),
    "trickling": ([chunk(1)], {}, 1000, 408),
    "cut short": ([chunk(1), {"type": "http.disconnect"}], {}, 1000, 400),
    "more than the process may hold": ([chunk(60), END], {}, 59, 503),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_body_that_is_turned_away_is_not_held(case: str) -> None:
    messages, headers, limit, status = CASES[case]
    held = Held(limit=limit)
    with pytest.raises(BodyError) as caught:
        await read_body(coming(messages), headers, LIMITS, held)
    assert (caught.value.status, held.now) == (status, 0)


@pytest.mark.parametrize(
    "text",
    [
        "application/cloudevents+json",
        "Application/CloudEvents+JSON; charset=UTF-8",
        'application/cloudevents+json; v=1; charset="utf8"',
    ],
)
def test_the_media_type_may_be_written_in_any_case_and_with_parameters(text: str) -> None:
    assert media_type({b"content-type": text.encode()}) == "application/cloudevents+json"
