"""Does every way to a phone system keep the promises of the port?"""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.adapters.memory import MemoryPhone
from services.adapters.phone_http import HttpPhone
from services.ports import DialOrder, DialStatus, PhoneSystem, PhoneUnavailableError
from tests.support.callbacks import phone_app


@pytest.fixture
def hall() -> MemoryPhone:
    return MemoryPhone()


@pytest.fixture(params=["memory", "http"])
async def phone(request: pytest.FixtureRequest, hall: MemoryPhone) -> AsyncIterator[PhoneSystem]:
    if request.param == "memory":
        yield hall
        return
    client = HttpPhone("http://phone", None, transport=httpx.ASGITransport(phone_app(hall)))
    yield client
    await client.stop()


def order(dial: str = "d1", callback: str = "cb") -> DialOrder:
    return DialOrder(dial=dial, callback=callback, token=1, agent="kim", number="+821012345678")


async def test_a_waiting_call_is_withdrawn_and_says_so_again(
    phone: PhoneSystem, hall: MemoryPhone
) -> None:
    hall.hold("c1")
    answers = [await phone.withdraw("c1", "cb") for _ in range(2)]
    assert (answers, hall.calls["c1"]) == (["withdrawn", "withdrawn"], "withdrawn")


async def test_a_call_that_was_answered_or_is_gone_is_not_withdrawn(
    phone: PhoneSystem, hall: MemoryPhone
) -> None:
    for contact in ("taken", "over"):
        hall.hold(contact)
    hall.answer("taken")
    hall.hang_up("over")
    answers = [await phone.withdraw(contact, "cb") for contact in ("taken", "over", "never seen")]
    assert answers == ["answered", "not_waiting", "not_waiting"]


async def test_a_dial_ordered_twice_rings_once(phone: PhoneSystem, hall: MemoryPhone) -> None:
    statuses = [await phone.dial(order()) for _ in range(2)]
    assert (statuses, hall.rings["cb"]) == ([DialStatus("ringing")] * 2, 1)


async def test_a_dial_cancelled_before_it_was_ordered_is_never_made(
    phone: PhoneSystem, hall: MemoryPhone
) -> None:
    cancelled = await phone.cancel("d1")
    status = await phone.dial(order())
    assert (cancelled, status, hall.rings["cb"]) == (
        "unknown",
        DialStatus("ended", "cancelled"),
        0,
    )


async def test_a_ringing_dial_is_cancelled_and_a_talk_is_not(
    phone: PhoneSystem, hall: MemoryPhone
) -> None:
    await phone.dial(order("d1", "cb1"))
    await phone.dial(order("d2", "cb2"))
    hall.pick_up("d2")
    answers = [await phone.cancel(dial) for dial in ("d1", "d1", "d2")]
    assert (answers, await phone.dial_status("d2")) == (
        ["cancelled", "cancelled", "too_late"],
        DialStatus("connected"),
    )


async def test_what_became_of_a_dial_is_told(phone: PhoneSystem, hall: MemoryPhone) -> None:
    await phone.dial(order())
    hall.end("d1", "no_answer")
    assert [await phone.dial_status(dial) for dial in ("d1", "d2")] == [
        DialStatus("ended", "no_answer"),
        DialStatus("unknown"),
    ]


async def test_no_answer_is_said_to_be_none(phone: PhoneSystem, hall: MemoryPhone) -> None:
    hall.away = True
    for command in (
        phone.withdraw("c", "cb"),
        phone.dial(order()),
        phone.cancel("d1"),
        phone.dial_status("d1"),
    ):
        with pytest.raises(PhoneUnavailableError):
            await command


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=["withdrawn"]),
        httpx.Response(200, json={"result": "perhaps", "state": "perhaps"}),
        httpx.Response(401, json={"detail": "a bearer token is needed"}),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(500, json={"result": "withdrawn", "state": "ringing"}),
    ],
)
async def test_an_answer_that_is_not_understood_is_no_answer(response: httpx.Response) -> None:
    transport = httpx.MockTransport(lambda _: response)
    phone = HttpPhone("http://phone", "secret", transport=transport)
    for command in (phone.withdraw("c", "cb"), phone.dial(order()), phone.cancel("d1")):
        with pytest.raises(PhoneUnavailableError):
            await command
    await phone.stop()


def test_an_order_never_prints_its_number() -> None:
    assert "1012345678" not in repr(order())
