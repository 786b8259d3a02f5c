"""Is this a question that can be answered, and if not, which field is at fault?

The sentence of an error never repeats a value that was sent: it might be a number.
"""

import asyncio
import re
from functools import lru_cache
from typing import Annotated, Any, Final, get_args

import msgspec
from fastapi import Request
from msgspec import Meta
from starlette.requests import ClientDisconnect

from services.never_dialled import NeverDialled
from services.numbers import Pseudonyms, caller_number
from streams.domain.admission.rules import Question
from streams.domain.centre import Centre
from streams.errors import InvalidEventError, SurgelineError
from streams.events.contacts import Channel, Code, Name, Urgency

MEDIA: Final = "application/json"
BODY_BYTES: Final = 8 * 1024
BODY_SECONDS: Final = 5.0
CALLER: Final = "The caller's number in any spelling, or the word withheld."
NUMBERS_KEPT: Final = 16_384
_FIELD: Final = re.compile(r"`([^`]*)`")


class QuestionError(SurgelineError):
    """A question that is turned away, with the HTTP status that says why."""

    def __init__(self, status: int, reason: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.field = field
        self.detail = detail


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body. An unknown field is refused: a misspelt `urgency` must not pass for a quiet one."""

    contact: Code
    queue: Name
    caller: Annotated[str, Meta(max_length=64, description=CALLER)] | None = None
    channel: Channel = "voice"
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] | None = None
    urgency: Urgency = "normal"
    topic: Name | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] | None = None


_decoder = msgspec.json.Decoder(Asked)
_WORDS: Final[dict[str, tuple[Any, ...]]] = {
    "urgency": get_args(Urgency),
    "channel": get_args(Channel),
}


class Questions:
    """Reads questions for one centre. Numbers end here: what goes on is a pseudonym."""

    def __init__(self, centre: Centre, pseudonyms: Pseudonyms) -> None:
        self._region = centre.region
        self._queues = {queue.name for queue in centre.queues}
        self._pseudonyms = pseudonyms
        never = NeverDialled(centre.overflow.blocked_numbers, centre.callbacks, centre.region)
        # Taking a number apart costs as much as all the rest of a question.
        self._is_never_dialled = lru_cache(NUMBERS_KEPT)(lambda n: never.refusal(n) is not None)

    async def read(self, request: Request) -> Question:
        """The question of a request; `QuestionError` says what is wrong."""
        _check_media(request)
        return self.understood(await _body(request))

    def understood(self, body: bytes) -> Question:
        """The question in a body."""
        try:
            asked = _decoder.decode(body)
        except msgspec.ValidationError as error:
            raise _named(str(error), body) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise QuestionError(400, "malformed", "", "the body is not JSON in UTF-8") from None
        if asked.queue not in self._queues:
            known = ", ".join(sorted(self._queues))
            raise QuestionError(422, "invalid", "queue", f"must be one of {known}")
        number = self._number(asked.caller)
        return Question(
            queue=asked.queue,
            contact=asked.contact,
            caller=self._pseudonyms.key_of(number)[0] if number is not None else None,
            may_be_rung=number is not None and not self._is_never_dialled(number),
            urgency=asked.urgency,
            topic=asked.topic,
            channel=asked.channel,
            language=asked.language,
            country=asked.country,
        )

    def _number(self, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return caller_number(text, self._region)
        except InvalidEventError as error:
            raise QuestionError(422, "invalid", "caller", error.detail) from None


def _check_media(request: Request) -> None:
    name, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ')
    if name.strip().lower() != MEDIA or charset not in {"", "utf-8", "utf8"}:
        raise QuestionError(415, "media_type", "content-type", f"send {MEDIA} in UTF-8")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise QuestionError(415, "encoding", "content-encoding", "send the body uncompressed")


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:16]) > BODY_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        detail = f"the body did not arrive within {BODY_SECONDS:.0f} s"
        raise QuestionError(408, "slow_body", "", detail) from None
    except ClientDisconnect:
        raise QuestionError(400, "cut_short", "", "the body ended before its end") from None
    return bytes(body)


def _too_large() -> QuestionError:
    return QuestionError(413, "too_large", "", f"a body may have {BODY_BYTES} bytes at most")


def _named(said: str, body: bytes) -> QuestionError:
    """The decoder's error in our words, without any value that was sent."""
    detail, _, path = said.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if detail.startswith("Object missing required field"):
        return QuestionError(422, "missing", _quoted(detail), "is required")
    if detail.startswith("Object contains unknown field"):
        # The name itself was sent by somebody: it is repeated only when it can be no number.
        name = _quoted(detail)
        known = f"known are {', '.join(Asked.__struct_fields__)}"
        return QuestionError(422, "unknown_field", name if name.isalpha() else "", known)
    if not field:
        status = 400 if body.lstrip()[:1] != b"{" else 422
        return QuestionError(status, "malformed", "", "a question is one JSON object")
    words = _WORDS.get(field)
    right = f"must be one of {', '.join(words)}" if words else "is not what it must be"
    return QuestionError(422, "invalid", field, right)


def _quoted(detail: str) -> str:
    found = _FIELD.search(detail)
    return found[1] if found else ""
