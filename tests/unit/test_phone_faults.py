"""A phone system that fails, answers late, loses answers and hears commands twice."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from load.phone.faults import Unreliable
from load.scenario import Faults


def line(faults: Faults) -> tuple[Unreliable, list[str]]:
    """A phone system that keeps what reaches it, behind a bad line."""
    done: list[str] = []
    app = FastAPI()

    @app.post("/commands/dial")
    async def dial(body: dict[str, str]) -> dict[str, str]:
        done.append(body["dial"])
        return {"state": "ringing"}

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    return Unreliable(app, faults), done


async def ordered(app: Unreliable, path: str = "/commands/dial") -> int:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://phone") as client:
        return (await client.post(path, json={"dial": "d1"})).status_code


@pytest.mark.parametrize(
    ("faults", "status", "times"),
    [
        (Faults(), 200, 1),
        (Faults(commands_failed=1.0), 503, 0),
        (Faults(commands_lost=1.0), 503, 1),
        (Faults(commands_doubled=1.0), 200, 2),
        (Faults(commands_late=1.0, commands_late_at_most=timedelta(milliseconds=5)), 200, 1),
    ],
)
async def test_each_fault_is_what_it_says(faults: Faults, status: int, times: int) -> None:
    app, done = line(faults)
    assert (await ordered(app), len(done)) == (status, times)


async def test_shares_are_kept_and_the_same_seed_is_the_same_bad_day() -> None:
    days = []
    for _ in range(2):
        app, _ = line(Faults(commands_failed=0.3, commands_doubled=0.2))
        days.append([await ordered(app) for _ in range(200)])
        assert 40 <= app.counts["failed"] <= 80
        assert 20 <= app.counts["doubled"] <= 60
    assert days[0] == days[1]


async def test_only_commands_go_wrong() -> None:
    app, _ = line(Faults(commands_failed=1.0))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://phone") as client:
        assert (await client.get("/readyz")).status_code == 200
