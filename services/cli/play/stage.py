"""Where is the play given? The platform, the clock, and the phone system of one demo."""

import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from load.scenario import Scenario
from services.cli.play.provider import provider_spec
from services.supervisor.child import ChildSpec, RestartPolicy
from services.supervisor.platform import Platform
from streams.domain.centre import Centre
from streams.domain.clock import CentreClock

# From the declaration of the clock to the first second of the play, so that all are ready.
LEAD = timedelta(seconds=4)


@dataclass(slots=True)
class Stage:
    """A running platform with a phone system whose play begins when the clock says so."""

    platform: Platform
    centre: Centre
    scenario: Scenario
    clock: CentreClock
    ledger: Path
    phone_url: str
    phone_token: str = field(repr=False)

    def now(self) -> datetime:
        """Event time."""
        return self.clock.at(datetime.now(self.clock.wall.tzinfo))

    def elapsed(self) -> timedelta:
        """Event time since the play began."""
        return self.now() - self.scenario.starts

    def shown(self, moment: datetime) -> str:
        """A time as a clock on the centre's wall shows it."""
        return f"{moment.astimezone(self.centre.timezone):%H:%M:%S}"

    async def phone(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """What the phone system says of itself."""
        answer = await client.get(f"{self.phone_url}/ledger", headers=self._headers())
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    async def call_up(self, client: httpx.AsyncClient) -> dict[str, int]:
        """A manager calls in who stands by."""
        answer = await client.post(f"{self.phone_url}/staff/call-up", headers=self._headers())
        answer.raise_for_status()
        coming: dict[str, int] = answer.json()["coming"]
        return coming

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.phone_token}"}


async def raise_curtain(
    platform: Platform, centre: Centre, scenario: Scenario, scenario_file: Path, ledger: Path
) -> Stage:
    """Declare the clock, start the phone system and the messages, return when they are ready."""
    wall = datetime.now(centre.timezone)
    begins = next_like(scenario.starts.astimezone(centre.timezone), wall)
    run = f"{wall:%Y%m%d%H%M%S}"
    clock = CentreClock(wall=wall + LEAD, event=begins, speed=scenario.speed)
    await _declare(platform, clock)
    await platform.add(
        _phone_spec(platform, clock, scenario_file, ledger, run),
        provider_spec(platform, scenario.speed, ledger.parent),
    )
    return Stage(
        platform=platform,
        centre=centre,
        scenario=replace(scenario, starts=begins),
        clock=clock,
        ledger=ledger,
        phone_url=platform.urls["phone"],
        phone_token=platform.tokens["phone"],
    )


def next_like(starts: datetime, now: datetime) -> datetime:
    """The next moment with the same day of the week and time of day, in the same zone.

    A rehearsal never plays in the past: time at the centre does not run backwards.
    """
    days = (starts.weekday() - now.weekday()) % 7
    candidate = (now + timedelta(days=days)).replace(
        hour=starts.hour, minute=starts.minute, second=starts.second, microsecond=0
    )
    return candidate if candidate > now else candidate + timedelta(days=7)


async def _declare(platform: Platform, clock: CentreClock) -> None:
    async with httpx.AsyncClient(timeout=10.0) as client:
        answer = await client.post(
            f"{platform.urls['intake']}/v1/clock",
            json={
                "wall": clock.wall.isoformat(),
                "event": clock.event.isoformat(),
                "speed": clock.speed,
                "declared_by": "surgeline demo",
            },
            headers={"Authorization": f"Bearer {platform.tokens['rehearsal']}"},
        )
        answer.raise_for_status()


def _phone_spec(
    platform: Platform, clock: CentreClock, scenario_file: Path, ledger: Path, run: str
) -> ChildSpec:
    urls, tokens = platform.urls, platform.tokens
    return ChildSpec(
        name="phone",
        argv=(
            *(sys.executable, "-m", "load.phone", str(scenario_file)),
            *("--starts-at", clock.wall.isoformat()),
            *("--begins", clock.event.isoformat()),
            *("--speed", str(clock.speed)),
            *("--ledger", str(ledger)),
            *("--run", run),
        ),
        ready=f"{urls['phone']}/readyz",
        env={
            "SURGELINE_CENTRE": platform.env["SURGELINE_CENTRE"],
            "SURGELINE_HOST": "127.0.0.1",
            "SURGELINE_PORT": urls["phone"].rpartition(":")[2],
            "SURGELINE_PHONE_TOKEN": tokens["phone"],
            "SURGELINE_INTAKE_URL": urls["intake"],
            "SURGELINE_CALLBACKS_URL": urls["callbacks"],
            "SURGELINE_SOURCE_TOKEN": tokens["source"],
            "SURGELINE_COUNSELOR_TOKEN": tokens["counselor"],
        },
        # A play that died cannot go on from the middle.
        restart=RestartPolicy(limit=0),
    )
