"""How far may a group's offset move? Only past what its processor has declared finished.

Faust 0.15.3 derives the offset to commit from acknowledgements, and its bookkeeping passes
unfinished events: an event that is skipped during a rebalance counts as acknowledged, a gap at the
head of the list is judged one too far, a group without a commit is not guarded at all. This
driver leaves Faust its flow and its rebalances and takes the arithmetic away from it: the
processor says "everything before this offset is finished", and that number is what is committed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import faust
from faust.transport.drivers import aiokafka as stock
from mode.utils.futures import notify


class Owner(Protocol):
    """Who is told about the partitions that come and go."""

    async def revoking(self) -> None:
        """Partitions are about to be given up: finish what is in hand and decide nothing more."""

    def assigned(self, committed: Mapping[int, int | None]) -> None:
        """These partitions, and no others, are ours; the group stands at these offsets."""


class StrictConsumer(stock.Consumer):  # type: ignore[misc]
    """Faust's consumer, committing what was declared finished and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finished: dict[Any, int] = {}
        self.owner: Owner | None = None

    def finish(self, tp: Any, next_offset: int) -> None:
        """Everything before this offset is finished, with all that follows from it."""
        self.finished[tp] = next_offset

    def ack(self, message: Any) -> bool:
        """Let go of a message, so that a rebalance need not wait for it. Moves no offset."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        self._n_acked += 1
        notify(self._waiting_for_ack)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[Any]:
        return [tp for tp in self.finished if topics is None or tp in topics or tp.topic in topics]

    def _new_offset(self, tp: Any) -> int | None:
        return self.finished.get(tp)

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Compacted offsets are no concern of a consumer that is told where it stands."""

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Let the owner finish, then commit and give up, as Faust does."""
        if self.owner is not None:
            await self.owner.revoking()
        await super().on_partitions_revoked(revoked)
        self.finished.clear()

    async def perform_seek(self) -> None:
        """Go back to what the group committed, and tell the owner where that is.

        A group without a commit starts at the first record (`consumer_auto_offset_reset`).
        """
        committed = await self.seek_to_committed()
        self._read_offset.update(dict.fromkeys(committed))
        self._committed_offset.update({tp: at or None for tp, at in committed.items()})
        if self.owner is not None:
            self.owner.assigned({tp.partition: at for tp, at in committed.items()})


class StrictTransport(stock.Transport):  # type: ignore[misc]
    """aiokafka as Faust drives it, with the strict consumer."""

    Consumer = StrictConsumer


def use_strict_driver(app: Any) -> None:
    """Install it in an app that has not started."""
    app.transport = StrictTransport(app.conf.broker_consumer, app)


OVERRIDDEN: tuple[Callable[..., Any], ...] = (
    stock.Consumer.ack,
    stock.Consumer._filter_tps_with_pending_acks,  # noqa: SLF001
    stock.Consumer._new_offset,  # noqa: SLF001
    stock.Consumer._add_gap,  # noqa: SLF001
    stock.Consumer.on_partitions_revoked,
    stock.Consumer.perform_seek,
    stock.Consumer._commit_tps,  # noqa: SLF001
    stock.Consumer._filter_committable_offsets,  # noqa: SLF001
    stock.Consumer._should_commit,  # noqa: SLF001
    stock.Consumer._commit_offsets,  # noqa: SLF001
    stock.Consumer.wait_empty,
    faust.App._on_partitions_revoked,  # noqa: SLF001
)
"""What is replaced here, or relied upon as it is: a test holds them to what they were."""
