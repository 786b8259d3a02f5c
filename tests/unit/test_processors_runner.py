"""Does a runner leave the event loop to others when its partitions come and go?"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from streams.kafka import FollowedClock, LogWriter, Outgoing, Record
from streams.processors.contract import Moment, Start
from streams.processors.runner import Runner
from streams.settings import Connections
from streams.topics import CONTACTS

NOWHERE = Connections(kafka="127.0.0.1:1", centre=Path("centre.toml"))


class LoadsForEver:
    """A processor that loads until what it loads is taken away again."""

    name = "tally"
    source = CONTACTS
    one_owner = False

    def __init__(self) -> None:
        self.loading = asyncio.Event()
        self.gave_up = asyncio.Event()

    def positions(self) -> Mapping[int, int]:
        return {}

    async def load(self, _starts: Mapping[int, Start], give_up: Callable[[], bool]) -> None:
        self.loading.set()
        while not give_up():
            await asyncio.sleep(0)
        self.gave_up.set()

    def fold(self, _records: Sequence[Record], _moment: Moment) -> list[Outgoing]:
        return []

    def tick(self, _moment: Moment) -> list[Outgoing]:
        return []


@contextlib.contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Ends a loop that never waits for anything, which asyncio's own timeouts cannot."""

    def alarm(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError("the event loop was held up")

    before = signal.signal(signal.SIGALRM, alarm)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


async def test_partitions_that_are_taken_away_while_they_load_leave_the_loop_to_others() -> None:
    processor = LoadsForEver()
    runner = Runner(
        NOWHERE,
        processor,
        writer=LogWriter(NOWHERE),
        clock=FollowedClock(NOWHERE),
        seal=lambda _: "",
    )
    turning = asyncio.create_task(runner._run())
    with patience(20):
        runner.assigned({})
        await processor.loading.wait()
        await runner.revoking()
        await processor.gave_up.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        waits = (runner.ready, turning.done())
        turning.cancel()
        await asyncio.wait([turning])
    assert waits == (False, False)
