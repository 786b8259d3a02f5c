"""Is this centre file right, and if not, what is wrong, where, and what would be right?

`load_centre` gives the checked policies or one error that lists every problem at once.
"""

import difflib
import hashlib
import re
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from streams.centre_callbacks import callbacks_policy
from streams.centre_callout import callout_policy
from streams.centre_overflow import Known, overflow_policy
from streams.centre_people import people_policy
from streams.centre_table import Problem, Table
from streams.domain.centre import (
    MOST_LATENESS,
    AdmissionPolicy,
    AlertPolicy,
    Baseline,
    Centre,
    Mission,
    Pool,
    Queue,
    ServiceTarget,
)
from streams.errors import WrongSettingError

__all__ = ["Problem", "check_centre", "check_text", "load_centre"]

_HOURS: Final = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")
_SHARE_KEY: Final = re.compile(r"^(queue|country|topic|channel|language):[A-Za-z0-9._-]+$")
_HOURS_A_WEEK: Final = 168
_HOURS_A_YEAR: Final = 8766


def load_centre(path: Path) -> Centre:
    """Read and check a centre file; raises `WrongSettingError` that lists every problem."""
    centre, problems = check_centre(path)
    if centre is None or problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise WrongSettingError(f"{path} cannot be used:\n{lines}")
    return centre


def check_centre(path: Path) -> tuple[Centre | None, list[Problem]]:
    """Read a centre file; the centre is None when the file cannot be read as TOML at all."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, [Problem(str(path), "cannot be read", error.strerror or "check the path")]
    return check_text(raw, str(path))


def check_text(raw: bytes, where: str) -> tuple[Centre | None, list[Problem]]:
    """The same for a file's bytes; `where` names them in what is said about them."""
    try:
        values = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [Problem(where, f"is not TOML: {error}", "see https://toml.io")]
    problems: list[Problem] = []
    centre = _centre(Table("", values, problems), hashlib.sha256(raw).hexdigest()[:12])
    return centre, problems


def _centre(root: Table, version: str) -> Centre:
    head = root.table("centre")
    languages = head.texts("languages", None)
    missions = tuple(_mission(table) for table in root.tables("missions"))
    queues = tuple(
        _queue(table, {mission.name for mission in missions}) for table in root.tables("queues")
    )
    pools = tuple(
        _pool(table, {queue.name for queue in queues}, set(languages))
        for table in root.tables("pools")
    )
    overflow = overflow_policy(
        root.table("overflow"),
        Known(
            queues=[queue.name for queue in queues],
            languages=languages,
            skills=[skill for pool in pools for skill in pool.skills],
        ),
    )
    zone = head.zone("timezone")
    centre = Centre(
        name=head.name(),
        title_ko=head.text("title_ko", example='"영사콜센터"'),
        title_en=head.text("title_en", example='"Consular call centre"'),
        timezone=zone,
        region=_region(head),
        languages=languages,
        pools=pools,
        queues=queues,
        missions=missions,
        target=_target(root.table("target")),
        baselines=_baselines(root.table("baseline"), {queue.name for queue in queues}),
        alerts=_alerts(root.table("alerts")),
        overflow=overflow,
        callbacks=callbacks_policy(root.table("callbacks"), zone, overflow.promise),
        admission=_admission(root.table("admission")),
        people=people_policy(root.table("people")),
        callout=callout_policy(root.table("callout")),
        skills=_skills(root.table("skills"), pools),
        version=version,
    )
    for name, items in (("pools", pools), ("queues", queues)):
        if not items:
            root.wrong(name, "is missing", f"a centre has at least one; write it as [[{name}]]")
    for kind, names in (
        ("pools", [pool.name for pool in pools]),
        ("queues", [queue.name for queue in queues]),
        ("missions", [mission.name for mission in missions]),
    ):
        for repeated in sorted({name for name in names if names.count(name) > 1}):
            root.wrong(kind, f"has {repeated!r} twice", "give each a name of its own")
    head.finish()
    root.finish()
    return centre


def _region(head: Table) -> str:
    region = head.text("region", example='"KR"')
    if region and not re.fullmatch(r"[A-Z]{2}", region):
        head.wrong("region", f"is {region!r}", 'must be two capital letters, such as "KR"')
    return region


def _mission(table: Table) -> Mission:
    country = table.text("country", example='"JP"')
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        table.wrong("country", f"is {country!r}", 'must be two capital letters, such as "JP"')
    mission = Mission(
        name=table.name(),
        country=country,
        title_ko=table.text("title_ko", example='"일본"'),
        title_en=table.text("title_en", example='"Japan"'),
        timezone=table.zone("timezone"),
    )
    table.finish()
    return mission


def _queue(table: Table, missions: set[str]) -> Queue:
    hours = table.text("hours", "always")
    if hours != "always" and not _HOURS.match(hours):
        table.wrong("hours", f"is {hours!r}", 'must be "always" or such as "09:00-18:00"')
    taken = table.texts("answers_out_of_hours_of")
    _known(table, "answers_out_of_hours_of", taken, missions, "missions")
    queue = Queue(
        name=table.name(),
        title_ko=table.text("title_ko", example='"긴급 상담"'),
        title_en=table.text("title_en", example='"Emergency line"'),
        hours=hours,
        answers_out_of_hours_of=taken,
    )
    table.finish()
    return queue


def _pool(table: Table, queues: set[str], languages: set[str]) -> Pool:
    served = table.texts("queues", None)
    spoken = table.texts("languages", None)
    _known(table, "queues", served, queues, "queues")
    _known(table, "languages", spoken, languages, "languages")
    name = table.name()
    if name == "all":
        table.wrong("name", "is 'all'", "that word means all pools together; choose another")
    pool = Pool(
        name=name,
        seats=int(table.number("seats", None, low=1, high=100_000, whole=True)),
        languages=spoken,
        skills=table.texts("skills"),
        call_up=table.duration("call_up", timedelta(0)),
        queues=served,
    )
    table.finish()
    return pool


def _skills(table: Table, pools: Sequence[Pool]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Which topics need a skill."""
    had = sorted({skill for pool in pools for skill in pool.skills})
    found = []
    for skill in table.values:
        topics = table.texts(skill)
        if skill not in had:
            near = difflib.get_close_matches(skill, had, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"skills of the pools are {had}"
            table.wrong(skill, "is a skill that no pool has", hint)
        found.append((skill, topics))
    table.finish()
    return tuple(found)


def _known(table: Table, name: str, values: Sequence[str], known: set[str], what: str) -> None:
    for value in values:
        if value not in known:
            near = difflib.get_close_matches(value, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"{what} are {sorted(known)}"
            table.wrong(name, f"names {value!r}, which is not among the {what}", hint)


def _target(table: Table) -> ServiceTarget:
    default = ServiceTarget()
    target = ServiceTarget(
        share=table.number("share", default.share, low=0.01, high=0.999),
        within=table.duration("within", default.within),
        abandoned=table.number("abandoned", default.abandoned, low=0.001, high=0.5),
        short_abandon=table.duration("short_abandon", default.short_abandon),
        handle_time=table.duration("handle_time", default.handle_time),
        patience=table.duration("patience", default.patience),
    )
    for name in ("handle_time", "patience"):
        if not getattr(target, name):
            table.wrong(name, "is zero", 'must be longer than nothing, such as "4m30s"')
    table.finish()
    return target


def _baselines(table: Table, queues: set[str]) -> tuple[Baseline, ...]:
    per_year = table.number("contacts_per_year", None, low=1, high=1e10)
    day = table.numbers("day", 24, (1.0,) * 24)
    week = table.numbers("week", 7, (1.0,) * 7)
    weights = [by_day * by_hour for by_day in week for by_hour in day]
    scale = per_year / _HOURS_A_YEAR * _HOURS_A_WEEK / sum(weights)
    total = tuple(weight * scale for weight in weights)
    shares = table.table("shares")
    baselines = [Baseline(key="total", week=total)]
    for key in shares.values:
        share = shares.number(key, 0.0, low=1e-9, high=1.0)
        if not _SHARE_KEY.match(key):
            shares.wrong(
                key, "is not a key", 'must be such as "queue:main", "country:JP" or "topic:visa"'
            )
        kind, _, name = key.partition(":")
        if kind == "queue" and name not in queues:
            shares.wrong(key, "names no queue of this centre", f"queues are {sorted(queues)}")
        baselines.append(Baseline(key=key, week=tuple(rate * share for rate in total)))
    shares.finish()
    table.finish()
    return tuple(baselines)


def _alerts(table: Table) -> AlertPolicy:
    default = AlertPolicy()
    policy = AlertPolicy(
        alert_per_year=table.number("alert_per_year", 1.0, low=0.001, high=1000),
        watch_per_week=table.number("watch_per_week", 1.0, low=0.001, high=1000),
        distinct_callers=int(table.number("distinct_callers", 8, low=1, high=1000, whole=True)),
        lateness=table.duration("lateness", default.lateness),
        redial_window=table.duration("redial_window", default.redial_window),
        incident_weight=table.number("incident_weight", 1.0, low=0, high=1),
        incident_window=table.duration("incident_window", default.incident_window),
    )
    if policy.alert_per_year > policy.watch_per_week * 52:
        table.wrong(
            "alert_per_year", "allows more alerts than watches", "watch must be the looser tier"
        )
    if policy.lateness > MOST_LATENESS:
        table.wrong("lateness", "is longer than an hour", 'must be at most "1h": later is too late')
    table.finish()
    return policy


def _admission(table: Table) -> AdmissionPolicy:
    default = AdmissionPolicy()
    policy = AdmissionPolicy(
        hysteresis=table.number("hysteresis", default.hysteresis, low=0, high=0.9),
        most_pending=int(
            table.number("most_pending", default.most_pending, low=1, high=1e6, whole=True)
        ),
        most_drain=table.duration("most_drain", default.most_drain),
        most_waiting=int(
            table.number("most_waiting", default.most_waiting, low=0, high=1e6, whole=True)
        ),
    )
    if table.has("life_at_risk_topics"):
        table.asked.add("life_at_risk_topics")
        table.wrong("life_at_risk_topics", "stands in the wrong table", "write it under [overflow]")
    if not policy.most_drain:
        table.wrong("most_drain", "is zero", 'must be longer than nothing, such as "4h"')
    table.finish()
    return policy
