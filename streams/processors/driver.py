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
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
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
        self._told = True

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

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """As Faust does; the owner is told as soon as it is known where the group stands."""
        self._told = False
        await super().on_partitions_assigned(assigned, generation_id)
        if not assigned:
            self._tell({})

    async def perform_seek(self) -> None:
        """Go back to what the group committed, and tell the owner where that is.

        A group without a commit starts at the first record (`consumer_auto_offset_reset`). Faust
        also seeks when it was suspended while fetching; the owner hears of each assignment once.
        """
        committed = await self.seek_to_committed()
        self._read_offset.update(dict.fromkeys(committed))
        self._committed_offset.update({tp: at or None for tp, at in committed.items()})
        if set(committed) == self.assignment():
            self._tell({tp.partition: at for tp, at in committed.items()})

    def _tell(self, committed: Mapping[int, int | None]) -> None:
        if self._told or self.owner is None:
            return
        self._told = True
        self.owner.assigned(committed)


class OneOwner(AbstractPartitionAssignor):  # type: ignore[misc]
    """Gives everything to one member; the others stand by."""

    name = "one-owner"
    version = 0

    @classmethod
    def assign(cls, cluster: Any, members: Mapping[str, Any]) -> dict[str, Any]:
        """All partitions of all subscribed topics to the member whose id comes first."""
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        everything = {topic: sorted(cluster.partitions_for_topic(topic) or ()) for topic in topics}
        shares: dict[str, dict[str, list[int]]] = {member: {} for member in members}
        shares[min(members)] = everything
        return {
            member: ConsumerProtocolMemberAssignment(cls.version, sorted(share.items()), b"")
            for member, share in shares.items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> Any:
        """What a member says when it joins: its topics."""
        return ConsumerProtocolMemberMetadata(cls.version, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: Any) -> None:
        """Nothing is kept between rebalances."""


class _OneOwnerThread(stock.AIOKafkaConsumerThread):  # type: ignore[misc]
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._partition_assignment_strategy = [OneOwner]  # noqa: SLF001
        return consumer


class OneOwnerConsumer(StrictConsumer):
    """The strict consumer of a group in which one member owns everything."""

    def _new_consumer_thread(self) -> Any:
        return _OneOwnerThread(self, loop=self.loop, beacon=self.beacon)


class StrictTransport(stock.Transport):  # type: ignore[misc]
    """aiokafka as Faust drives it, with the strict consumer."""

    Consumer = StrictConsumer


class OneOwnerTransport(stock.Transport):  # type: ignore[misc]
    """The same for a group in which one member owns everything."""

    Consumer = OneOwnerConsumer


def use_strict_driver(app: Any, *, one_owner: bool) -> None:
    """Install it in an app that has not started."""
    transport = OneOwnerTransport if one_owner else StrictTransport
    app.transport = transport(app.conf.broker_consumer, app)


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
