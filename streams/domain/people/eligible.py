"""May this person be asked for these hours now, and if not, why, and until when?

Asked three times: before paging, when they accept, and when they sign in. The same function each
time, so that a preview can never differ from what happens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.domain.people.person import can_be_paged_by
from streams.domain.people.quiet import quiet_until
from streams.domain.people.rest import PROFILES, RestProfile, Strength, broken_rules, most_hours
from streams.domain.people.roster import Roster, Stretch, merged
from streams.events.people import Person

MONTH: Final = timedelta(days=30)
# What may be lifted. Nobody's leave, opt-out or missing proof of a number is anyone else's to lift.
LIFTABLE: Final = frozenset(
    {
        "quiet_hours",
        "standing_no",
        "contract_hours",
        "daily_rest",
        "weekly_rest",
        "rolling_hours",
        "average_hours",
        "consecutive_days",
        "night_hours",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The hours of a seat, and what it asks: every skill, and one of the languages, if any."""

    starts_at: datetime
    ends_at: datetime
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the centre insists on.

    `lifted` are rules whose block somebody with the right to do so has turned into a warning; who
    and why is on the record of the call-out. A roster that wants people sooner than
    `response_warning` may have made their standby working time (Matzak, C-518/15): it warns.
    A standing state older than `standing_fresh` is doubted: people forget to take it back.
    """

    profiles: Mapping[str, RestProfile] = field(default_factory=lambda: PROFILES)
    quiet: Strength = "block"
    contract_hours: Strength = "block"
    lifted: frozenset[str] = frozenset()
    response_warning: timedelta = timedelta(minutes=30)
    standing_fresh: timedelta = timedelta(hours=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` is "" when they may be asked; `until` is when that reason ends, if it is known."""

    ok: bool
    reason: str = ""
    until: datetime | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Finding:
    reason: str
    until: datetime | None = None
    strength: Strength = "block"


def eligibility(
    person: Person, roster: Roster, window: Window, now: datetime, rules: Rules
) -> Verdict:
    """The first reason against asking decides; every warning is told."""
    warnings: list[str] = []
    for finding in _findings(person, roster, window, now, rules):
        if finding.strength == "off":
            continue
        if finding.strength == "warn" or finding.reason in rules.lifted & LIFTABLE:
            warnings.append(finding.reason)
            continue
        return Verdict(
            ok=False, reason=finding.reason, until=finding.until, warnings=tuple(warnings)
        )
    return Verdict(ok=True, warnings=tuple(warnings))


def _findings(
    person: Person, roster: Roster, window: Window, now: datetime, rules: Rules
) -> Iterator[_Finding]:
    yield from _of_the_person(person, window)
    yield from _of_their_methods(person)
    yield from _of_their_wishes(person, window, now, rules)
    yield from _of_their_hours(person, roster, window, rules)


def _of_the_person(person: Person, window: Window) -> Iterator[_Finding]:
    if not person.active:
        yield _Finding("inactive")
    if not set(window.skills) <= set(person.skills):
        yield _Finding("skill")
    if window.languages and not set(window.languages) & set(person.languages):
        yield _Finding("language")


def _of_their_methods(person: Person) -> Iterator[_Finding]:
    if any(can_be_paged_by(method) for method in person.methods):
        return
    if not person.methods:
        yield _Finding("no_method")
    elif any(method.opted_out for method in person.methods):
        yield _Finding("opted_out")
    else:
        yield _Finding("unverified")


def _of_their_wishes(
    person: Person, window: Window, now: datetime, rules: Rules
) -> Iterator[_Finding]:
    if person.standing == "no":
        yield _Finding("standing_no")
    elif person.standing_since and now - person.standing_since > rules.standing_fresh:
        yield _Finding("standing_old", strength="warn")
    for leave in person.leave:
        away_then = leave.starts_at < window.ends_at and window.starts_at < leave.ends_at
        # Nobody on leave is woken to be asked about later hours, either.
        if away_then or leave.starts_at <= now < leave.ends_at:
            yield _Finding("leave", leave.ends_at)
    quiet = quiet_until(person.quiet, now, ZoneInfo(person.timezone))
    if quiet is not None:
        yield _Finding("quiet_hours", quiet, rules.quiet)
    if 0 < person.response_minutes < rules.response_warning / timedelta(minutes=1):
        yield _Finding("response_time", strength="warn")


def _of_their_hours(
    person: Person, roster: Roster, window: Window, rules: Rules
) -> Iterator[_Finding]:
    busy = roster.working(person.id, window.starts_at, window.ends_at)
    if busy is not None:
        yield _Finding("working", busy.ends_at)
    asked = Stretch(window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC))
    worked = roster.stretches_of(person.id)
    if _over_contract(person, asked, worked):
        yield _Finding("contract_hours", strength=rules.contract_hours)
    zone = ZoneInfo(person.timezone)
    profile = rules.profiles[person.profile]
    for broken in broken_rules(worked, asked, profile, zone):
        yield _Finding(broken.rule, broken.until, broken.strength)


def _over_contract(person: Person, asked: Stretch, worked: tuple[Stretch, ...]) -> bool:
    limits = ((person.weekly_hours, timedelta(days=7)), (person.monthly_hours, MONTH))
    if not any(limit for limit, _ in limits):
        return False
    near = [s for s in worked if s.ends_at > asked.starts_at - MONTH]
    work = merged([*near, asked])
    return any(limit and most_hours(work, asked, period) > limit for limit, period in limits)
