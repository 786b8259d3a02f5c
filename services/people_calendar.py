"""How do shifts come from calendars, and go into them? (RFC 5545)

In: one file or feed of one person, expanded between two moments, recurrences, exceptions and moved
occurrences included. An event keeps its identity (UID and which occurrence), so that reading the
same calendar again changes nothing, and what is gone from it is cancelled. A calendar may be a day
old: Google's are; so everything read carries when it was read, and no running crisis waits for one.

Out: one file per person, each shift under a stable UID, with an alarm.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Alarm, Calendar, Event

from streams.errors import SurgelineError
from streams.events.codec import derived_id
from streams.events.people import Shift, ShiftKind

LARGEST_BYTES: Final = 2 * 1024 * 1024
MOST_EVENTS: Final = 5_000
ALARM: Final = timedelta(hours=-1)


class WrongCalendarError(SurgelineError):
    """A file that is no calendar, or too much of one."""


@dataclass(frozen=True, slots=True)
class Between:
    """The time for which a calendar is read."""

    start: datetime
    end: datetime


def read_calendar(
    raw: bytes,
    person: str,
    between: Between,
    *,
    source: str,
    kind: ShiftKind,
    zone: ZoneInfo,
    now: datetime,
) -> list[Shift]:
    """The shifts of a calendar. Free time (TRANSP) and cancelled events are left out."""
    if len(raw) > LARGEST_BYTES:
        raise WrongCalendarError(f"a calendar is at most {LARGEST_BYTES} bytes")
    try:
        calendar = Calendar.from_ical(raw)
        _refuse_restless(calendar)
        # Both ends with some room: an event that began before still lasts.
        events = recurring_ical_events.of(calendar).between(between.start, between.end)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise WrongCalendarError(f"cannot be read as a calendar: {type(error).__name__}") from None
    if len(events) > MOST_EVENTS:
        raise WrongCalendarError(f"has more than {MOST_EVENTS} events in that time")
    repeating = _repeating(calendar)
    found = []
    for event in filter(_counts, events):
        start, end = _instant(event.start, zone), _instant(event.end, zone)
        if end > start:
            found.append(
                Shift(
                    id=_identity(event, source, person, start, repeating, zone),
                    person=person,
                    starts_at=start,
                    ends_at=end,
                    kind=kind,
                    source=source,
                    seen_at=now,
                )
            )
    return sorted(found, key=lambda shift: shift.starts_at)


def changes(
    read: Iterable[Shift], known: Mapping[str, Shift], source: str, person: str, between: Between
) -> Iterator[Shift]:
    """What is new, moved, or gone from the calendar, in that time."""
    seen = set()
    for shift in read:
        seen.add(shift.id)
        before = known.get(shift.id)
        if before is None:
            yield shift
        elif _moved(before, shift):
            yield msgspec.structs.replace(shift, sequence=before.sequence + 1)
    for shift in known.values():
        if shift.source != source or shift.person != person or shift.id in seen or shift.cancelled:
            continue
        if between.start <= shift.starts_at < between.end:
            yield msgspec.structs.replace(shift, cancelled=True, sequence=shift.sequence + 1)


def age_of(shifts: Iterable[Shift], now: datetime) -> dict[str, timedelta]:
    """How old the news from each calendar is."""
    seen: dict[str, datetime] = {}
    for shift in shifts:
        if shift.seen_at is not None and shift.source:
            seen[shift.source] = max(seen.get(shift.source, shift.seen_at), shift.seen_at)
    return {source: now - moment for source, moment in seen.items()}


def write_calendar(shifts: Iterable[Shift], title: str, now: datetime) -> bytes:
    """A file of shifts. Nothing in it says who somebody is but its address, which is secret."""
    calendar = Calendar()
    calendar.add("prodid", "-//Surgeline//rota//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    for shift in shifts:
        calendar.add_component(_event(shift, title, now))
    return bytes(calendar.to_ical())


def _event(shift: Shift, title: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{shift.id}@surgeline.invalid")
    event.add("sequence", shift.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", shift.starts_at.astimezone(UTC))
    event.add("dtend", shift.ends_at.astimezone(UTC))
    event.add("summary", f"{title}: {shift.pool or shift.kind}")
    event.add("categories", [shift.kind])
    event.add("status", "CANCELLED" if shift.cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    if not shift.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", ALARM)
        event.add_component(alarm)
    return event


def _identity(
    event: Any,
    source: str,
    person: str,
    start: datetime,
    repeating: frozenset[str],
    zone: ZoneInfo,
) -> str:
    """Which event, and of a repeating one, which occurrence, wherever it was moved to."""
    uid = str(event.get("UID", ""))
    if uid not in repeating:
        return derived_id("calendar", source, person, uid)
    occurrence = event.get("RECURRENCE-ID")
    which = _instant(occurrence.dt, zone) if occurrence is not None else start
    return derived_id("calendar", source, person, uid, which.isoformat())


def _repeating(calendar: Any) -> frozenset[str]:
    # The library names an occurrence of every event, also of one that happens once.
    return frozenset(
        str(event.get("UID", ""))
        for event in calendar.walk("VEVENT")
        if any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    )


def _refuse_restless(calendar: Any) -> None:
    # Nobody works by the minute, and unfolding such a rule would take as long as it likes.
    for event in calendar.walk("VEVENT"):
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if {"SECONDLY", "MINUTELY"} & set(rule.get("FREQ", [])):
                raise WrongCalendarError("an event repeats more often than every hour")


def _moved(before: Shift, after: Shift) -> bool:
    return (before.starts_at, before.ends_at, before.kind, before.cancelled) != (
        after.starts_at,
        after.ends_at,
        after.kind,
        False,
    )


def _counts(event: Any) -> bool:
    free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
    return not free and str(event.get("STATUS", "CONFIRMED")).upper() != "CANCELLED"


def _instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """An instant. Whole days, and times without a zone, are those where the person lives."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)
