"""What does an order look like when it is given, and what is told of it afterwards?"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.command.standing import Standing
from streams.events.commands import (
    Acknowledge,
    CancelEvent,
    Close,
    Declare,
    Dismiss,
    Extend,
    Order,
    OrderGiven,
    PlanEvent,
)

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Key = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^(total|(queue|country|topic|channel|language):[A-Za-z0-9][A-Za-z0-9._-]*)$",
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
# Without a word about it: how long a declared surge goes on at least, and how long what was
# dismissed or closed is left alone.
HOLD: Final = timedelta(hours=2)
QUIET: Final = timedelta(hours=6)


class _Given(BaseModel):
    """`id` is the client's: given twice, an order is one order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id


class DeclareBody(_Given):
    """A key is in surge, whatever the numbers say."""

    kind: Literal["declare"]
    key: Key
    reason: Text
    until: AwareDatetime | None = None
    ratio: Annotated[float, Field(ge=1, le=1000)] | None = None

    def order(self, now: datetime, _: str) -> Order:
        """As it goes on the log."""
        return Declare(key=self.key, until=self.until or now + HOLD, ratio=self.ratio)


class _OnEpisode(_Given):
    episode: Id


class AcknowledgeBody(_OnEpisode):
    """Somebody takes care of it."""

    kind: Literal["acknowledge"]
    reason: Text | None = None

    def order(self, _: datetime, key: str) -> Order:
        """As it goes on the log."""
        return Acknowledge(episode=self.episode, key=key)


class DismissBody(_OnEpisode):
    """It is no surge."""

    kind: Literal["dismiss"]
    reason: Text
    quiet_until: AwareDatetime | None = None

    def order(self, now: datetime, key: str) -> Order:
        """As it goes on the log."""
        until = self.quiet_until or now + QUIET
        return Dismiss(episode=self.episode, key=key, quiet_until=until)


class ExtendBody(_OnEpisode):
    """It is not over before `until`."""

    kind: Literal["extend"]
    until: AwareDatetime
    reason: Text | None = None

    def order(self, _: datetime, key: str) -> Order:
        """As it goes on the log."""
        return Extend(episode=self.episode, key=key, until=self.until)


class CloseBody(_OnEpisode):
    """It is over now."""

    kind: Literal["close"]
    reason: Text | None = None
    quiet_until: AwareDatetime | None = None

    def order(self, now: datetime, key: str) -> Order:
        """As it goes on the log."""
        until = self.quiet_until or now + QUIET
        return Close(episode=self.episode, key=key, quiet_until=until)


class PlanBody(_Given):
    """So many times the usual are expected of a key between two moments."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["planned_event"]
    key: Key
    begins_at: Annotated[AwareDatetime, Field(alias="from")]
    ends_at: Annotated[AwareDatetime, Field(alias="to")]
    ratio: Annotated[float, Field(ge=0.1, le=1000)]
    title: Text
    reason: Text | None = None

    def order(self, _: datetime, __: str) -> Order:
        """As it goes on the log."""
        return PlanEvent(
            key=self.key,
            begins_at=self.begins_at,
            ends_at=self.ends_at,
            ratio=self.ratio,
            title=self.title,
        )


class CancelBody(_Given):
    """A planned event does not take place, or ends now."""

    kind: Literal["cancel_event"]
    event: Id
    reason: Text | None = None

    def order(self, _: datetime, __: str) -> Order:
        """As it goes on the log."""
        return CancelEvent(event=self.event)


OnEpisodeBody = AcknowledgeBody | DismissBody | ExtendBody | CloseBody
Body = Annotated[
    DeclareBody | AcknowledgeBody | DismissBody | ExtendBody | CloseBody | PlanBody | CancelBody,
    Field(discriminator="kind"),
]
KINDS: Final = frozenset(
    {"declare", "acknowledge", "dismiss", "extend", "close", "planned_event", "cancel_event"}
)


def shown(order: OrderGiven, standing: Standing) -> dict[str, Any]:
    """An order as it is told: what, who, when, why, and whether it was obeyed already."""
    return {
        "id": order.id,
        "at": order.time,
        "by": order.data.by,
        "role": order.data.role,
        "reason": order.data.reason,
        "order": msgspec.to_builtins(order.data.order),
        "obeyed": order.id in standing.obeyed,
    }
