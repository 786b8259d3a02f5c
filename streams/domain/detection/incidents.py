"""How much does it weigh when one incident is reported again and again?

A crash under a window is one incident that forty people report: all of them are to be answered,
but they say little about whether a crisis goes on. The first report of an incident (the same place
token and topic) weighs 1, and each further one `weight`, while no more than `window` lies between
two of them. With a weight of 1, the default, every report is demand like any other.

The memory is part of a key's state and is folded with it in the order of seconds, so that the order
in which reports reach us changes nothing. It holds the incidents of the last window only, and at
most `MOST`: beyond that the one that was quiet longest is forgotten, and weighs whole again.
"""

from dataclasses import dataclass
from typing import Final

MOST: Final = 64
# (token, second of the latest report), in the order of tokens.
Memory = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRule:
    """`window` is in seconds."""

    weight: float = 1.0
    window: int = 600

    @property
    def is_on(self) -> bool:
        """Whether it weighs anything down."""
        return self.weight < 1


def weighed(
    memory: Memory, second: int, reports: tuple[tuple[str, int], ...], rule: IncidentRule
) -> tuple[Memory, float]:
    """The memory after a second's reports, and by how much they weigh less than their number."""
    known = {token: last for token, last in memory if last >= second - rule.window}
    less = 0.0
    for token, count in reports:
        again = count if token in known else count - 1
        less += again * (1 - rule.weight)
        known[token] = second
    if len(known) > MOST:
        oldest = sorted(known, key=lambda token: (known[token], token))
        for token in oldest[: len(known) - MOST]:
            del known[token]
    return tuple(sorted(known.items())), less
