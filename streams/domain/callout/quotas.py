"""How are a surge's seats shared between skills and languages, and how does the share grow?

The staffing alert says how many seats each lane needs: a language or a skill is asked of who sits
there, a queue is not. Shared in proportion, so that the seats add up. Once people are asked, no
quota shrinks and none goes away: what is added goes where most is missing.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from streams.domain.centre import Pool
from streams.domain.staffing.pools import LANGUAGE, SKILL, serves, split
from streams.events.callouts import Quota

Kind = tuple[str | None, str | None]

ANYBODY: Final[Kind] = (None, None)


def shared(seats: int, lanes: Mapping[str, float], pool: Pool | None) -> tuple[Quota, ...]:
    """So many seats by the weights of the lanes.

    What the pool does not serve, anybody may take: a seat that nobody fits would stay empty.
    """
    weights: dict[Kind, float] = {}
    for lane, weight in lanes.items():
        kind = _kind(lane) if pool is None or serves(pool, lane) else ANYBODY
        weights[kind] = weights.get(kind, 0.0) + weight
    names = {f"{skill}/{language}": (skill, language) for skill, language in weights}
    parts = split(seats, {name: weights[kind] for name, kind in names.items()})
    given = {names[name]: part for name, part in parts.items() if part > 0}
    return tuple(_quota(kind, part) for kind, part in given.items()) or (Quota(seats=seats),)


def grown(before: Sequence[Quota], wanted: Sequence[Quota]) -> tuple[Quota, ...]:
    """As many seats as are wanted, none of those before taken away, new kinds at the end."""
    have = {(quota.skill, quota.language): quota.seats for quota in before}
    want = {(quota.skill, quota.language): quota.seats for quota in wanted}
    kinds = [*have, *(kind for kind in want if kind not in have)]
    for _ in range(sum(want.values()) - sum(have.values())):
        shortest = max(kinds, key=lambda kind: want.get(kind, 0) - have.get(kind, 0))
        have[shortest] = have.get(shortest, 0) + 1
    return tuple(_quota(kind, have[kind]) for kind in kinds if have.get(kind))


def _kind(lane: str) -> Kind:
    if lane.startswith(LANGUAGE):
        return None, lane.removeprefix(LANGUAGE)
    if lane.startswith(SKILL):
        return lane.removeprefix(SKILL), None
    return ANYBODY


def _quota(kind: Kind, seats: int) -> Quota:
    return Quota(seats=seats, skill=kind[0], language=kind[1])
