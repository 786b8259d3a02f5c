"""Under which consumer group does each processor commit?

One group per processor, whatever processes they run in: their offsets, lag and rebalances are
apart, so that a second tally worker never stops the detector. Here, and not with the processors,
because the audit asks how far the tally has come.
"""

from typing import Final

from streams.settings import Connections
from streams.topics import CONTACTS, PULSES, SURGES, Topic

PROCESSORS: Final[dict[str, Topic]] = {"tally": CONTACTS, "surge": PULSES, "staffing": SURGES}


def group_of(connections: Connections, processor: str) -> str:
    """The consumer group of "tally", "surge" or "staffing"."""
    return f"{connections.prefix}{processor}"


def tally_group(connections: Connections) -> str:
    """The group whose committed offsets say how far `contacts` has been folded."""
    return group_of(connections, "tally")


def callbacks_group(connections: Connections) -> str:
    """The group whose committed offsets say how far `overflow` has come into the callback list."""
    return group_of(connections, "callbacks")
