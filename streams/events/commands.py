"""What people in command order: that a surge is one, that it is none, that it goes on or is over.

An order is a fact as well (somebody gave it), so it is its own line of audit: who, in which role,
when, why. What it leads to is said on `surges`, which carries the order's id and the role, never
the account or the reason. `time` is the centre's clock when it was given, and orders take effect
at that time, so that whoever folds the log again comes to the same.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.events.envelope import CloudEvent, Data

Role = Literal["lead", "manager"]
# A level of the centre: everything, or one queue, country, topic, channel or language.
Key = Annotated[
    str,
    Meta(
        max_length=80,
        pattern=r"^(total|(queue|country|topic|channel|language):[A-Za-z0-9][A-Za-z0-9._-]*)$",
    ),
]
Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Times = Annotated[float, Meta(ge=0.1, le=1000)]


class _Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    pass


class Declare(_Order, frozen=True, kw_only=True, tag="declare"):
    """A key is in surge, whatever the numbers say. It goes on until then at least.

    `ratio` is how many times the usual the person expects, where they know.
    """

    key: Key
    until: datetime
    ratio: Times | None = None


class Acknowledge(_Order, frozen=True, kw_only=True, tag="acknowledge"):
    """Somebody has seen this surge and takes care of it."""

    episode: Id
    key: Key


class Dismiss(_Order, frozen=True, kw_only=True, tag="dismiss"):
    """What was declared is no surge. The same excess is not declared again before `quiet_until`."""

    episode: Id
    key: Key
    quiet_until: datetime


class Extend(_Order, frozen=True, kw_only=True, tag="extend"):
    """The surge is not over before `until`."""

    episode: Id
    key: Key
    until: datetime


class Close(_Order, frozen=True, kw_only=True, tag="close"):
    """The surge is over now. What is left of it is not declared again before `quiet_until`."""

    episode: Id
    key: Key
    quiet_until: datetime


class PlanEvent(_Order, frozen=True, kw_only=True, tag="planned_event"):
    """So many times the usual are expected of a key in this time: that is no surge."""

    key: Key
    begins_at: datetime
    ends_at: datetime
    ratio: Times
    title: Text


class CancelEvent(_Order, frozen=True, kw_only=True, tag="cancel_event"):
    """A planned event does not take place, or ends now. `event` is the id of its order."""

    event: Id


OnEpisode = Acknowledge | Dismiss | Extend | Close
Order = Declare | Acknowledge | Dismiss | Extend | Close | PlanEvent | CancelEvent


class OrderData(Data, frozen=True, kw_only=True):
    """An order, the account or token that gave it, in which role, and why."""

    order: Order
    by: str
    role: Role
    reason: str = ""


class OrderGiven(CloudEvent, frozen=True, kw_only=True, tag="surgeline.order.given.v1"):
    data: OrderData
