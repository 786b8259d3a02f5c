"""Does the running service keep agents for those who call, and say so?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from streams.kafka import Outgoing
from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened
from tests.support.callback_floor import agent, on_hold, said


def by_day(now: datetime) -> str:
    """A time zone where it is noon: whenever this runs, the caller may be rung."""
    east = 12 - now.hour
    return f"Etc/GMT{-east:+d}"


async def heard(centre: Centre, reason: str) -> dict[str, Any]:
    """The answer to an agent who asks, as soon as the floor is known for that reason."""

    async def asked() -> dict[str, Any] | None:
        told = (await centre.desk("a0").post("next", agent="a0")).json()
        return told if told["reason"] == reason else None

    found: dict[str, Any] = await help_.until(asked)
    return found


def staffed(free: int, busy: int) -> list[Outgoing]:
    states = ["available"] * free + ["on_contact"] * busy
    now = datetime.now(UTC)
    return [agent(f"a{n}", state, now) for n, state in enumerate(states)]


async def test_no_more_callbacks_are_given_out_than_agents_are_free_beyond_the_reserve(
    open_centre: Opened,
) -> None:
    floor = [*staffed(free=5, busy=15), on_hold(1, datetime.now(UTC), 1)]
    async with open_centre(*floor) as centre:
        await centre.publish(*(centre.wanted(f"c{n}", n, -n) for n in range(1, 10)))
        await centre.listed(9)
        answers = []
        for name in ("a0", "a1", "a2", "a3", "a4"):
            answers.append((await centre.desk(name).post("next", agent=name)).json())
        metrics = (await centre.client.get("/metrics")).text
    # Of twenty on duty two are kept: three of the five who are free ring back.
    assert [answer["reason"] for answer in answers] == ["yours"] * 3 + ["held_back"] * 2
    assert answers[3]["detail"] == "held back for callers: 2 free, reserve 2"
    assert 'surgeline_callbacks_held_back_total{reason="reserve"} 2.0' in metrics


async def test_nobody_on_hold_is_overtaken_unless_a_promise_is_near_its_deadline_and_that_is_seen(
    open_centre: Opened,
) -> None:
    since = datetime.now(UTC) - timedelta(hours=5)
    async with open_centre(*staffed(free=1, busy=5), on_hold(2, since, 1)) as centre:
        await centre.publish(centre.wanted("late", 1, 0))
        await centre.listed(1)
        held = await heard(centre, "held_back")
        await centre.publish(centre.wanted("near", 2, -225, caller_tz=by_day(centre.now())))
        given = await heard(centre, "yours")
        listed = (await centre.client.get("/v1/callbacks/out-of-turn")).json()["callbacks"]
        metrics = (await centre.client.get("/metrics")).text
    assert held["detail"] == "held back for callers waiting: 2 on hold, 1 free, reserve 0"
    assert given["callback"]["out_of_turn"] == "promise_near_deadline"
    assert [one["id"] for one in listed] == [given["callback"]["id"]]
    assert 'surgeline_callbacks_out_of_turn_total{reason="promise_near_deadline"} 1.0' in metrics


async def test_when_the_line_is_served_the_callback_is_given(open_centre: Opened) -> None:
    since = datetime.now(UTC) - timedelta(hours=5)
    async with open_centre(*staffed(free=1, busy=5), on_hold(1, since, 1)) as centre:
        await centre.publish(centre.wanted("c1", 1, 0))
        await centre.listed(1)
        await heard(centre, "held_back")
        await said(centre.connections, on_hold(0, centre.now(), 2))
        given = await heard(centre, "yours")
    assert given["callback"]["out_of_turn"] is None


async def test_an_unanswered_attempt_hands_one_text_over(open_centre: Opened) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1, language="ko"))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]

        async def rings() -> bool:
            return dial in centre.phone.dials

        await help_.until(rings)
        centre.phone.end(dial, "no_answer")
        await desk.do("fail", callback, outcome="no_answer")

        async def texted() -> bool:
            [one] = await centre.listed(1)
            return bool(one["text"] == "accepted")

        await help_.until(texted)
        centre.service.kill9()
        centre.service.start()
        await centre.service.wait_ready()
        [text] = centre.phone.texts.values()
    assert (text.callback, text.language, text.number) == (
        callback["id"],
        "ko",
        help_.number_of(1),
    )
