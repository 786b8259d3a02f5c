"""Is a promise kept, from the log through Redis and a desk to the phone system and back?"""

import asyncio
from datetime import UTC, datetime

from services.adapters.memory import MemoryPhone
from tests.support import callbacks as help_
from tests.support.callback_centre import Opened
from tests.support.stack import RedisServer


async def test_a_caller_on_hold_is_taken_off_hold_leased_dialled_and_talked_to(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        centre.phone.hold("c1")
        await centre.publish(centre.wanted("c1", 1, still_waiting=True, reason="waited_too_long"))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        number = centre.phone.dials[dial].order.number  # type: ignore[union-attr]
        centre.phone.pick_up(dial)
        await desk.do("connected", callback)
        await desk.do("complete", callback, result="advised")
        changes = await centre.changes()
        assert (
            centre.phone.calls["c1"],
            number,
            [change.change for change in changes],
            changes[-1].data.outcome,
        ) == (
            "withdrawn",
            help_.number_of(1),
            ["requested", "call_withdrawn", "leased", "dialled", "connected", "completed"],
            "completed",
        )


async def test_a_desk_goes_on_under_its_lease_when_the_service_is_renewed_during_the_dial(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        assert await centre.service.stop() == 0
        centre.service.start()
        await centre.service.wait_ready()
        await help_.until(lambda: _rings(centre.phone, dial))
        centre.phone.pick_up(dial)
        await desk.do("connected", callback)
        told = await desk.do("complete", callback, result="advised")
        changes = [change.change for change in await centre.changes()]
    assert "error" not in told
    assert changes == ["requested", "leased", "dialled", "connected", "completed"]
    assert centre.phone.rings.total() == 1


async def test_a_caller_who_reaches_us_first_is_not_rung_on(open_centre: Opened) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        await centre.publish(help_.served("c1", 1, datetime.now(UTC)))
        closed = (await centre.listed(1, "closed"))[0]

        async def cancelled() -> bool:
            return centre.phone.dials[dial].outcome == "cancelled"

        await help_.until(cancelled)
        late = await desk.post(
            f"{callback['id']}/connected",
            agent="kim",
            epoch=callback["epoch"],
            token=callback["token"],
        )
        assert (closed["outcome"], late.status_code, late.json()["error"]["reason"]) == (
            "reached_us_first",
            409,
            "closed",
        )


async def test_an_emptied_redis_gives_the_same_list_back_and_refuses_old_leases(
    open_centre: Opened, redis_server: RedisServer
) -> None:
    async with open_centre() as centre:
        facts = [
            centre.wanted(f"c{n}", n, -n / 60, urgency="high" if n % 5 == 0 else "normal")
            for n in range(1, 41)
        ]
        await centre.publish(*facts)
        await centre.listed(40)
        desk = centre.desk("kim")
        held = await desk.next()
        assert held is not None
        before = [one["id"] for one in await centre.listed(39)]
        redis_server.restart(wipe=True)
        after = [one["id"] for one in await centre.listed(39)]
        claim = {"agent": "kim", "epoch": held["epoch"], "token": held["token"]}
        late = await desk.ask(f"{held['id']}/dial", **claim)
        again = await desk.next()
        assert again is not None
        dialled = await desk.do("dial", again)
        assert (after, late["error"]["reason"], again["id"], again["epoch"]) == (
            before,
            "stale_epoch",
            held["id"],
            held["epoch"] + 1,
        )
        assert dialled["callback"]["state"] == "dialling"


async def test_fifty_agents_at_once_get_fifty_different_callbacks_in_order(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(*(centre.wanted(f"c{n}", n, -n / 60) for n in range(1, 81)))
        in_order = [one["id"] for one in await centre.listed(80)]
        given = await asyncio.gather(*(centre.desk(f"agent-{n}").next() for n in range(50)))
        assert sorted(one["id"] for one in given if one) == sorted(in_order[:50])


async def test_a_dial_whose_agent_fell_silent_is_asked_after_and_never_made_twice(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        desk = centre.desk("kim")
        callback = await help_.until(desk.next)
        dial = (await desk.do("dial", callback))["dial"]
        await help_.until(lambda: _rings(centre.phone, dial))
        centre.service.kill9()
        centre.service.start()
        await centre.service.wait_ready()
        centre.phone.end(dial, "no_answer")
        failed = await desk.do("fail", callback, outcome="no_answer")
        assert (failed["callback"]["state"], centre.phone.rings[callback["id"]]) == ("due", 1)


async def _rings(phone: MemoryPhone, dial: str) -> bool:
    return dial in phone.dials
