"""How does this centre call people out? The table `[callout]` of `centre.toml`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from streams.events.callouts import Need, Policy, Rule

Raise = Literal["automatic", "confirm", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalloutPolicy:
    """`raise_needs`: a surge's missing seats page people at once, wait for a manager, or neither.

    A manager who is asked has `confirm_within`; `unconfirmed` says whether it goes out anyway.
    `speed` is the slider from 0, few people woken, to 1, fast. `shift` is how long a seat lasts,
    `expires` how long a need may stay unfilled. `lease` and `give_up` are wall time: how long a
    message may be on its way to a provider, and how long nobody may know whether it was sent until
    another way is tried.

    A call-out of more than `second_above` seats (0: of no number), or for one of `second_pools`,
    is sent when a second person agrees within `second_within`; `second_silent` says what happens
    when nobody does. A drill needs no second person, and neither does what the centre lets go out
    by itself.
    """

    raise_needs: Raise = "confirm"
    confirm_within: timedelta = timedelta(minutes=5)
    unconfirmed: Literal["send", "drop"] = "drop"
    rule: Rule = "forecast"
    speed: float = 0.5
    every: timedelta = timedelta(minutes=2)
    grace: timedelta = timedelta(minutes=5)
    no_answer: timedelta = timedelta(minutes=45)
    remind_before: timedelta = timedelta(minutes=30)
    no_show: timedelta = timedelta(minutes=10)
    shift: timedelta = timedelta(hours=6)
    expires: timedelta = timedelta(hours=3)
    most_asked: int = 1000
    retries: int = 3
    retry_after: timedelta = timedelta(seconds=15)
    lease: timedelta = timedelta(seconds=30)
    give_up: timedelta = timedelta(seconds=60)
    place: str = ""
    second_above: int = 0
    second_pools: tuple[str, ...] = ()
    second_within: timedelta = timedelta(minutes=5)
    second_silent: Literal["send", "drop"] = "drop"

    def needs_second(self, need: Need) -> bool:
        """Whether one person alone may not send this."""
        seats = sum(quota.seats for quota in need.quotas)
        return need.pool in self.second_pools or 0 < self.second_above < seats

    def stamped(self, version: str) -> Policy:
        """As it is copied onto a call-out when that starts."""
        return Policy(
            rule=self.rule,
            speed=self.speed,
            every_seconds=self.every.total_seconds(),
            grace_seconds=self.grace.total_seconds(),
            no_answer_seconds=self.no_answer.total_seconds(),
            remind_before_seconds=self.remind_before.total_seconds(),
            no_show_seconds=self.no_show.total_seconds(),
            most_asked=self.most_asked,
            temporary_retries=self.retries,
            retry_seconds=self.retry_after.total_seconds(),
            lease_seconds=self.lease.total_seconds(),
            give_up_after_seconds=self.give_up.total_seconds(),
            second_silent=self.second_silent,
            version=version,
        )

    def confirm_by(self, now: datetime) -> datetime | None:
        """Until when a manager is asked; None when nobody is."""
        return now + self.confirm_within if self.raise_needs == "confirm" else None
