"""Is the `[overflow]` table of a centre file right, with its table of rules?"""

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.centre_table import NAME, Table
from streams.domain.centre import Measure, Occasion, OverflowPolicy, OverflowRule
from streams.events.contacts import Channel

OCCASIONS: Final[tuple[str, ...]] = get_args(Occasion)
MEASURES: Final[tuple[str, ...]] = get_args(Measure)
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)
# Only on these does the phone system still hold the call and ask what to say.
MAY_DEFLECT: Final = ("queue_full", "closed_hours")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Known:
    """What else the file says: rules may name only queues, languages and skills that exist."""

    queues: Collection[str]
    languages: Collection[str]
    skills: Collection[str]


def overflow_policy(table: Table, known: Known) -> OverflowPolicy:
    """The policy; whatever is wrong is added to the table's problems."""
    default = OverflowPolicy()
    policy = OverflowPolicy(
        wait_limit=table.duration("wait_limit", default.wait_limit),
        promise=table.duration("promise", default.promise),
        expiry=table.duration("expiry", default.expiry),
        attempts=int(table.number("attempts", default.attempts, low=1, high=20, whole=True)),
        retry_after=table.duration("retry_after", default.retry_after),
        lease=table.duration("lease", default.lease),
        max_wait_without_end=table.duration("max_wait_without_end", default.max_wait_without_end),
        blocked_numbers=table.texts("blocked_numbers", default.blocked_numbers),
        life_at_risk_topics=_topics(table, "life_at_risk_topics"),
        rules=tuple(_rule(each, known) for each in table.tables("rules")),
        zones=_zones(table),
    )
    if policy.promise > policy.expiry:
        table.wrong("promise", "is later than expiry", "a promise must end before it expires")
    if policy.expiry > timedelta(hours=24):
        table.wrong("expiry", "is over 24h", "callers are remembered for 24 hours; use at most 24h")
    if not any(problem.where.startswith(f"{table.where}.rules") for problem in table.problems):
        _reachable(table, policy.rules)
    table.finish()
    return policy


def _rule(table: Table, known: Known) -> OverflowRule:
    when = _word(table, "when", OCCASIONS, "abandoned")
    then = _word(table, "then", MEASURES, "callback") if table.has("then") else "callback"
    after = table.duration("after", timedelta(0)) if table.has("after") else None
    rule = OverflowRule(
        when=when,  # type: ignore[arg-type]
        then=then,  # type: ignore[arg-type]
        queues=_among(table, "queues", known.queues),
        topics=_topics(table, "topics"),
        channels=_among(table, "channels", CHANNELS),
        languages=_among(table, "languages", known.languages),
        countries=_countries(table),
        prompt=table.text("prompt", "", example='"call_later"') if table.has("prompt") else "",
        after=after,
        skills=_among(table, "skills", known.skills),
    )
    table.asked |= {"after", "prompt", "then"}
    _fits_together(table, rule)
    table.finish()
    return rule


def _fits_together(table: Table, rule: OverflowRule) -> None:
    if rule.then == "deflect" and rule.when not in MAY_DEFLECT:
        right = f'only {" and ".join(MAY_DEFLECT)} can be; use "callback" or "nothing"'
        table.wrong("then", f"deflects when {rule.when}", right)
    if rule.then == "deflect" and not NAME.match(rule.prompt):
        table.wrong("prompt", "names no prompt", 'say what to play, such as prompt = "call_later"')
    if rule.prompt and rule.then != "deflect":
        table.wrong("prompt", "is never played", 'leave it out, or use then = "deflect"')
    if rule.after is not None and rule.when != "waited_past":
        table.wrong("after", f"says nothing when {rule.when}", 'it belongs to when = "waited_past"')
    if rule.after == timedelta(0):
        table.wrong("after", "is zero", 'must be longer than nothing, such as "3m"')
    if rule.skills and rule.then != "callback":
        table.wrong("skills", "are for a callback that is not made", "leave them out")


def _reachable(table: Table, rules: Sequence[OverflowRule]) -> None:
    """A rule behind one that fits everyone never decides: its writer meant another order."""
    settled: dict[str, int] = {}
    for number, rule in enumerate(rules, start=1):
        if rule.when in settled:
            what = f"never decides: rule {settled[rule.when]} fits every {rule.when}"
            table.wrong(f"rules[{number}]", what, "put rules with conditions first")
        conditions = (rule.queues, rule.topics, rule.channels, rule.languages, rule.countries)
        if not any(conditions):
            settled.setdefault(rule.when, number)


def _word(table: Table, name: str, words: Sequence[str], example: str) -> str:
    value = table.text(name, example=f'"{example}"')
    if value and value not in words:
        table.wrong(name, f"is {value!r}", _nearest(value, words))
    return value if value in words else example


def _among(table: Table, name: str, known: Collection[str]) -> tuple[str, ...]:
    values = table.texts(name)
    for value in values:
        if value not in known:
            table.wrong(
                name, f"names {value!r}, which there is not", _nearest(value, sorted(known))
            )
    return values


def _nearest(value: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, words, n=1)
    return f"did you mean {near[0]!r}?" if near else f"must be one of {', '.join(words)}"


def _topics(table: Table, name: str) -> tuple[str, ...]:
    topics = table.texts(name)
    for topic in topics:
        if not NAME.match(topic):
            right = 'a topic is letters, digits, ".", "_" or "-", such as "disaster"'
            table.wrong(name, f"names {topic!r}", right)
    return topics


def _countries(table: Table) -> tuple[str, ...]:
    countries = table.texts("countries")
    for country in countries:
        if not _COUNTRY.fullmatch(country):
            table.wrong("countries", f"names {country!r}", 'two capital letters, such as "JP"')
    return countries


def _zones(table: Table) -> tuple[tuple[str, str], ...]:
    zones = table.table("zones")
    found = []
    for country in zones.values:
        name = zones.text(country, example='"Europe/Istanbul"')
        if not _COUNTRY.fullmatch(country):
            zones.wrong(country, "is no country", 'two capital letters, such as "TR"')
        try:
            ZoneInfo(name or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            right = 'must be a time zone of the IANA list, such as "Europe/Istanbul"'
            zones.wrong(country, f"is {name!r}", right)
        else:
            found.append((country, name))
    return tuple(found)
