"""What did a partition count of a key in one second, and what do several of them make together?"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Counts(NamedTuple):
    """First attempts, redials, reconnects and withheld numbers of one partition in one second.

    `incidents` are those of the first attempts that report a known place and topic, by token.
    """

    first_attempts: int
    redials: int = 0
    reconnects: int = 0
    withheld: int = 0
    revision: int = 0
    incidents: tuple[tuple[str, int], ...] = ()

    def later_than(self, other: "Counts") -> bool:
        """The writer's revision decides; without one, counts grow, or become redials."""
        return _rank(self) > _rank(other)


def together(cell: Mapping[int, Counts]) -> Counts:
    """All partitions of a second."""
    if len(cell) == 1:
        return next(iter(cell.values()))
    first = redials = reconnects = withheld = revision = 0
    reported = False
    for counts in cell.values():
        first += counts[0]
        redials += counts[1]
        reconnects += counts[2]
        withheld += counts[3]
        revision += counts[4]
        reported = reported or bool(counts[5])
    found = _incidents(cell.values()) if reported else ()
    return Counts(first, redials, reconnects, withheld, revision, found)


def _incidents(cell: Iterable[Counts]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for counts in cell:
        for token, reports in counts.incidents:
            found[token] = found.get(token, 0) + reports
    return tuple(sorted(found.items()))


def _rank(counts: Counts) -> tuple[int, int, int, int, int]:
    known = counts.first_attempts + counts.redials + counts.reconnects
    return counts.revision, known, -counts.first_attempts, counts.reconnects, -counts.withheld
