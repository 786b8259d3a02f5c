"""Who tells the story, and who is the manager in it?

Prints each thing once, when it happens, with the centre's time before it. When seats are asked for,
it does what a manager would: calls in those who stand by, and has the reserve asked by message.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from rich.console import Console

from services.cli.play import story
from services.cli.play.book import first_extra_call
from services.cli.play.callouts import CallOut
from services.cli.play.news import News
from services.cli.play.stage import Stage
from streams.events.callbacks import CallbackChanged
from streams.events.codec import Event
from streams.events.surges import SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised

LOOK_SECONDS: Final = 0.4
STATUS_EVERY: Final = timedelta(minutes=2)
SEATS_EVERY: Final = timedelta(minutes=6)
# The end waits so long for callbacks that are due again, then it is the end all the same.
GRACE: Final = timedelta(minutes=14)
EVERYBODY: Final = "all"


class Narrator:
    """One telling of one play."""

    def __init__(
        self, stage: Stage, news: News, client: httpx.AsyncClient, console: Console
    ) -> None:
        self._stage = stage
        self._news = news
        self._client = client
        self._console = console
        self._said: set[str] = set()
        self._last_status = timedelta(0)
        self._last_seats: datetime | None = None
        self._arrived_before: tuple[timedelta, int] = (timedelta(0), 0)
        self._last: dict[str, Any] = {}
        self.callout = CallOut(stage, client, lambda text, style: self._say(text, style=style))

    async def tell(self, event: Event) -> None:
        """A fact from the log."""
        if isinstance(event, SurgeDeclared):
            first = first_extra_call(self._stage.ledger)
            self._say(
                story.declared(event.data, self._stage.centre, first), event.time, style="bold red"
            )
        elif isinstance(event, SurgeRevised):
            self._revised(event)
        elif isinstance(event, SurgeCleared):
            self._say(story.cleared(event.data, self._stage.centre), event.time, style="bold green")
        elif isinstance(event, SeatsNeeded):
            await self._seats(event)
        elif isinstance(event, CallbackChanged):
            self._callback(event)

    async def watch(self) -> None:
        """What the phone system shows, until the play is over."""
        over = False
        while not over:
            await asyncio.sleep(LOOK_SECONDS)
            over = await self._over()

    async def _over(self) -> bool:
        elapsed = self._stage.elapsed()
        if elapsed < timedelta(0):
            return False
        self._bursts(elapsed)
        phone = self._last = await self._stage.phone(self._client)
        self._turns(phone, elapsed)
        await self.callout.look()
        if elapsed - self._last_status >= STATUS_EVERY and "worked off" not in self._said:
            self._last_status = elapsed
            self._say(story.status(_counts(phone), self._news.callback_states()), style="dim")
        if elapsed < self._stage.scenario.length:
            return False
        quiet = not (phone["calls"] or phone["dials"] or phone["unsent"])
        worked_off = not self._news.open_callbacks() and self.callout.is_over
        return (quiet and worked_off) or elapsed > self._stage.scenario.length + GRACE

    def _bursts(self, elapsed: timedelta) -> None:
        for burst in self._stage.scenario.bursts:
            if burst.says and elapsed >= burst.at:
                self._once(f"burst {burst.name}", burst.says, style="bold yellow")

    def _turns(self, phone: dict[str, Any], elapsed: timedelta) -> None:
        """The moments at which things turn."""
        counts = phone["counts"]
        flooded = self._news.declared and self._news.callbacks
        if flooded and not phone["waiting"]:
            self._once("nobody", "nobody is waiting any more", style="green")
        rung = "nobody" in self._said and counts.get("dial_completed")
        if rung and not self._news.open_callbacks():
            done = self._news.callback_states()
            self._once(
                "worked off",
                f"all callbacks are worked off: {done['completed']} called back,"
                f" {done['reached_us_first']} got through first",
                style="bold green",
            )
        if elapsed - self._arrived_before[0] >= timedelta(minutes=5):
            before, arrived = self._arrived_before
            self._arrived_before = (elapsed, counts.get("arrived", 0))
            if before >= timedelta(0) and ("worked off" in self._said or not self._news.declared):
                self._calm(counts.get("arrived", 0) - arrived, elapsed - before)

    def _calm(self, arrived: int, span: timedelta) -> None:
        expected = self._expected_per_hour()
        text = story.calm(arrived, expected, span.total_seconds() / 60)
        self._say(f"calm: {text}", style="green")

    def _expected_per_hour(self) -> float:
        local = self._stage.now().astimezone(self._stage.centre.timezone)
        hour = local.weekday() * 24 + local.hour
        return next((b.week[hour] for b in self._stage.centre.baselines if b.key == "total"), 0.0)

    def _revised(self, event: SurgeRevised) -> None:
        data = event.data
        mark = f"{data.episode} {data.tier} {data.key}"
        first = next((d.data for d in self._news.declared if d.data.episode == data.episode), None)
        if first is None or (first.tier, first.key) == (data.tier, data.key) or mark in self._said:
            return
        self._said.add(mark)
        self._say(story.raised(data, self._stage.centre), event.time, style="red")

    async def _seats(self, event: SeatsNeeded) -> None:
        data = event.data
        if data.pool != EVERYBODY or not self._news.declared:
            return
        if data.gap > 0 and "called up" not in self._said:
            self._said.add("called up")
            self._say_seats(event, with_reason=True)
            self._say(story.called_up(await self._stage.call_up(self._client)), style="bold")
            await self.callout.send(data.reason)
        elif data.gap > 0 and self._silent_on_seats_since(event.time) >= SEATS_EVERY:
            self._say_seats(event)

    def _silent_on_seats_since(self, now: datetime) -> timedelta:
        return now - self._last_seats if self._last_seats else SEATS_EVERY

    def _say_seats(self, event: SeatsNeeded, *, with_reason: bool = False) -> None:
        self._last_seats = event.time
        self._say(story.seats(event.data, with_reason=with_reason), event.time)

    def _callback(self, event: CallbackChanged) -> None:
        name = event.change
        if name == "requested":
            minutes = self._stage.centre.overflow.wait_limit.total_seconds() / 60
            self._once(
                "first promise",
                "the first callers give up: each is promised a callback and keeps the place in line"
                if event.data.reason == "abandoned"
                else f"the first callers have waited {minutes:.0f} min: each is promised a"
                " callback and keeps the place in line",
                event.time,
            )
        elif name == "connected":
            self._once(
                "first dial",
                "more counselors are free than callers wait: they ring back those who were first",
                event.time,
            )
        elif name == "completed":
            self._once("first kept", "the first promise is kept", event.time)

    def _once(
        self, mark: str, text: str, at: datetime | None = None, *, style: str | None = None
    ) -> None:
        if mark not in self._said:
            self._said.add(mark)
            self._say(text, at, style=style)

    def _say(self, text: str, at: datetime | None = None, *, style: str | None = None) -> None:
        shown = self._stage.shown(at or self._stage.now())
        # Lines are not broken here: a log of them stays one line a sentence.
        self._console.print(f"[dim]{shown}[/dim]  ", end="")
        self._console.print(text, style=style, markup=False, soft_wrap=True)


def _counts(phone: dict[str, Any]) -> dict[str, int]:
    return {
        "waiting": phone["waiting"],
        "signed_in": phone["signed_in"],
        "answered": phone["counts"].get("answered", 0),
    }
