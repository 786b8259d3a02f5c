"""How many distinct people, and how many repeats, arrived in each second?

A pulse is what one partition counted for one key (such as "queue:main") in one second of event
time, cumulative. A late report can move a contact to another second, another key or another role
(an earlier attempt appears, so this one was a redial): then both places are published again.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streams.domain.contacts.rule_table import Facts
from streams.events.demand import PulseData

FIRST, REDIAL, RECONNECT = 0, 1, 2
# Changes to a second so long ago are counted, but no longer published: no one detects with them.
KEPT_SECONDS: Final = 3 * 3600


@dataclass(frozen=True, slots=True, eq=False)
class PulseShape:
    """What a pulse counts a contact as; equal ones are the same object."""

    facts: Facts
    role: int
    withheld: bool
    keys: tuple[str, ...]
    incident: str | None = None


def incident_of(place: str, topic: str | None) -> str:
    """One token for a place and a topic."""
    return hashlib.blake2b(f"{place}\x1f{topic or ''}".encode(), digest_size=6).hexdigest()


def keys_of(facts: Facts) -> tuple[str, ...]:
    """The keys that a contact counts under: the total and its roll-ups."""
    queue, channel, language, country, topic = facts
    keys = ["total", f"queue:{queue}"]
    keys += [f"country:{country}"] * (country is not None)
    keys += [f"topic:{topic}"] * (topic is not None)
    keys.append(f"channel:{channel or 'voice'}")
    keys += [f"language:{language}"] * (language is not None)
    return tuple(keys)


class Seconds:
    """The contacts of each recent second by shape, and which of it changed since last asked."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._counts: dict[int, dict[PulseShape, int]] = {}
        self._changed: dict[int, set[PulseShape]] = {}
        self._forgotten_before = 0

    def count(self, second: int, shape: PulseShape, sign: int) -> None:
        """Put a contact in or take it out."""
        shapes = self._counts.get(second)
        if shapes is None:
            if second < self._forgotten_before:
                return
            shapes = self._counts[second] = {}
        shapes[shape] = shapes.get(shape, 0) + sign
        changed = self._changed.get(second)
        if changed is None:
            changed = self._changed[second] = set()
        changed.add(shape)

    def take(self, revision: int) -> list[PulseData]:
        """What changed since the last call, in the order of seconds.

        `revision` is how far the log was folded: it grows also over a restart.
        """
        pulses = [
            self._pulse(second, key, revision)
            for second in sorted(self._changed)
            for key in sorted({key for shape in self._changed[second] for key in shape.keys})
        ]
        self._changed = {}
        return pulses

    def forget(self, now_second: int) -> None:
        """Let go of what is too old to matter; in the order of arrival, which is nearly time's.

        A change that was not asked for yet is kept until it was.
        """
        self._forgotten_before = now_second - KEPT_SECONDS
        old = []
        for second in self._counts:
            if second >= self._forgotten_before:
                break
            if second not in self._changed:
                old.append(second)
        for second in old:
            del self._counts[second]

    def _pulse(self, second: int, key: str, revision: int) -> PulseData:
        first = redials = reconnects = withheld = 0
        incidents: dict[str, int] = {}
        for shape, contacts in self._counts[second].items():
            if key not in shape.keys:
                continue
            if shape.role == FIRST:
                first += contacts
                withheld += contacts * shape.withheld
                if shape.incident is not None and contacts:
                    incidents[shape.incident] = incidents.get(shape.incident, 0) + contacts
            elif shape.role == REDIAL:
                redials += contacts
            else:
                reconnects += contacts
        return PulseData(
            key=key,
            partition=self._partition,
            second=datetime.fromtimestamp(second, tz=UTC),
            first_attempts=first,
            redials=redials,
            reconnects=reconnects,
            withheld=withheld,
            revision=revision,
            incidents=dict(sorted(incidents.items())),
        )
