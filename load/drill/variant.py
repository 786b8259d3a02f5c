"""What if? The same crisis with other seats, other rules, another call-out, or without us."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from load.scenario import Callout, Desk, Scenario, Staff
from streams.domain.centre import Centre

# What of the platform is switched on. "nothing" is the phone system alone, as history had it.
Help = Literal["all", "callbacks", "callout", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One row of a what-if table; what is None is as the scenario and the centre have it."""

    helps: Help = "all"
    seats: int | None = None
    reserve: int | None = None
    call_up: timedelta | None = None
    callbacks_from: timedelta | None = None
    promise_lives: timedelta | None = None
    yes_share: float | None = None
    phones: int | None = None
    rings_back_first: int | None = None
    peak: float = 1.0

    @property
    def label(self) -> str:
        """Like "24 seats, reserve of 30 with 45 min call-up, callbacks from 3 min"."""
        parts = [f"{self.seats} seats"] if self.seats is not None else []
        if self.reserve is not None:
            parts.append(f"reserve of {self.reserve}")
        if self.call_up is not None:
            parts.append(f"call-up {minutes(self.call_up)}")
        if self.yes_share is not None:
            parts.append(f"{self.yes_share:.0%} say yes")
        if self.callbacks_from is not None:
            parts.append(f"callbacks from {minutes(self.callbacks_from)}")
        if self.promise_lives is not None:
            parts.append(f"promises for {minutes(self.promise_lives)}")
        if self.phones is not None:
            parts.append(f"{self.phones} phones")
        if self.rings_back_first is not None:
            parts.append(f"{self.rings_back_first} ring back first")
        if self.peak != 1:
            parts.append(f"peak × {self.peak:g}")
        parts.append(_HELPS[self.helps])
        return ", ".join(parts)

    @property
    def platform(self) -> bool:
        """Whether any of the platform runs."""
        return self.helps != "nothing"

    @property
    def callbacks(self) -> bool:
        """Whether callbacks are promised."""
        return self.helps in {"all", "callbacks"}

    @property
    def calls_up(self) -> bool:
        """Whether people are called out."""
        return self.helps in {"all", "callout"}

    def scenario(self, given: Scenario) -> Scenario:
        """The scenario with the changes of this row."""
        changed = given
        if self.seats is not None:
            changed = replace(changed, staff=(Staff(pool=_pool(given), people=self.seats),))
        if self.reserve is not None:
            # A reserve that is named is who comes; nobody else does beside it.
            changed = replace(changed, callout=self._callout(given), response=())
        elif given.callout is not None:
            changed = replace(changed, callout=self._callout(given))
        changed = replace(changed, desk=self._desk(given.desk))
        if self.peak != 1:
            bursts = tuple(
                replace(burst, peak_per_hour=burst.peak_per_hour * self.peak)
                for burst in given.bursts
            )
            changed = replace(changed, bursts=bursts)
        return changed

    def centre(self, given: Centre) -> Centre:
        """The centre with the changes of this row."""
        overflow = given.overflow
        if self.callbacks_from is not None:
            overflow = replace(overflow, wait_limit=self.callbacks_from)
        if self.promise_lives is not None:
            promise = min(overflow.promise, self.promise_lives)
            overflow = replace(overflow, expiry=self.promise_lives, promise=promise)
        return replace(given, overflow=overflow)

    def _desk(self, given: Desk) -> Desk:
        phones, first = self.phones, self.rings_back_first
        return replace(
            given,
            phones=given.phones if phones is None else phones,
            rings_back_first=given.rings_back_first if first is None else first,
        )

    def _callout(self, given: Scenario) -> Callout:
        found = given.callout or Callout(people=0, joins=_pool(given))
        return replace(
            found,
            people=found.people if self.reserve is None else self.reserve,
            call_up=found.call_up if self.call_up is None else self.call_up,
            yes_share=found.yes_share if self.yes_share is None else self.yes_share,
        )


_HELPS = {
    "all": "with Surgeline",
    "callbacks": "callbacks, no call-out",
    "callout": "call-out, no callbacks",
    "nothing": "without Surgeline",
}


def minutes(span: timedelta) -> str:
    """Like "45 min", "90 s" or "72 h"."""
    seconds = span.total_seconds()
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def _pool(scenario: Scenario) -> str:
    return scenario.staff[0].pool if scenario.staff else "counselors"
