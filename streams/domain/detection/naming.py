"""What is a surge called once the contacts that declared it can no longer change?

A declaration cannot wait: it names what had been heard of by then, and of contacts that reach us
within the same second it matters which came first. Ten minutes later the name is looked at again,
on settled counts alone, from the key that was raised first by the contacts' own time.
"""

from collections.abc import Sequence
from datetime import timedelta

from streams.domain.detection.crises import Crisis
from streams.domain.detection.keys import Keys
from streams.domain.detection.rollups import most_specific, residual, specific_first
from streams.events.surges import SurgeData

# Numbers are said anew each minute at first.
_PAUSE = timedelta(minutes=1)


def was_named(data: SurgeData, lateness: timedelta) -> bool:
    """Whether an episode that was last said to be this has been looked at already."""
    due = data.next_update_due
    return due is not None and due >= data.declared_at + lateness + _PAUSE


def settled_name(crisis: Crisis, others: Sequence[Crisis], keys: Keys, frontier: int) -> str:
    """The key that names a surge beside others that are on, by what is settled."""
    old = crisis.data.key
    raised = {key: since for key in crisis.keys if (since := keys.raised_since(key)) is not None}
    if crisis.by_a_person or not raised:
        return old
    known = [keys.settled_excess(other.data.key, frontier) for other in others]
    taken = set().union(*(other.keys for other in others)) - crisis.keys
    left = {
        key: residual(keys.settled_excess(key, frontier), known)
        for key in keys.detectors
        if key not in taken
    }
    first = min(raised, key=lambda key: (raised[key], specific_first(left[key]), key))
    return most_specific(left[first], left.values(), keys.rules.mixture.worth)
