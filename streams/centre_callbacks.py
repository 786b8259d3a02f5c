"""Is the `[callbacks]` table of a centre file right?"""

import re
from datetime import time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.centre_table import Table
from streams.domain.centre import CallbackPolicy

NEVER: Final = "never"
URGENCIES: Final = ("life_at_risk", "high", "normal", "low")
_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_NUMBER: Final = re.compile(r"\+?\d{2,15}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def callbacks_policy(table: Table, zone: ZoneInfo, promise: timedelta) -> CallbackPolicy:
    """The policy; whatever is wrong is added to the table's problems."""
    default = CallbackPolicy()
    policy = CallbackPolicy(
        reserve=table.number("reserve", default.reserve, low=0, high=0.9),
        reserve_falls_every=_whole(table, "reserve_falls_every", default.reserve_falls_every, 1e6),
        quiet_hours=_quiet_hours(table),
        quiet_after=table.duration("quiet_after", default.quiet_after),
        quiet_override=table.texts("quiet_override", default.quiet_override),
        timezone=zone,
        text_after=_whole(table, "text_after", default.text_after, 20),
        customer_first_at_once=_whole(
            table, "customer_first_at_once", default.customer_first_at_once, 1000
        ),
        own_numbers=table.texts("own_numbers"),
        countries_allowed=table.texts("countries_allowed"),
        countries_denied=table.texts("countries_denied"),
        near_deadline=table.duration("near_deadline", default.near_deadline),
    )
    if policy.near_deadline >= promise:
        right = f"must be shorter than overflow.promise, {promise}: else every promise is near"
        table.wrong("near_deadline", f"is {policy.near_deadline}", right)
    _check_lists(table, policy)
    table.finish()
    return policy


def _whole(table: Table, name: str, default: int, high: float) -> int:
    return int(table.number(name, default, low=0, high=high, whole=True))


def _quiet_hours(table: Table) -> tuple[time, time] | None:
    text = table.text("quiet_hours", NEVER, example='"22:00-08:00"')
    if text == NEVER:
        return None
    found = _QUIET.fullmatch(text)
    if found is None or found.group(1, 2) == found.group(3, 4):
        right = 'must be two different times of day, such as "22:00-08:00", or "never"'
        table.wrong("quiet_hours", f"is {text!r}", right)
        return None
    hour, minute, end_hour, end_minute = map(int, found.groups())
    return time(hour, minute), time(end_hour, end_minute)


def _check_lists(table: Table, policy: CallbackPolicy) -> None:
    for urgency in policy.quiet_override:
        if urgency not in URGENCIES:
            table.wrong("quiet_override", f"names {urgency!r}", f"urgencies are {list(URGENCIES)}")
    for number in policy.own_numbers:
        if not _NUMBER.fullmatch(number):
            # What stands there may be somebody's number: it is not repeated.
            right = 'a number is digits, with or without +, such as "+8223210404"'
            table.wrong("own_numbers", "has an entry that is no number", right)
    for name in ("countries_allowed", "countries_denied"):
        for country in getattr(policy, name):
            if not _COUNTRY.fullmatch(country):
                right = 'a country is two capital letters, such as "KR"'
                table.wrong(name, f"names {country!r}", right)
    both = sorted({*policy.countries_allowed} & {*policy.countries_denied})
    if both:
        table.wrong("countries_denied", f"denies {both}, allowed above", "say one of the two")
