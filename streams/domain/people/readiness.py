"""Could this person be reached tonight, by every way they could be paged?

Computed for everyone, however many there are, by the same rules that paging uses: a check that
stops at a hundred people, or looks at one way only, reports a comfortable lie.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from streams.domain.people.person import age_of_success, can_be_paged_by, usable_plan
from streams.events.people import ContactMethod, MethodKind, Person

Light = Literal["green", "amber", "red"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessPolicy:
    """Proof older than `proof_fresh` is doubted: people change their numbers and tell nobody."""

    proof_fresh: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to page them; `reasons` are why it is not green."""

    method: str
    kind: MethodKind
    light: Light
    reasons: tuple[str, ...] = ()
    proved: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One person."""

    person: str
    pool: str
    tier: int
    light: Light
    reasons: tuple[str, ...]
    paths: tuple[Path, ...]


def readiness(
    person: Person,
    now: datetime,
    carried: Collection[MethodKind],
    policy: ReadinessPolicy | None = None,
) -> Readiness:
    """`carried` are the kinds that some provider carries."""
    paths = tuple(
        _path(method, now, carried, policy or ReadinessPolicy()) for method in person.methods
    )
    reasons = tuple(_reasons(person, paths, carried))
    dead = {"no_way", "nothing_planned"} & set(reasons)
    return Readiness(
        person=person.id,
        pool=person.pool,
        tier=person.tier,
        light="red" if dead else "amber" if reasons else "green",
        reasons=reasons,
        paths=paths,
    )


def lights(all_of_them: Iterable[Readiness]) -> Mapping[tuple[str, int], Counter[Light]]:
    """How many are green, amber and red, by pool and tier."""
    counted: dict[tuple[str, int], Counter[Light]] = {}
    for one in all_of_them:
        counted.setdefault((one.pool, one.tier), Counter())[one.light] += 1
    return counted


def _path(
    method: ContactMethod, now: datetime, carried: Collection[MethodKind], policy: ReadinessPolicy
) -> Path:
    reasons = []
    age = age_of_success(method, now)
    if method.kind not in carried:
        reasons.append("no_provider")
    if method.opted_out:
        reasons.append("opted_out")
    if method.verified_at is None:
        reasons.append("unverified")
    elif age is not None and age > policy.proof_fresh:
        reasons.append("proof_old")
    usable = can_be_paged_by(method) and method.kind in carried
    return Path(
        method=method.id,
        kind=method.kind,
        light="red" if not usable else "amber" if reasons else "green",
        reasons=tuple(reasons),
        proved=now - age if age is not None else None,
    )


def _reasons(
    person: Person, paths: Collection[Path], carried: Collection[MethodKind]
) -> Iterator[str]:
    usable = [path for path in paths if path.light != "red"]
    planned = {step.method for step in usable_plan(person)} & {path.method for path in usable}
    if not usable:
        yield "no_way"
        return
    if not planned:
        yield "nothing_planned"
    if len({path.kind for path in usable}) == 1:
        yield "one_way_only"
    if "voice" in carried and all(path.kind != "voice" for path in usable):
        # A message wakes 16 of 100 people at night, a call 41.
        yield "no_call"
    if all(path.light == "amber" for path in usable):
        yield "proof_old"
    if any("opted_out" in path.reasons for path in paths):
        yield "opted_out"
    if any("unverified" in path.reasons for path in paths):
        yield "unverified"
    if person.standing == "no":
        yield "standing_no"
