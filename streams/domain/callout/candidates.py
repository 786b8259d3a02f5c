"""Who may be asked for these seats, in which order, and why not the others?

The same answer serves the preview and the call-out. Order: tier, then who said they are at hand,
then who worked least in the last seven days, then who was asked longest ago.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.domain.callout.forecast import PRIORS
from streams.domain.callout.seating import fitting
from streams.domain.people.eligible import Rules, Verdict, Window, eligibility
from streams.domain.people.person import usable_plan
from streams.domain.people.roster import Roster
from streams.events.callouts import MethodKind, Need
from streams.events.people import Person

_AT_HAND: Final = {"now": 0, "30min": 1, "2h": 2, "no": 3}
_LOAD_OVER: Final = timedelta(days=7)
_LONG_AGO: Final = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a person's plan."""

    method: str
    kind: MethodKind
    after_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be asked. `channel` is the way they answer best."""

    person: str
    tier: int
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    steps: tuple[Step, ...]
    channel: MethodKind
    local_hour: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """Somebody who may not be asked: why, and until when that holds."""

    person: str
    tier: int
    reason: str
    until: datetime | None = None


def sort_out(
    people: Iterable[Person],
    roster: Roster,
    need: Need,
    now: datetime,
    rules: Rules,
    busy: Mapping[str, str],
    last_asked: Mapping[str, datetime],
) -> tuple[list[Candidate], list[NotNow]]:
    """Everyone of the need's pool, on one side or the other.

    `busy` names people with an offer elsewhere, and why that keeps them; `last_asked` is when
    somebody was last asked for anything.
    """
    ready: list[tuple[tuple[object, ...], Candidate]] = []
    others: list[NotNow] = []
    for person in people:
        if person.pool != need.pool:
            continue
        verdict = may_be_asked(person, roster, need, now, rules)
        if person.id in busy:
            verdict = Verdict(ok=False, reason=busy[person.id])
        if not verdict.ok:
            others.append(
                NotNow(
                    person=person.id,
                    tier=person.tier,
                    reason=verdict.reason,
                    until=verdict.until,
                )
            )
            continue
        asked = last_asked.get(person.id)
        place = (
            person.tier,
            _AT_HAND[person.standing],
            round(roster.hours(person.id, now - _LOAD_OVER, now), 1),
            asked.timestamp() if asked is not None else _LONG_AGO,
            person.id,
        )
        ready.append((place, _candidate(person, need, now, verdict)))
    ready.sort(key=lambda one: one[0])
    others.sort(key=lambda one: (one.tier, one.reason, one.person))
    return [candidate for _, candidate in ready], others


def may_be_asked(
    person: Person, roster: Roster, need: Need, now: datetime, rules: Rules
) -> Verdict:
    """For any seat of the need; the hours are checked once, skills against every quota."""
    window = Window(starts_at=need.start, ends_at=need.end)
    verdict = eligibility(person, roster, window, now, rules)
    if verdict.ok and not fitting(need, person.skills, person.languages):
        return Verdict(ok=False, reason="skill")
    return verdict


def steps_of(person: Person, need: Need) -> tuple[Step, ...]:
    """Their plan; for the top severity every verified method in the first minute."""
    kinds: dict[str, MethodKind] = {method.id: method.kind for method in person.methods}
    plan = usable_plan(person, at_once=need.severity == "critical")
    return tuple(
        Step(method=step.method, kind=kinds[step.method], after_seconds=step.after_seconds)
        for step in plan
    )


def _candidate(person: Person, need: Need, now: datetime, verdict: Verdict) -> Candidate:
    steps = steps_of(person, need)
    best = max(steps, key=lambda step: PRIORS[step.kind].yes_share)
    return Candidate(
        person=person.id,
        tier=person.tier,
        skills=person.skills,
        languages=person.languages,
        steps=steps,
        channel=best.kind,
        local_hour=now.astimezone(ZoneInfo(person.timezone)).hour,
        warnings=verdict.warnings,
    )
