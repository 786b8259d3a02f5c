"""A request is told what became of all that it has under way, and of nothing else."""

import asyncio
from collections.abc import Sequence

import pytest

from services.intake.parcels import Receipt
from streams.errors import OverloadedError, UnknownOutcomeError

REFUSED = OverloadedError("the write buffer is full")
UNSURE = UnknownOutcomeError("the broker did not acknowledge in time")


def receipt_of(parts: Sequence[Exception | None]) -> Receipt:
    receipt = Receipt()
    for _ in parts:
        receipt.expect()
    for error in parts:
        receipt.settle(error)
    return receipt


async def test_it_waits_for_the_last_part() -> None:
    receipt = Receipt()
    receipt.expect()
    receipt.expect()
    stored = asyncio.create_task(receipt.stored())
    await asyncio.sleep(0)
    receipt.settle(None)
    await asyncio.sleep(0)
    before = stored.done()
    receipt.settle(None)
    await stored
    assert not before


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([REFUSED, REFUSED], OverloadedError),
        ([REFUSED, None], UnknownOutcomeError),
        ([None, UNSURE], UnknownOutcomeError),
        ([REFUSED, UNSURE], UnknownOutcomeError),
        ([UNSURE, ValueError("a fault of ours")], ValueError),
    ],
)
async def test_only_when_all_was_refused_it_is_certain_that_nothing_is_stored(
    parts: Sequence[Exception | None], told: type[Exception]
) -> None:
    with pytest.raises(told):
        await receipt_of(parts).stored()


async def test_a_sender_who_left_does_not_keep_the_others_from_hearing() -> None:
    receipt = Receipt()
    receipt.expect()
    stored = asyncio.create_task(receipt.stored())
    await asyncio.sleep(0)
    stored.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stored
    receipt.settle(None)
