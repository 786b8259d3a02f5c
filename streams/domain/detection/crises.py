"""Which surges are on, and which are over but still account for what they left behind?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from streams.domain.detection.feed import SOURCE
from streams.domain.detection.occasions import Span
from streams.events.codec import derived_id
from streams.events.surges import SurgeCleared, SurgeData, SurgeDeclared, SurgeRevised

SurgeFact = SurgeDeclared | SurgeRevised | SurgeCleared
# How long a surge that is over still accounts for evidence that it left behind.
REMEMBERED = timedelta(hours=24)


@dataclass(slots=True, kw_only=True, eq=False)
class Crisis:
    """One episode as last said. `keys` are the raised keys that it accounts for; `cleared_at` is
    when it was said to be over; `named` is true once its key was looked at on settled counts.
    """

    data: SurgeData
    keys: set[str]
    cleared_at: datetime | None = None
    named: bool = False

    @property
    def over_at(self) -> datetime:
        """When it was over; one that is on ends after everything."""
        return self.data.cleared_at or datetime.max.replace(tzinfo=UTC)

    @property
    def begun_at(self) -> datetime:
        """Since when it was on; one that a person declared since they said so."""
        return self.data.declared_at if self.by_a_person else self.data.started_at

    def begun_by(self, moment: datetime) -> bool:
        """Whether somebody could mean it then."""
        return self.begun_at <= moment

    def span(self) -> Span:
        """From when to when it was on, in seconds."""
        over = int(self.over_at.timestamp()) if self.data.cleared_at else None
        return int(self.begun_at.timestamp()), over

    @property
    def by_a_person(self) -> bool:
        """True when somebody declared it, whatever the numbers say."""
        return self.data.declared_by is not None


@dataclass(slots=True)
class Crises:
    """All episodes of one watch."""

    open: list[Crisis] = field(default_factory=list)
    past: list[Crisis] = field(default_factory=list)

    def restore(self, facts: Iterable[SurgeFact]) -> None:
        """What was said so far, in the order of the log."""
        episodes: dict[str, Crisis] = {}
        for fact in facts:
            data = fact.data
            cleared_at = fact.time if isinstance(fact, SurgeCleared) else None
            known = episodes.get(data.episode)
            keys = {data.key, *data.also} | (known.keys if known else set())
            episodes[data.episode] = Crisis(data=data, keys=keys, cleared_at=cleared_at)
        self.open = [crisis for crisis in episodes.values() if crisis.cleared_at is None]
        self.past = [crisis for crisis in episodes.values() if crisis.cleared_at is not None]

    def forget(self, now: datetime) -> None:
        """What is long over accounts for nothing any more."""
        self.past = [past for past in self.past if now - past.over_at < REMEMBERED]

    def end(self, crisis: Crisis, said_at: datetime) -> None:
        """It is over."""
        crisis.cleared_at = said_at
        if crisis in self.open:
            self.open.remove(crisis)
            self.past.append(crisis)

    def resume(self, crisis: Crisis) -> None:
        """It is not over after all."""
        crisis.cleared_at = None
        if crisis in self.past:
            self.past.remove(crisis)
            self.open.append(crisis)

    def at(self, episode: str, key: str, moment: datetime) -> Crisis | None:
        """The episode that somebody meant at a moment.

        By its id; or, where the episode was declared under another one (what they saw may have
        reached us in another order), by a key of a surge that was on then.
        """
        known = [*self.open, *self.past]
        on = [c for c in known if c.cleared_at is None or c.cleared_at > moment]
        for crisis in on:
            if crisis.data.episode == episode:
                return crisis
        if self.knows(episode):
            return None
        return next((c for c in on if key in c.keys and c.begun_by(moment)), None)

    def knows(self, episode: str) -> bool:
        """Whether there was such an episode."""
        return any(crisis.data.episode == episode for crisis in (*self.open, *self.past))

    def by_people(self) -> Iterator[Span]:
        """When surges that a person declared were on, in seconds."""
        return (crisis.span() for crisis in (*self.open, *self.past) if crisis.by_a_person)

    def of_key(self, key: str) -> Iterator[Span]:
        """When surges that a key belongs to were on."""
        return (crisis.span() for crisis in (*self.open, *self.past) if key in crisis.keys)


def declared(data: SurgeData, now: datetime) -> SurgeDeclared:
    """Its first word."""
    id_ = derived_id(data.episode, "declared", 0)
    return SurgeDeclared(id=id_, source=SOURCE, subject=data.key, time=now, data=data)


def revised(data: SurgeData, now: datetime) -> SurgeRevised:
    """A later word on one that is on."""
    id_ = derived_id(data.episode, "revised", data.revision)
    return SurgeRevised(id=id_, source=SOURCE, subject=data.key, time=now, data=data)


def cleared(data: SurgeData, now: datetime) -> SurgeCleared:
    """Its last word."""
    id_ = derived_id(data.episode, "cleared", data.revision)
    return SurgeCleared(id=id_, source=SOURCE, subject=data.key, time=now, data=data)
