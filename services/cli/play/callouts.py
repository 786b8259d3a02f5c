"""Who calls the reserve in? The manager of the story, by the same API as the console."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from services.cli.play.stage import Stage

POOL: Final = "reserve"
SEATS: Final = 30
MARK: Final = "faster"
TELL_EVERY: Final = timedelta(minutes=2)
# So long before the hours begin the first ones are at their desks.
EARLY: Final = timedelta(minutes=4)
OVER: Final = frozenset({"closed", "expired", "cancelled"})
Row = dict[str, Any]
Say = Callable[[str, str | None], None]


@dataclass
class CallOut:
    """The call-out of one play; `shown` is how it stood when it was last looked at."""

    stage: Stage
    client: httpx.AsyncClient
    say: Say
    id: str = ""
    shown: Row = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _last: datetime | None = None

    async def send(self, reason: str) -> None:
        """Need, plan, and the number of seats typed: what the console's five clicks do."""
        try:
            await self._send(reason)
        except httpx.HTTPError as error:
            # The story goes on; at the end it is said that nobody was called in.
            self.say(f"the call-out could not be sent: {type(error).__name__}", "red")

    async def _send(self, reason: str) -> None:
        await self._decline_proposed()
        need = {"pool": POOL, "quotas": [{"seats": SEATS}], "reason": reason}
        opened = await self._post("/v1/needs", need)
        callout = str(opened["callout"]["id"])
        plan = await self._post(f"/v1/callouts/{callout}/preview", {"mark": MARK})
        await self._post(f"/v1/callouts/{callout}/start", {"mark": MARK, "people": SEATS})
        self.say(
            f"the manager calls in {SEATS} of the {POOL}: {len(plan['order'])} can be asked,"
            f" {len(plan['first'])} at once; {_forecast(plan['expected']['fill_seconds'])}",
            "bold",
        )
        self.id = callout

    @property
    def is_over(self) -> bool:
        """Nothing of it is to come any more, or it was never sent."""
        return not self.id or self.shown.get("callout", {}).get("state") in OVER

    async def look(self) -> None:
        """How it stands; and who has come is noted."""
        if not self.id:
            return
        with contextlib.suppress(httpx.HTTPError):
            await self._look()

    async def _look(self) -> None:
        self.shown = await self._get(f"/v1/callouts/{self.id}")
        self._tell()
        starts = datetime.fromisoformat(self.shown["callout"]["need"]["start"])
        if self.shown["callout"]["state"] == "filled" and self.stage.now() >= starts - EARLY:
            for one in self.shown["people"]:
                if one["seat"] is not None and one["arrived_at"] is None:
                    body = {"person": one["person"]}
                    await self._post(f"/v1/callouts/{self.id}/arrived", body)

    async def ledger(self) -> Row:
        """What the provider counted."""
        platform = self.stage.platform
        headers = {"Authorization": f"Bearer {platform.tokens['provider']}"}
        answer = await self.client.get(f"{platform.urls['provider']}/ledger", headers=headers)
        told: Row = answer.raise_for_status().json()
        return told

    async def _decline_proposed(self) -> None:
        """The surge's own need is for those the phone system has called in already."""
        for one in (await self._get("/v1/callouts"))["callouts"]:
            if one["callout"]["state"] in ("draft", "previewed"):
                await self._post(f"/v1/callouts/{one['callout']['id']}/stop", {"tell": False})

    def _tell(self) -> None:
        shown, now = self.shown, self.stage.now()
        callout = shown["callout"]
        if callout.get("filled_at"):
            took = _between(callout["started_at"], callout["filled_at"])
            self._once(
                "filled",
                f"all {shown['needed']} seats are filled {took:.0f} min after the manager's press:"
                f" {shown['woken']} people were asked, {shown['waitlisted']} wait in reserve",
                "bold green",
            )
        elif self._last is None or now - self._last >= TELL_EVERY:
            self._last = now
            self.say(
                f"seats: {shown['accepted']} of {shown['needed']} taken,"
                f" {shown['expected']:.0f} more expected, {shown['woken']} people asked",
                "dim",
            )
        told = stood_down(shown)
        if told:
            self._once("told", f"{len(told)} who are not needed are told to sleep on", None)
        if shown["arrived"] and shown["arrived"] == shown["needed"]:
            self._once("here", f"all {shown['arrived']} are at their desks", "green")

    def _once(self, mark: str, text: str, style: str | None) -> None:
        if mark not in self._said:
            self._said.add(mark)
            self.say(text, style)

    async def _get(self, path: str) -> Row:
        return await self._ask("GET", path)

    async def _post(self, path: str, body: Row) -> Row:
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Row | None = None) -> Row:
        platform = self.stage.platform
        answer = await self.client.request(
            method,
            f"{platform.urls['callout']}{path}",
            json=body,
            headers={"Authorization": f"Bearer {platform.tokens['manager']}"},
        )
        told: Row = answer.raise_for_status().json()
        return told


def _forecast(seconds: float | None) -> str:
    if seconds is None:
        return "at the rates of other centres that would not fill every seat"
    return f"the forecast is {seconds / 60:.0f} min"


def stood_down(shown: Row) -> list[Row]:
    """Everyone who was told that they are not needed."""
    return [one for one in shown.get("people", []) if _told(one)]


def not_told(shown: Row) -> list[Row]:
    """Everyone who was contacted, has no seat, said nothing final, and heard nothing since.

    Who is in reserve hears it when the call-out is over, not before.
    """
    states = {"stood_down", "no_answer", "delivered", "contacting"}
    if shown.get("callout", {}).get("state") in OVER:
        states.add("waitlisted")
    return [
        one
        for one in shown.get("people", [])
        if one["state"] in states and one["asked_at"] is not None and not _told(one)
    ]


def _told(one: Row) -> bool:
    return any(a["purpose"] == "stand_down" and a["sent_at"] for a in one["attempts"])


def _between(first: str, second: str) -> float:
    length = datetime.fromisoformat(second) - datetime.fromisoformat(first)
    return length.total_seconds() / 60
