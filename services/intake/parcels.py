"""How do many small requests become few records?

Events of one partition that arrive within the linger travel as one record, a JSON array. Records
are what costs the readers time, so under load they must not grow with the number of calls: with 24
partitions and 20 ms there are at most 1,200 a second, and from 3,200 events a second on, one for
three events: so many are not kept waiting. All parcels are closed at the same moment, so that they
share one request to the broker; each is acknowledged by itself.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from streams.errors import OverloadedError, UnknownOutcomeError
from streams.kafka import LogWriter, Outgoing
from streams.topics import CONTACTS

LINGER_SECONDS: Final = 0.020
FULL_BYTES: Final = 256 * 1024
# So many events in all parcels together are worth writing at once.
ENOUGH_EVENTS: Final = 64


class Receipt:
    """What one request has under way. The writer settles every part of it before its deadline."""

    __slots__ = ("_all", "_done", "_errors", "_left")

    def __init__(self) -> None:
        self._all = 0
        self._left = 0
        self._errors: list[Exception] = []
        self._done: asyncio.Future[None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was handed to the writer."""
        return self._all == 0

    def expect(self) -> None:
        """One more part is handed to the writer."""
        self._all += 1
        self._left += 1

    def settle(self, error: Exception | None) -> None:
        """What became of a part."""
        self._left -= 1
        if error is not None:
            self._errors.append(error)
        if self._left == 0 and self._done is not None and not self._done.done():
            self._done.set_result(None)

    async def stored(self) -> None:
        """Until the broker has all of it. `OverloadedError`: it has nothing of it, for certain;
        `UnknownOutcomeError`: some of it may be there.
        """
        if self._left:
            self._done = asyncio.get_running_loop().create_future()
            await self._done
        if not self._errors:
            return
        refused = [error for error in self._errors if isinstance(error, OverloadedError)]
        if len(refused) == self._all:
            raise refused[0]
        for error in self._errors:
            if not isinstance(error, OverloadedError | UnknownOutcomeError):
                raise error
        raise UnknownOutcomeError("the broker has not confirmed all of it")


class _Parcel:
    __slots__ = ("events", "receipts", "size")

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.receipts: list[Receipt] = []
        self.size = 0

    def is_for(self, receipt: Receipt) -> None:
        if not self.receipts or self.receipts[-1] is not receipt:
            self.receipts.append(receipt)
            receipt.expect()


class Parcels:
    """The parcels being filled now, one for each partition, and the keys that go with them."""

    def __init__(self, writer: LogWriter, *, linger_seconds: float = LINGER_SECONDS) -> None:
        self._writer = writer
        self._linger = linger_seconds
        self._open: dict[int, _Parcel] = {}
        self._keys: list[Outgoing] = []
        self._keys_for: list[Receipt] = []
        self._timer: asyncio.TimerHandle | None = None
        self._gathered = 0
        self._writing: set[asyncio.Task[None]] = set()
        self.records = 0

    def add(self, partition: int, events: Sequence[bytes], receipt: Receipt) -> None:
        """Put events into the partition's parcels."""
        self._start()
        self._gathered += len(events)
        for event in events:
            parcel = self._open.get(partition)
            if parcel is None:
                parcel = self._open[partition] = _Parcel()
            parcel.is_for(receipt)
            parcel.events.append(event)
            parcel.size += len(event)
            if parcel.size >= FULL_BYTES:
                self._close(partition)

    def add_keys(self, records: Sequence[Outgoing], receipt: Receipt) -> None:
        """Send these with the parcels that are being filled."""
        self._start()
        receipt.expect()
        self._keys.extend(records)
        self._keys_for.append(receipt)

    def send(self, records: Sequence[Outgoing], receipt: Receipt) -> None:
        """Send these now and by themselves."""
        receipt.expect()
        self._begin(records, [receipt])

    def close_if_enough(self) -> None:
        """Once a request has put in all of its events."""
        if self._gathered >= ENOUGH_EVENTS:
            self._close_all()

    async def stop(self) -> None:
        """Send what is open and wait for all of it."""
        self._close_all()
        await asyncio.gather(*self._writing)

    def _start(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._linger, self._close_all)

    def _close_all(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._gathered = 0
        if self._keys:
            self._begin(self._keys, self._keys_for)
            self._keys, self._keys_for = [], []
        for partition in list(self._open):
            self._close(partition)

    def _close(self, partition: int) -> None:
        parcel = self._open.pop(partition)
        value = b"[" + b",".join(parcel.events) + b"]"
        record = Outgoing(topic=CONTACTS, partition=partition, value=value)
        self._begin([record], parcel.receipts)

    def _begin(self, records: Sequence[Outgoing], receipts: list[Receipt]) -> None:
        task = asyncio.create_task(self._write(records, receipts))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, records: Sequence[Outgoing], receipts: list[Receipt]) -> None:
        failed = None
        try:
            await self._writer.append(records)
        except Exception as error:  # noqa: BLE001  each waiting request raises it
            failed = error
        else:
            self.records += records[0].topic is CONTACTS
        for receipt in receipts:
            receipt.settle(failed)
