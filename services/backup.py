"""What is in a backup of the open state, and is it whole?

One text file. The first line names the format; every other line is a sealed JSON object (AES-256-
GCM under the export key): a head, chunks of records, and an end that says how many there were. A
line that is missing, doubled, exchanged or altered makes the whole file worthless, and is said.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from services.sealing import CannotOpenError, Sealer
from streams.errors import SurgelineError
from streams.topics import BASELINES, CALLBACKS, CALLOUTS, CENTRE, PEOPLE, Topic

FORMAT: Final = "surgeline-backup-1"
# All of it, not only what is open: what was done yesterday is why nobody is called twice today.
TOPICS: Final[tuple[Topic, ...]] = (CALLBACKS, CALLOUTS, PEOPLE, BASELINES, CENTRE)
AT_ONCE: Final = 200


class BackupError(SurgelineError):
    """The file cannot be used; the message says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last record of one key."""

    topic: str
    partition: int
    key: bytes
    value: bytes


def sealed_lines(kept: Sequence[Kept], made_at: datetime, sealer: Sealer) -> Iterator[str]:
    """The file, line by line."""
    yield FORMAT
    head = {"made_at": made_at.isoformat(), "topics": [topic.name for topic in TOPICS]}
    yield _sealed(0, {"head": head}, sealer)
    number = 1
    for start in range(0, len(kept), AT_ONCE):
        rows = [
            [one.topic, one.partition, _text(one.key), _text(one.value)]
            for one in kept[start : start + AT_ONCE]
        ]
        yield _sealed(number, {"records": rows}, sealer)
        number += 1
    yield _sealed(number, {"end": len(kept)}, sealer)


def opened(lines: Iterable[str], sealer: Sealer) -> tuple[datetime, list[Kept]]:
    """When it was made, and every record; `BackupError` unless the file is whole."""
    rest = iter(lines)
    if next(rest, "").strip() != FORMAT:
        raise BackupError(f"this is not a backup of the format {FORMAT}")
    made_at: datetime | None = None
    kept: list[Kept] = []
    ended = False
    for number, line in enumerate(rest):
        said = _opened(number, line.strip(), sealer)
        if ended or (number == 0) != ("head" in said):
            raise BackupError(f"line {number + 2} does not belong there")
        if "head" in said:
            made_at = datetime.fromisoformat(said["head"]["made_at"])
        elif "end" in said:
            ended = said["end"] == len(kept)
        else:
            kept += [Kept(t, p, _bytes(k), _bytes(v)) for t, p, k, v in said["records"]]
    if made_at is None or not ended:
        raise BackupError("the file was cut short: it has no end, or not all of its records")
    return made_at, kept


def _sealed(number: int, content: dict[str, Any], sealer: Sealer) -> str:
    # Its own number is inside, so that lines cannot change places.
    return sealer.seal(orjson.dumps({"line": number, **content}))


def _opened(number: int, line: str, sealer: Sealer) -> dict[str, Any]:
    try:
        said: dict[str, Any] = orjson.loads(sealer.open(line))
    except CannotOpenError as error:
        raise BackupError(f"line {number + 2}: {error}") from None
    if said.get("line") != number:
        raise BackupError(f"line {number + 2} is not where it was written")
    return said


def _text(raw: bytes) -> str:
    return base64.b85encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b85decode(text)
