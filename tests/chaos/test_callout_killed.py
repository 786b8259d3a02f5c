"""Is nobody lost and nobody paged twice when the pager is killed again and again?

A real process, real Redis and Kafka, and a provider that lies, loses answers, refuses, and repeats,
swaps and drops its receipts. The provider counts what truly went out.
"""

import asyncio
import os
import random
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.support.callout_centre import CALM, CalloutCentre, Opened, open_callouts

__all__ = ["open_callouts"]

KILLS = int(os.environ.get("SURGELINE_CHAOS_KILLS", "3"))
PAGES = 300
LYING = {
    "lie": 0.06,
    "lose": 0.06,
    "fail": 0.06,
    "refuse": 0.06,
    "hold": 0.04,
    "hold_seconds": 3.0,
    "repeat_receipt": 0.2,
    "swap_receipts": 0.2,
    "drop_receipt": 0.2,
    "deliver_seconds": 0.5,
}
SETTLE_SECONDS = 120
FINAL = {"accepted", "sent", "delivered"}


async def attempts(centre: CalloutCentre, callout: str) -> Counter[str]:
    """How many messages are in which state, as the service shows it."""
    people = (await centre.show(callout))["people"]
    return Counter(attempt["state"] for one in people for attempt in one["attempts"])


async def settled(centre: CalloutCentre, callout: str) -> Counter[str]:
    """When nothing is under way any more; or as it is after all patience."""
    states: Counter[str] = Counter()
    for _ in range(SETTLE_SECONDS * 2):
        try:
            states = await attempts(centre, callout)
        except httpx.HTTPError:
            states = Counter()
        if states and set(states) <= FINAL:
            break
        await asyncio.sleep(0.5)
    return states


@pytest.mark.chaos
async def test_a_pager_killed_at_any_step_pages_everybody_exactly_once(
    open_callouts: Opened,
) -> None:
    script: dict[str, Any] = {**CALM, "seed": 7, "faults": LYING}
    chance = random.Random(7)
    async with open_callouts(
        PAGES,
        script,
        per_second=max(4.0, 150.0 / max(1, KILLS)),
        rule="blast",
        lease="4s",
        give_up="60s",
        retry_after="1s",
        retries=20,
    ) as centre:
        callout = await centre.need(200)
        await centre.send(callout)
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 1.5))
            centre.service.kill9()
            centre.service.start()
            await centre.service.wait_ready()
        states = await settled(centre, callout)
        ledger = await centre.ledger()
        print(KILLS, "kills:", dict(states), ledger["attempts"], ledger["must_be_zero"])  # noqa: T201
        assert (ledger["attempts"], states.total(), set(states) <= FINAL) == (PAGES, PAGES, True)
        assert not any(ledger["must_be_zero"].values())
