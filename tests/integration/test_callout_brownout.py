"""A provider browns out in the middle of a call-out: everyone is still paged, and nobody twice."""

import asyncio
from typing import Any

from tests.support.callout_centre import CALM, CalloutCentre, Opened, open_callouts

__all__ = ["open_callouts"]

PEOPLE = 250
# Half of what it is asked goes wrong, in every way there is.
BROWN = {"fail": 0.2, "lie": 0.1, "lose": 0.1, "refuse": 0.1}


async def until_all_known(centre: CalloutCentre, callout: str, seconds: float) -> dict[str, Any]:
    """The call-out when no attempt is under way any more."""
    shown: dict[str, Any] = {}
    for _ in range(int(seconds * 2)):
        shown = await centre.show(callout)
        ledger = await centre.ledger()
        if ledger["attempts"] >= PEOPLE:
            return ledger
        await asyncio.sleep(0.5)
    raise AssertionError(f"{ledger}\n{centre.service.log_text()[-3000:]}")


async def test_a_brown_out_moves_points_by_the_rule_and_pages_nobody_twice(
    open_callouts: Opened,
) -> None:
    script = CALM | {"accounts": {"sms-a": BROWN}, "faults": {"deliver_seconds": 0.2}}
    async with open_callouts(PEOPLE, script, per_second=100.0, rule="blast") as centre:
        callout = await centre.need(30)
        await centre.send(callout)
        ledger = await until_all_known(centre, callout, 60.0)
        lines = (await centre.manager.get("/v1/callouts/lines")).json()
        assert ledger["must_be_zero"] == {"attempts_sent_twice": 0, "attempts_at_two_providers": 0}
        assert ledger["people"] == PEOPLE
        assert ledger["most_messages_to_one_person"] == 1
        assert ledger["counts"]["ACsms-b.sent_messages"] > PEOPLE / 2
        points = {line["provider"]: line["points"] for line in lines["live"]}
        # Fifty errors in a minute take ten points, and no more within that minute.
        assert points["sms-a"] in (30, 40)
        assert points["sms-a"] + points["sms-b"] == 100
