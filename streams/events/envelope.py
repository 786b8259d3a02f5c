"""What every fact on the log looks like: a CloudEvent 1.0 in JSON.

`id` with `source` is the event's identity; `subject` names the thing it is about; `time` is when
it happened, never when we heard of it. Records carry parcels: a JSON array of 1..N events that
belong to one partition (the CloudEvents batch format).
"""

from datetime import datetime

import msgspec


class CloudEvent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="type",
    tag=True,
    gc=False,
):
    """Attributes that all events share. Subclasses set `tag` to the wire type and add `data`.

    `recordedtime` is the centre's clock when intake took the event; `originaltime` is the time in
    a replayed recording before the replay's constant shift; `centreversion` is the version of the
    centre file by which something was decided; `partitionkey` is what decided the partition (a
    caller pseudonym or a contact id, never a number).
    """

    specversion: str = msgspec.field(default="1.0")
    id: str
    source: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    recordedtime: datetime | None = None
    originaltime: datetime | None = None
    centreversion: str | None = None
    partitionkey: str | None = None


class Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The base of every event's `data`. Unknown fields are left aside, not refused."""
