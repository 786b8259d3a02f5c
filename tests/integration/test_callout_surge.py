"""From a surge on the log to people at their desks: does the call-out go the whole way by itself?

The log says what the detector and the staffing model would; the service, the scripted provider and
its people do the rest. Also: does a version of the centre file change what comes next, and nothing
that runs?
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.sealing import Sealer
from streams.centre_file import check_text
from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.centre import CentreApplied, CentreData
from streams.events.codec import decode, encode
from streams.events.envelope import CloudEvent
from streams.events.people import Person, ShiftChanged
from streams.events.surges import SeatsData, SeatsNeeded, SurgeCleared, SurgeData, SurgeDeclared
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.topics import AGENTS, CENTRE, PEOPLE, SEATS, SURGES, Topic
from tests.support.callout_centre import CalloutCentre, Opened, open_callouts, someone
from tests.support.stack import SecretsEnv

__all__ = ["open_callouts"]

EPISODE = "ep-river"
PATIENCE_SECONDS = 40.0
# About half of the people write back within a second, and all of those say yes.
LIVELY: dict[str, Any] = {
    "seed": 3,
    "by_link": 0.5,
    "sms": {"answers": 0.5, "median_seconds": 0.5, "sigma": 0.3, "yes": 1.0, "later": 0.0},
    "faults": {"deliver_seconds": 0.1},
}
SILENT: dict[str, Any] = {"sms": {"answers": 0.0}}


class Log:
    """The other services, as far as the call-out hears of them."""

    def __init__(self, centre: CalloutCentre) -> None:
        self.centre = centre

    async def put(self, topic: Topic, key: str, event: CloudEvent) -> None:
        writer = LogWriter(self.centre.connections)
        await writer.start()
        await writer.append([Outgoing(topic=topic, key=key.encode(), value=encode(event))])
        await writer.stop()

    async def surge(self, gap: int, skills: dict[str, tuple[int, int]] | None = None) -> None:
        now = datetime.now(UTC)
        seats = SeatsData(
            pool="all", episode=EPISODE, needed=gap + 10, needed_low=gap + 5, needed_high=gap + 10,
            staffed=10, available=0, gap=gap, offered_load_erlangs=30.0, reason="40 a minute",
            first="reserve", skills=skills or {},
        )  # fmt: skip
        declared = SurgeDeclared(
            id=f"{EPISODE}/up", source="surgeline/surge", subject=EPISODE, time=now, data=_of(now)
        )
        await self.put(SURGES, EPISODE, declared)
        needed = SeatsNeeded(
            id=str(uuid.uuid4()), source="surgeline/staffing", subject="all", time=now, data=seats
        )
        await self.put(SEATS, "all", needed)

    async def over(self) -> None:
        now = datetime.now(UTC)
        data = msgspec.structs.replace(_of(now), cleared_at=now)
        cleared = SurgeCleared(
            id=f"{EPISODE}/over", source="surgeline/surge", subject=EPISODE, time=now, data=data
        )
        await self.put(SURGES, EPISODE, cleared)

    async def signs_in(self, agent: str) -> None:
        data = AgentStateData(agent=agent, pool="reserve", state="available")
        here = AgentStateChanged(
            id=str(uuid.uuid4()), source="phone", subject=agent, time=datetime.now(UTC), data=data
        )
        await self.put(AGENTS, agent, here)


def _of(now: datetime) -> SurgeData:
    return SurgeData(
        episode=EPISODE, key="total", tier="alert", started_at=now, declared_at=now, observed=90,
        expected=30.0, ratio=3.0, ratio_low=2.5, ratio_high=3.5, rate_per_hour=900.0,
        rate_low=800.0, rate_high=1000.0, statistic=12.0, threshold=9.0, sentence="a surge",
    )  # fmt: skip


async def until(what: Callable[[], Awaitable[Any]]) -> Any:
    """What it gives once that is something; how long it takes is no matter of this test."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await what()):
            await asyncio.sleep(0.1)
        return found


async def the_callout(centre: CalloutCentre, *states: str) -> dict[str, Any]:
    """The one call-out, once it is in one of these states; with its people."""

    async def found() -> dict[str, Any] | None:
        path = "/v1/callouts?over=true"
        shown = (await centre.manager.get(path)).raise_for_status().json()["callouts"]
        return next((one for one in shown if one["callout"]["state"] in states), None)

    callout = (await until(found))["callout"]["id"]
    return await centre.show(str(callout))


def agents(secrets_env: SecretsEnv, people: int, **more: Any) -> list[Person]:
    sealer = Sealer.from_env(secrets_env)
    return [someone(n, sealer, agent=f"agent-{n}", **more) for n in range(people)]


async def shifts(centre: CalloutCentre) -> dict[str, bool]:
    """Who has a seat as a shift by the log, and whether it holds."""
    found = [decode(r.value) async for r in read_to_end(centre.connections, PEOPLE) if r.value]
    seats = [one.data for one in found if isinstance(one, ShiftChanged) and one.data.kind == "seat"]
    return {shift.person or "": not shift.cancelled for shift in seats}


async def test_a_surge_calls_people_in_sees_them_arrive_and_lets_the_others_sleep_when_it_is_over(
    open_callouts: Opened, secrets_env: SecretsEnv
) -> None:
    people = agents(secrets_env, 40)
    async with open_callouts(people, LIVELY, raise_needs="automatic") as centre:
        log = Log(centre)
        await log.surge(3)
        filled = await the_callout(centre, "filled")
        need = filled["callout"]["need"]
        assert (need["pool"], need["episode"], filled["callout"]["started_by"]) == (
            "reserve",
            EPISODE,
            "automatic",
        )
        seated = [one for one in filled["people"] if one["seat"]]
        first, second, missing = (one["person"] for one in seated)
        for person in (first, second):
            await log.signs_in(f"agent-{int(person[1:])}")

        async def arrived() -> bool:
            return bool((await centre.show(filled["callout"]["id"]))["arrived"] == 2)

        await until(arrived)

        async def worked() -> bool:
            return {first, second, missing} <= (await shifts(centre)).keys()

        await until(worked)
        await log.over()
        closed = await the_callout(centre, "closed")
        assert closed["callout"]["closed_reason"] == "surge_over"

        async def told() -> bool:
            shown = await centre.show(closed["callout"]["id"])
            ends = [a for one in shown["people"] for a in one["attempts"] if not one["seat"]]
            stood = [a for a in ends if a["purpose"] == "stand_down"]
            return bool(stood) and all(
                a["state"] in ("accepted", "sent", "delivered") for a in stood
            )

        await until(told)
        shown = (await centre.show(closed["callout"]["id"]))["people"]
        here = {one["person"]: bool(one["arrived_at"]) for one in shown if one["seat"]}
        assert here == {first: True, second: True, missing: False}
        stood_down = Counter(
            sum(1 for a in one["attempts"] if a["purpose"] == "stand_down")
            for one in shown
            if not one["seat"] and one["state"] == "stood_down"
        )
        assert stood_down.keys() == {1}
        assert {one["state"] for one in shown if not one["seat"]} == {"stood_down"}


async def test_a_confirmed_centre_sends_nothing_until_a_manager_says_so(
    open_callouts: Opened, secrets_env: SecretsEnv
) -> None:
    people = agents(secrets_env, 20)
    async with open_callouts(people, LIVELY, raise_needs="confirm") as centre:
        log = Log(centre)
        await log.surge(2)
        waiting = await the_callout(centre, "draft")
        await log.surge(3)
        assert (await centre.ledger())["attempts"] == 0
        await until(lambda: _needs(centre, 3))
        await centre.send(waiting["callout"]["id"], people=3)
        filled = await the_callout(centre, "filled")
        assert filled["accepted"] == 3
        assert filled["callout"]["started_by"] != "automatic"


async def _needs(centre: CalloutCentre, seats: int) -> bool:
    shown = (await centre.manager.get("/v1/callouts")).raise_for_status().json()["callouts"]
    return [one["needed"] for one in shown] == [seats]


@pytest.mark.parametrize(
    ("unconfirmed", "state", "by"),
    [("send", "running", "automatic"), ("drop", "cancelled", None)],
)
async def test_what_no_manager_confirms_in_time_goes_out_or_not_as_the_centre_says(
    open_callouts: Opened, secrets_env: SecretsEnv, unconfirmed: str, state: str, by: str | None
) -> None:
    people = agents(secrets_env, 12)
    async with open_callouts(
        people, SILENT, raise_needs="confirm", confirm_within="2s", unconfirmed=unconfirmed
    ) as centre:
        await Log(centre).surge(2)
        waiting = await the_callout(centre, "draft")
        assert waiting["callout"]["need"]["confirm_by"]
        decided = (await the_callout(centre, state))["callout"]
        assert decided.get("started_by") == by
        if unconfirmed == "drop":
            assert decided["closed_reason"] == "not_confirmed"
            assert (await centre.ledger())["attempts"] == 0


async def test_a_surge_in_a_language_asks_for_seats_of_that_language(
    open_callouts: Opened, secrets_env: SecretsEnv
) -> None:
    sealer = Sealer.from_env(secrets_env)
    people = [someone(n, sealer, languages=("ko", "en") if n % 2 else ("ko",)) for n in range(40)]
    async with open_callouts(people, LIVELY, raise_needs="automatic") as centre:
        await Log(centre).surge(4, {"language:en": (10, 12), "queue:main": (30, 33)})
        filled = await the_callout(centre, "filled")
        quotas = {(q.get("language"), q["seats"]) for q in filled["quotas"]}
        assert quotas == {("en", 1), (None, 3)}
        assert all(quota["accepted"] == quota["seats"] for quota in filled["quotas"])


async def test_a_version_of_the_centre_rules_the_next_call_out_and_leaves_the_running_one(
    open_callouts: Opened,
) -> None:
    async with open_callouts(20, SILENT, grace="5m", shift="6h", place="remote") as centre:
        running = await centre.need(2)
        await centre.send(running)
        file = centre.service.env["SURGELINE_CENTRE"]
        text = await asyncio.to_thread(Path(file).read_text)
        newer = text.replace('grace = "5m"', 'grace = "9m"').replace('"6h"', '"4h"')
        version, problems = check_text(newer.encode(), "test")
        assert version is not None
        assert problems == []
        data = CentreData(version=version.version, text=newer, applied_by="m", reason="test")
        own = check_text(text.encode(), "test")[0]
        assert own is not None
        before = CentreData(version=own.version, text=text, applied_by="m", reason="test")
        for one in (before, data):
            fact = CentreApplied(
                id=str(uuid.uuid4()),
                source="surgeline/command",
                subject="centre",
                time=datetime.now(UTC),
                data=one,
            )
            await Log(centre).put(CENTRE, fact.id, fact)
        hours = 0.0
        for _ in range(100):
            later = (await centre.show(await centre.need(2)))["callout"]
            need = later["need"]
            start, end = (datetime.fromisoformat(need[name]) for name in ("start", "end"))
            hours = (end - start).total_seconds() / 3600
            if hours == 4:
                break
            await asyncio.sleep(0.1)
        assert hours == 4
        assert later["policy"]["grace_seconds"] == 540
        assert later["policy"]["version"] == version.version
        policy = (await centre.show(running))["callout"]["policy"]
        assert policy.get("grace_seconds", 300) == 300
        assert policy["version"] == own.version
