"""What does the log say of a run? `python -m load.verdict.log --since TIME` prints it as JSON.

A process of its own, since the load's is no place for an event loop: it reads `surges`, `seats`
and `callbacks` from the broker that SURGELINE_KAFKA names.
"""

import argparse
import asyncio
import os
import sys
from collections import Counter
from datetime import datetime

import msgspec

from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackChanged, CallbackData
from streams.events.codec import decode
from streams.events.surges import SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import read_to_end
from streams.settings import Connections
from streams.topics import CALLBACKS, SURGES

KEPT = ("completed", "reached_us_first")


class Surge(msgspec.Struct, frozen=True, kw_only=True):
    """A surge that was declared."""

    key: str
    tier: str
    declared_at: datetime
    observed: int
    expected: float
    by: str = ""


class LogFacts(msgspec.Struct, kw_only=True):
    """What is on the log since the beginning of a run; times in seconds.

    `callbacks` are by outcome, or by state while open. `talked_twice` are promises for which a
    caller was spoken to more than once.
    """

    surges: list[Surge] = []
    cleared: int = 0
    callbacks: dict[str, int] = {}
    promises: int = 0
    kept: int = 0
    kept_within_1h: int = 0
    oldest_promise: float = 0.0
    talked_twice: int = 0


async def facts_since(connections: Connections, since: datetime, until: datetime) -> LogFacts:
    """Everything that began at or after `since`; what is open is as old as it is at `until`."""
    facts = LogFacts()
    await _surges(connections, since, facts)
    latest: dict[str, CallbackData] = {}
    async for record in read_to_end(connections, CALLBACKS):
        event = _event(record.value)
        if isinstance(event, CallbackChanged) and event.data.requested_at >= since:
            latest[event.data.id] = event.data
    _promises(list(latest.values()), until, facts)
    return facts


async def _surges(connections: Connections, since: datetime, facts: LogFacts) -> None:
    found: dict[str, Surge] = {}
    async for record in read_to_end(connections, SURGES):
        event = _event(record.value)
        if not isinstance(event, SurgeDeclared | SurgeRevised | SurgeCleared):
            continue
        data = event.data
        if data.declared_at < since:
            continue
        if isinstance(event, SurgeCleared):
            facts.cleared += 1
        known = found.get(data.episode)
        tier = "alert" if "alert" in (data.tier, known.tier if known else "") else data.tier
        if known is None:
            # `surges` keeps an episode's last word; what it was declared with stays in each.
            found[data.episode] = Surge(
                key=data.key,
                tier=tier,
                declared_at=data.declared_at,
                observed=data.observed,
                expected=data.expected,
            )
        else:
            found[data.episode] = msgspec.structs.replace(known, tier=tier)
    facts.surges = sorted(found.values(), key=lambda surge: surge.declared_at)


def _promises(promises: list[CallbackData], until: datetime, facts: LogFacts) -> None:
    facts.promises = len(promises)
    facts.callbacks = dict(Counter(one.outcome or one.state for one in promises))
    for one in promises:
        end = one.closed_at or until
        age = (end - one.requested_at).total_seconds()
        facts.oldest_promise = max(facts.oldest_promise, age)
        kept = one.outcome in KEPT
        facts.kept += kept
        facts.kept_within_1h += kept and age <= 3600  # noqa: PLR2004
        talks = sum(attempt.outcome == "completed" for attempt in one.attempts)
        facts.talked_twice += talks > 1


def _event(value: bytes | None) -> object:
    try:
        return decode(value or b"")
    except InvalidEventError:
        return None


def main() -> None:
    """Print the facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", type=datetime.fromisoformat, required=True)
    parser.add_argument("--until", type=datetime.fromisoformat, required=True)
    asked = parser.parse_args()
    connections = Connections.from_env(os.environ)
    facts = asyncio.run(facts_since(connections, asked.since, asked.until))
    sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")


if __name__ == "__main__":
    main()
