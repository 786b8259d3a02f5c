"""What if that day came again? A recorded day as the first calls of a scenario.

A recording says when people called; what they would do under another policy (hold, redial, accept
a callback) is the caller model's. So a caller who rang again within the redial window is one
person here, and rings again when the model says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from load.scenario import Base, Mix, Scenario
from load.sim.stage import FirstCall

SOURCE: Final = "recorded"
_FIELDS: Final = ("language", "country", "topic", "channel", "urgency")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One contact of a recording; `caller` is any name that tells people apart, or empty.

    `known` holds what is known of them, such as {"language": "ko"}.
    """

    at: float
    caller: str = ""
    known: tuple[tuple[str, str], ...] = ()


def of_key(key: str) -> tuple[tuple[str, str], ...]:
    """What a surge key such as "country:JP" says of a caller."""
    kind, _, name = key.partition(":")
    return ((kind, name),) if kind in _FIELDS and name else ()


def first_calls(calls: Iterable[RecordedCall], begins: float, window: timedelta) -> list[FirstCall]:
    """First attempts in order, in seconds since `begins`."""
    last: dict[str, float] = {}
    found: list[FirstCall] = []
    for nth, call in enumerate(sorted(calls, key=lambda call: call.at)):
        before = last.get(call.caller) if call.caller else None
        if call.caller:
            last[call.caller] = call.at
        if before is None or call.at - before > window.total_seconds():
            mix = Mix(**{field: {name: 1.0} for field, name in call.known})
            found.append((call.at - begins, nth, SOURCE, mix))
    return found


def as_scenario(given: Scenario, name: str, begins: float, ends: float) -> Scenario:
    """The scenario that lends its people and staff, on the recorded day and without its bursts."""
    return replace(
        given,
        name=name,
        title_en=f"Recorded: {name}",
        title_ko=f"기록: {name}",
        starts=datetime.fromtimestamp(begins, UTC),
        length=timedelta(seconds=ends - begins),
        base=Base(per_hour=0.0),
        bursts=(),
    )
