"""What do the people's routes need, in one place?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.auth import Identity
from services.callout.answering.door import Actor, Audit
from services.callout.people.people import People
from services.callout.people.verification import Verification
from streams.domain.people.readiness import Readiness, readiness
from streams.events.people import MethodKind

_NOBODY = Actor("unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleDesk:
    """`carried` are the kinds of message that some provider carries."""

    people: People
    verification: Verification
    audit: Audit
    carried: frozenset[MethodKind]
    public_url: str
    now: Callable[[], datetime]

    def readiness(self) -> list[Readiness]:
        """Everyone in service, uncapped, in order of pool, tier and id."""
        now = self.now()
        ready = [readiness(person, now, self.carried) for person in self.people.everyone()]
        return sorted(ready, key=lambda one: (one.pool, one.tier, one.person))

    def done(self, who: Identity, action: str, thing: str) -> None:
        """An audit line of what was done."""
        self.audit.note(self.audit.line(_actor(who), action, thing))

    def refused(self, who: Identity | None, action: str, thing: str, reason: str) -> None:
        """An audit line of what was not."""
        line = self.audit.line(_actor(who), action, thing, reason, result="refused")
        self.audit.note(line)


def _actor(who: Identity | None) -> Actor:
    return _NOBODY if who is None else Actor(who.name, who.roles)


def kinds_carried(kinds: Iterable[Iterable[MethodKind]]) -> frozenset[MethodKind]:
    """Every kind that some provider carries."""
    return frozenset(kind for of_one in kinds for kind in of_one)
