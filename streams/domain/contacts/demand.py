"""How many distinct people, and how many repeats, arrived in each second?

A pulse is what one partition counted for one key (such as "queue:main") in one second of event
time, cumulative. A late report can move a contact to another second, another key or another role
(an earlier attempt appears, so this one was a redial): then both places are published again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streams.domain.contacts.rule_table import Facts
from streams.events.demand import PulseData

FIRST, REDIAL, RECONNECT = 0, 1, 2
_WITHHELD: Final = 3
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
        changed, self._changed = self._changed, {}
        return [
            pulse
            for second in sorted(changed)
            for pulse in self._pulses(second, changed[second], revision)
        ]

    def hush(self) -> None:
        """Nobody is to be told of what changed since the last call."""
        self._changed = {}

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

    def _pulses(
        self, second: int, changed: Iterable[PulseShape], revision: int
    ) -> Iterator[PulseData]:
        """All keys of the shapes that changed, each with all that is counted under it."""
        sums = {key: [0, 0, 0, 0] for shape in changed for key in shape.keys}
        incidents: dict[str, dict[str, int]] = {}
        for shape, contacts in self._counts[second].items():
            role = shape.role
            withheld = contacts if shape.withheld and role == FIRST else 0
            for key in shape.keys:
                counted = sums.get(key)
                if counted is not None:
                    counted[role] += contacts
                    counted[_WITHHELD] += withheld
                    if shape.incident is not None and role == FIRST and contacts:
                        found = incidents.setdefault(key, {})
                        found[shape.incident] = found.get(shape.incident, 0) + contacts
        at = datetime.fromtimestamp(second, tz=UTC)
        for key, (first, redials, reconnects, unnamed) in sorted(sums.items()):
            yield PulseData(
                key=key,
                partition=self._partition,
                second=at,
                first_attempts=first,
                redials=redials,
                reconnects=reconnects,
                withheld=unnamed,
                revision=revision,
                incidents=dict(sorted(incidents[key].items())) if key in incidents else {},
            )
