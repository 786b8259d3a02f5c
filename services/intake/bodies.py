"""How many events did a request bring, and is it small enough to look at?

Everything here happens before an event is parsed: the media type, the size (also of a body that
does not announce it), the number of events. What passes is cut into the bytes of single events.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
from starlette.types import Receive

from services.intake.settings import Limits
from streams.errors import InvalidEventError, SurgelineError

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
LINES: Final = "application/x-ndjson"
ALLOWED: Final = (ONE, BATCH, LINES)

_array = msgspec.json.Decoder(list[msgspec.Raw])


class BodyError(SurgelineError):
    """A request that is turned away as a whole, with the HTTP status that says why."""

    def __init__(self, status: int, reason: str, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(slots=True)
class Held:
    """Bytes of bodies that this process holds now; past the limit, new ones are turned away."""

    limit: int
    now: int = 0


# The header fields of a request, by their names in small letters.
Headers = Mapping[bytes, bytes]


def by_name(fields: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The first of two of one name holds."""
    return dict(reversed(fields))


def media_type(headers: Headers) -> str:
    """One of ALLOWED; anything else, or another character set than UTF-8, is 415."""
    media = _media(headers.get(b"content-type", b""))
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise BodyError(415, "encoding", "send the body uncompressed", field="content-encoding")
    return media


@lru_cache(maxsize=64)
def _media(text: bytes) -> str:
    name, _, parameters = text.decode("latin-1").partition(";")
    media = name.strip().lower()
    if media not in ALLOWED:
        raise BodyError(
            415, "media_type", f"send one of {', '.join(ALLOWED)}", field="content-type"
        )
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset" and value.strip(' "').lower() not in {"utf-8", "utf8"}:
            raise BodyError(415, "charset", "send UTF-8", field="content-type")
    return media


async def read_body(receive: Receive, headers: Headers, limits: Limits, held: Held) -> bytes:
    """The whole body, or 413 as soon as it is known to be too large, or 408 when it trickles.

    The caller gives the bytes back to `held` when it is done with them.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:16]) > limits.body_bytes:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            await _gather(receive, body, limits, held)
    except BaseException as error:
        held.now -= len(body)
        if isinstance(error, TimeoutError):
            detail = f"the body did not arrive within {limits.body_seconds:.0f} s"
            raise BodyError(408, "slow_body", detail) from None
        raise
    return bytes(body)


async def _gather(receive: Receive, body: bytearray, limits: Limits, held: Held) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyError(400, "cut_short", "the body ended before its end")
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        body += chunk
        held.now += len(chunk)
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
        if held.now > held.limit:
            raise BodyError(503, "overloaded", "intake holds as much as it can")


def split(media: str, body: bytes, limits: Limits) -> list[bytes]:
    """The bytes of each event, in order; `InvalidEventError` when the body cannot be read."""
    if media == ONE:
        return [body]
    if media == LINES:
        return _lines(body, limits)
    try:
        parts = _array.decode(body)
    except RecursionError:
        raise InvalidEventError("malformed", "", "is nested too deeply") from None
    except msgspec.ValidationError:
        raise InvalidEventError("malformed", "", "a batch is a JSON array of events") from None
    except msgspec.DecodeError as error:
        raise InvalidEventError("malformed", "", str(error)) from None
    if len(parts) > limits.events:
        raise _too_many(limits)
    return [bytes(part) for part in parts]


def _lines(body: bytes, limits: Limits) -> list[bytes]:
    # Counted before they are cut: four million empty lines would be four million objects.
    if body.count(b"\n") > 2 * limits.events:
        raise _too_many(limits)
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > limits.events:
        raise _too_many(limits)
    if not lines:
        raise InvalidEventError("malformed", "", "the body holds no event")
    return lines


def _too_large(limits: Limits) -> BodyError:
    return BodyError(413, "too_large", f"a body may have {limits.body_bytes} bytes at most")


def _too_many(limits: Limits) -> BodyError:
    return BodyError(413, "too_many", f"a request may hold {limits.events} events at most")
