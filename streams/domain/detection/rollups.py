"""Which level of the centre does a rise belong to: one country, one topic, or everything?

Every contact counts towards several keys (its country, topic, language, queue, channel, and the
total), so one crisis raises many of them. The alert names the most specific key that explains the
excess; the others are part of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

# A key explains another's excess when it holds this share of it, or so much that the rest is
# chance: quiet leaves the statistic at about a third, and a hundred is what chance seldom gives.
EXPLAINS: Final = 0.75
NEARLY: Final = 0.5
CHANCE: Final = 100.0
# A rise is narrower than another only when it usually makes up no more than this share of it.
USUAL: Final = 0.5
# A key that makes up more than this share of everything says no more than the total does.
BROAD: Final = 2 / 3
# The statistic's value of so many calls in so much mass, taken by themselves.
Worth = Callable[[float, float], float]
_SPECIFIC_FIRST: Final = ("country", "topic", "language", "queue", "channel", "total")
_BROAD_FIRST: Final = ("queue", "total", "language", "channel", "topic", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A key's contacts above expectation since its own likeliest start; `share` of the total.

    `mass` was expected in that time; `evidence` is the detector's statistic.
    """

    key: str
    contacts: float
    share: float
    mass: float = 0.0
    evidence: float = 0.0

    @property
    def broad(self) -> bool:
        """True when the key is nearly everything."""
        return self.share > BROAD


def dimension(key: str) -> str:
    """What kind of level a key is: "country" of "country:JP"."""
    return key.partition(":")[0]


def most_specific(trigger: Excess, others: Iterable[Excess], worth: Worth) -> str:
    """The key that names the rise which `trigger` showed."""
    able = [
        other
        for other in others
        if other.evidence >= CHANCE and _holds(other.contacts, trigger, worth, CHANCE)
    ]
    able.append(trigger)
    return min(able, key=specific_first).key


def residual(key: Excess, crises: Iterable[Excess]) -> Excess:
    """What crises of other kinds of level leave of a key's excess.

    Two keys of one kind (two countries) have no contact in common; for keys of different kinds
    the greatest possible overlap is assumed.
    """
    held = sum(crisis.contacts for crisis in crises if dimension(crisis.key) != dimension(key.key))
    return replace(key, contacts=key.contacts - held)


def explained(key: Excess, crises: Iterable[Excess], worth: Worth, threshold: float) -> bool:
    """True when the crises that are known account for the key's excess.

    What they leave must be a good part of it, and a surge in its own right, to be another crisis.
    """
    left = residual(key, crises).contacts
    return _holds(key.contacts - left, key, worth, threshold)


def narrower(crisis: Excess, others: Sequence[Excess]) -> list[str]:
    """Keys of one more specific kind that together explain the crisis, the largest first."""
    for kind in _SPECIFIC_FIRST:
        if kind == dimension(crisis.key):
            break
        parts = [other for other in others if dimension(other.key) == kind and not other.broad]
        held = sum(part.contacts for part in parts)
        # A rise of everything raises each part in proportion: that is no narrower rise.
        usual = sum(part.share for part in parts) / crisis.share
        if held >= EXPLAINS * crisis.contacts and usual <= USUAL:
            return [part.key for part in sorted(parts, key=lambda part: -part.contacts)]
    return []


def _holds(contacts: float, whole: Excess, worth: Worth, threshold: float) -> bool:
    if contacts >= EXPLAINS * whole.contacts:
        return True
    rest = whole.contacts + whole.mass - contacts
    return contacts >= NEARLY * whole.contacts and worth(rest, whole.mass) < threshold


def specific_first(excess: Excess) -> tuple[bool, int, float]:
    """Orders keys from the most specific to the broadest, and the stronger case first."""
    ranks = _BROAD_FIRST if excess.broad else _SPECIFIC_FIRST
    kind = dimension(excess.key)
    rank = ranks.index(kind) if kind in ranks else -1
    return excess.broad, rank, -excess.evidence
