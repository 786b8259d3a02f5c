"""Is a thing that goes wrong over and over said once, and is it tried until it is done?"""

import logging

import pytest

from services import tasks
from services.adapters.redis import RedisLostError

REASONS = ["expired", "expired", "expired", "refused", "refused", "expired"]


async def test_each_reason_is_one_line_however_often_it_is_tried(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "FIRST_PAUSE_SECONDS", 0.0)
    left = list(REASONS)

    async def act() -> None:
        if left:
            raise RedisLostError(left.pop(0))

    with caplog.at_level(logging.WARNING):
        await tasks.until_done("not yet open", act)
    told = [vars(record)["detail"] for record in caplog.records]
    assert (told, left) == (["expired", "refused", "expired"], [])
