"""Does the call-out service keep its promises as a real process?"""

import asyncio
from typing import Any

from tests.support.callout_centre import CalloutCentre, Opened, open_callouts

__all__ = ["open_callouts"]


async def until_sent(centre: CalloutCentre, messages: int, seconds: float = 30.0) -> dict[str, Any]:
    """The provider's ledger when so many messages have gone out."""
    for _ in range(int(seconds * 10)):
        ledger = await centre.ledger()
        if ledger["attempts"] >= messages:
            return ledger
        await asyncio.sleep(0.1)
    raise AssertionError(f"{ledger}\n{centre.service.log_text()[-3000:]}")


async def test_a_call_out_pages_people_and_fills_its_seats(open_callouts: Opened) -> None:
    async with open_callouts(40) as centre:
        callout = await centre.need(3)
        await centre.send(callout)
        await until_sent(centre, 3)
        people = (await centre.show(callout))["people"]
        replies = [
            (
                await centre.manager.post(
                    f"/v1/callouts/{callout}/answers",
                    json={"person": one["person"], "choice": "accept", "via": "paper"},
                )
            ).json()["reply"]
            for one in people[:5]
        ]
        shown = await centre.show(callout)
        assert replies == ["seated"] * 3 + ["waitlisted"] * 2
        assert (shown["callout"]["state"], shown["accepted"], shown["waitlisted"]) == (
            "filled",
            3,
            2,
        )


EVERYBODY_TEXTS = {
    "sms": {"answers": 1.0, "yes": 1.0, "later": 0.0, "median_seconds": 2.0},
    "voice": {"answers": 0.0},
    "by_link": 0.0,
}


async def test_what_people_wrote_while_the_service_was_down_is_found_afterwards(
    open_callouts: Opened,
) -> None:
    async with open_callouts(4, EVERYBODY_TEXTS) as centre, asyncio.timeout(120):
        callout = await centre.need(4)
        await centre.send(callout, rule="blast")
        await until_sent(centre, 4)
        centre.service.kill9()
        # Its address is left, and nothing listens there: each text is told of in vain.
        while (await centre.ledger())["counts"].get("answered_sms_accept", 0) < 4:
            await asyncio.sleep(0.1)
        centre.service.start()
        await centre.service.wait_ready()
        while (shown := await centre.show(callout))["accepted"] < 4:
            await asyncio.sleep(0.2)
        assert shown["callout"]["state"] == "filled"
        assert (await centre.ledger())["must_be_zero"]["attempts_sent_twice"] == 0


# One account answers nothing as it should; two fifths of it reaches people all the same.
BROWN = {"fail": 0.6, "lie": 0.2, "lose": 0.2, "repeat_receipt": 0.2, "swap_receipts": 0.2}
PAGED = 160


async def test_a_brown_out_moves_points_to_the_other_account_and_pages_nobody_twice(
    open_callouts: Opened,
) -> None:
    async with open_callouts(PAGED) as centre, asyncio.timeout(180):
        callout = await centre.need(30)
        await centre.script({"sms": {"answers": 0.0}, "accounts": {"sms-a": BROWN}})
        await centre.send(callout, rule="blast")
        while await not_at_a_provider(centre, callout):
            await asyncio.sleep(0.5)
        ledger = await centre.ledger()
        lines = (await centre.manager.get("/v1/callouts/lines")).json()["lines"]
        points = {one["provider"]: (one["points"], one["resting"]) for one in lines}
    assert ledger["must_be_zero"] == {"attempts_sent_twice": 0, "attempts_at_two_providers": 0}
    assert (ledger["attempts"], ledger["most_messages_to_one_person"]) == (PAGED, 1)
    # Fifty errors within a minute take ten points, once in that minute.
    assert points["sms-a"][0] <= points["sms-a"][1] - 10
    assert points["sms-b"][0] >= points["sms-b"][1] + 10


async def not_at_a_provider(centre: CalloutCentre, callout: str) -> int:
    """How many messages are not known to be with a provider."""
    taken = {"accepted", "sent", "delivered"}
    people = (await centre.show(callout))["people"]
    return sum(1 for one in people for sent in one["attempts"] if sent["state"] not in taken)
