"""What does every processor promise, and what is it promised?

The contract, kept by `runner.Runner` for all of them: records come as raw bytes, in order and
without a gap; what the processor derives from them is on the log before the offset moves; what it
cannot take becomes a dead letter, also before the offset moves; after a crash it is given the same
records again and must give the same facts with the same ids.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streams.kafka import Outgoing, Record
from streams.processors.letters import Letters
from streams.topics import Topic


@dataclass(frozen=True, slots=True)
class Moment:
    """When a processor is asked: the centre's time, and what it must know of the log.

    Of the partitions `behind`, the broker has more than was read. What cannot be taken goes to
    `letters`.
    """

    now: datetime
    behind: Collection[int]
    letters: Letters


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition is taken up. Not `committed`: at its first record, by a group that has
    never been there, or has lost its offsets.
    """

    offset: int
    committed: bool


class Processor(Protocol):
    """State by partition of `source`, in memory, rebuilt from the log.

    With `one_owner`, one worker of the group is given all partitions and the others stand by.
    """

    name: str
    source: Topic
    one_owner: bool

    def positions(self) -> Mapping[int, int]:
        """The next offset to fold, of each partition that is loaded."""

    async def load(self, starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        """Own these partitions and no others, each folded silently up to its start.

        `give_up` turns true when they are taken away again meanwhile; what is loaded by then may
        be left out.
        """

    def fold(self, records: Sequence[Record], moment: Moment) -> list[Outgoing]:
        """Fold records of loaded partitions; return what follows."""

    def tick(self, moment: Moment) -> list[Outgoing]:
        """Let the centre's time pass, where no record came."""
