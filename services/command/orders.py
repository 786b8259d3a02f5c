"""May this order be given, and is it on the log?

An order is answered when the broker has it. Orders are written one after the other, each with a
time no earlier than the last one's: on the log they stand in the order in which they take effect.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.auth import Identity
from services.command.schemas import (
    CancelBody,
    DeclareBody,
    ExtendBody,
    OnEpisodeBody,
    PlanBody,
)
from services.command.standing import Standing
from streams.errors import SurgelineError
from streams.events.codec import encode
from streams.events.commands import Order, OrderData, OrderGiven, Role
from streams.events.surges import SurgeData
from streams.kafka import FollowedCentre, LogWriter, Outgoing
from streams.telemetry import metrics
from streams.topics import COMMANDS

log = logging.getLogger(__name__)

SOURCE: Final = "surgeline/command"
ONLY: Final = 0
LITTLE: Final = timedelta(seconds=5)
LONGEST_HOLD: Final = timedelta(days=7)
LONGEST_QUIET: Final = timedelta(hours=24)
FARTHEST_PLAN: Final = timedelta(days=366)
AnyBody = DeclareBody | OnEpisodeBody | PlanBody | CancelBody


class OrderRefusedError(SurgelineError):
    """An order that makes no sense now; `field` is at fault."""

    def __init__(self, status: int, reason: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.field = field
        self.detail = detail


class OrderDesk:
    """Takes orders."""

    def __init__(
        self,
        centre: FollowedCentre,
        standing: Standing,
        writer: LogWriter,
        now: Callable[[], datetime],
    ) -> None:
        self._centre = centre
        self._standing = standing
        self._writer = writer
        self._now = now
        self._one_by_one = asyncio.Lock()

    async def give(self, body: AnyBody, who: Identity) -> tuple[OrderGiven, bool]:
        """The order as it is on the log, and whether it was there before."""
        async with self._one_by_one:
            known = self._standing.orders.get(body.id)
            if known is not None:
                return self._repeated(known, body), True
            now = self._moment()
            key = self._checked(body, now)
            order = _given(body.order(now, key), body, who, now)
            record = Outgoing(
                topic=COMMANDS, key=order.id.encode(), partition=ONLY, value=encode(order)
            )
            await self._writer.append([record])
            self._standing.observe(order)
        metrics.ORDERS_GIVEN.labels(body.kind).inc()
        log.info(
            "order given", extra={"order": order.id, "kind": body.kind, "role": order.data.role}
        )
        return order, False

    def _moment(self) -> datetime:
        """Now, and not before the last order: clocks are set by a little now and then. One that is
        far ahead was given in a rehearsal that is over.
        """
        now, last = self._now(), self._standing.last_given()
        return last if last is not None and now < last < now + LITTLE else now

    def _repeated(self, known: OrderGiven, body: AnyBody) -> OrderGiven:
        key = getattr(known.data.order, "key", "")
        same = body.order(known.time, key) == known.data.order
        if not same or (body.reason or "") != known.data.reason:
            detail = "an order with this id was given before, with other content"
            raise OrderRefusedError(409, "duplicate_differs", "id", detail)
        return known

    def _checked(self, body: AnyBody, now: datetime) -> str:
        """The key that the order is about."""
        if isinstance(body, DeclareBody):
            self._known_queue(body.key)
            if body.until is not None:
                _between("until", body.until, now, now + LONGEST_HOLD)
            return body.key
        if isinstance(body, PlanBody):
            self._known_queue(body.key)
            _between("to", body.ends_at, max(now, body.begins_at), now + FARTHEST_PLAN)
            return body.key
        if isinstance(body, CancelBody):
            if not self._standing.planned(body.event):
                raise OrderRefusedError(404, "not_found", "event", "there is no such planned event")
            return ""
        surge = self._surge(body.episode)
        if isinstance(body, ExtendBody):
            _between("until", body.until, now, now + LONGEST_HOLD)
        quiet_until = getattr(body, "quiet_until", None)
        if quiet_until is not None:
            _between("quiet_until", quiet_until, now, now + LONGEST_QUIET)
        return surge.key

    def _surge(self, episode: str) -> SurgeData:
        surge = self._standing.open.get(episode)
        if surge is not None:
            return surge
        if episode in self._standing.over:
            raise OrderRefusedError(409, "over", "episode", "this surge is over already")
        raise OrderRefusedError(404, "not_found", "episode", "there is no such surge")

    def _known_queue(self, key: str) -> None:
        kind, _, name = key.partition(":")
        if kind == "queue" and self._centre.centre.queue(name) is None:
            names = ", ".join(queue.name for queue in self._centre.centre.queues)
            raise OrderRefusedError(422, "invalid", "key", f"queues are {names}")


def _given(order: Order, body: AnyBody, who: Identity, now: datetime) -> OrderGiven:
    role: Role = "manager" if "manager" in who.roles else "lead"
    data = OrderData(order=order, by=who.name, role=role, reason=body.reason or "")
    subject = getattr(body, "episode", None) or getattr(body, "key", None) or body.id
    return OrderGiven(id=body.id, source=SOURCE, subject=subject, time=now, data=data)


def _between(field: str, moment: datetime, after: datetime, latest: datetime) -> None:
    if not after < moment <= latest:
        detail = f"must be after {after.isoformat()} and no later than {latest.isoformat()}"
        raise OrderRefusedError(422, "invalid", field, detail)
