"""A process as the next version may be: it writes what nobody of today has heard of.

    python -m tests.support.tomorrow MODULE ARGS ...

runs the module as ever, but every event it writes has a field more in each of its parts, and beside
the first record of each topic stands one of a type that does not exist yet.
"""

import runpy
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams.events import codec
from streams.kafka import LogWriter, Outgoing

NEW_FIELD: Final = "of_tomorrow"
NEW_TYPE: Final = "surgeline.later.thing.v1"


def with_new_fields(value: Any) -> Any:
    """The same, with a field more in every object that has fields; maps keep their keys."""
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        fields = {
            field.encode_name: with_new_fields(getattr(value, field.name))
            for field in msgspec.structs.fields(type(value))
            if getattr(value, field.name) != field.default
        }
        tag = {} if config.tag_field is None else {config.tag_field: config.tag}
        return {**tag, **fields, NEW_FIELD: {"said": ["by", "N+1"]}}
    if isinstance(value, dict):
        return {key: with_new_fields(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [with_new_fields(each) for each in value]
    return value


class NewEncoder:
    """What the codec encodes with."""

    def encode(self, value: Any) -> bytes:
        """As JSON, with the new fields."""
        return msgspec.json.encode(with_new_fields(value))


def new_event(topic: str) -> bytes:
    """A fact of a type that readers of today do not know."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"later-{topic}",
            "source": "/tomorrow",
            "subject": "later",
            "time": datetime.now(UTC),
            "type": NEW_TYPE,
            "data": {"meaning": "not known yet"},
        }
    )


class NewWriter:
    """`LogWriter.append`, which adds the unknown fact the first time a topic is written."""

    def __init__(self) -> None:
        self._append = LogWriter.append
        self._told: set[str] = set()

    async def append(self, writer: LogWriter, records: Sequence[Outgoing]) -> list[tuple[int, int]]:
        """Write the records, and say where they are."""
        more = [self._beside(one) for one in records if self._is_first(one)]
        done = await self._append(writer, [*records, *more])
        return done[: len(records)]

    def _is_first(self, record: Outgoing) -> bool:
        name = record.topic.name
        first = record.value is not None and name not in self._told
        self._told.add(name)
        return first

    def _beside(self, record: Outgoing) -> Outgoing:
        event = new_event(record.topic.name)
        parcel = (record.value or b"").startswith(b"[")
        return replace(
            record,
            value=b"[" + event + b"]" if parcel else event,
            key=None if record.key is None else b"later",
            partition=record.target(),
        )


def be_of_tomorrow() -> None:
    """From here on this process writes as the next version does."""
    codec._encoder = NewEncoder()  # type: ignore[assignment]
    writer = NewWriter()

    async def append(self: LogWriter, records: Sequence[Outgoing]) -> list[tuple[int, int]]:
        return await writer.append(self, records)

    LogWriter.append = append  # type: ignore[method-assign]


if __name__ == "__main__":
    be_of_tomorrow()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
