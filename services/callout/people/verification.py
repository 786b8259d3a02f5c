"""Is this number or address really theirs?

A six-digit code goes out by the method itself and must come back within ten minutes; five wrong
ones end it. Codes live in memory: after a restart somebody asks for a new one, and nothing that
could be read from the log proves anything.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.callout.answering.words import language_of, say
from services.callout.people.people import People, UnknownPersonError
from services.message_ports import Accepted, Message
from services.message_router import Router
from streams.domain.people.person import method_of

log = logging.getLogger(__name__)

DIGITS: Final = 6
GOOD_FOR: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
BETWEEN: Final = timedelta(seconds=60)
PREFIX: Final = "verify-"

Asked = Literal["sent", "too_soon", "not_sent", "no_provider"]
Confirmed = Literal["verified", "wrong", "expired"]


@dataclass(slots=True)
class _Code:
    attempt: str
    digest: bytes
    salt: bytes
    text: str
    language: str
    asked_at: datetime
    tries: int = 0


class Verification:
    """Codes that are on their way."""

    def __init__(
        self,
        people: People,
        router: Router,
        now: Callable[[], datetime],
        *,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self._people = people
        self._router = router
        self._now = now
        self._wait = wait
        self._codes: dict[tuple[str, str], _Code] = {}

    async def ask(self, person_id: str, method_id: str) -> Asked:
        """Send a code; a second one not before a minute has passed."""
        person = self._people.get(person_id)
        method = method_of(person, method_id)
        if method is None:
            raise UnknownPersonError("they have no such method")
        now = self._now()
        self._forget_old(now)
        before = self._codes.get((person_id, method_id))
        if before is not None and now - before.asked_at < BETWEEN:
            return "too_soon"
        provider = self._router.choose(method.kind)
        if provider is None:
            return "no_provider"
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        language = language_of(*person.languages)
        text = say("verify", language, code=code)
        made = _made(f"{PREFIX}{secrets.token_hex(8)}", code, text, language, now)
        self._codes[person_id, method_id] = made
        message = Message(
            attempt=made.attempt,
            kind=method.kind,
            to=self._people.address_of(method),
            text=text,
            language=language,
            valid_for=GOOD_FOR,
        )
        await self._wait(self._router.reserve(provider.name))
        outcome = await provider.send(message)
        self._router.note(provider.name, method.kind, made.attempt, outcome)
        log.info("a code was sent", extra={"person": person_id, "method": method_id})
        return "sent" if isinstance(outcome, Accepted) else "not_sent"

    async def confirm(self, person_id: str, method_id: str, code: str) -> Confirmed:
        """The code came back."""
        self._people.get(person_id)
        self._forget_old(self._now())
        made = self._codes.get((person_id, method_id))
        if made is None:
            return "expired"
        made.tries += 1
        if not hmac.compare_digest(_digest(made.salt, code.strip()), made.digest):
            if made.tries >= MOST_TRIES:
                del self._codes[person_id, method_id]
            return "wrong"
        del self._codes[person_id, method_id]
        await self._people.verified(person_id, method_id)
        return "verified"

    def spoken(self, attempt: str) -> tuple[str, str] | None:
        """What is said into a call that brings a code, and in which language."""
        for made in self._codes.values():
            if made.attempt == attempt:
                # Digit by digit, and twice: nobody has a pencil ready.
                slow = "".join(f" {c}." if c.isdigit() else c for c in made.text)
                return f"{slow} {slow}", made.language
        return None

    def _forget_old(self, now: datetime) -> None:
        self._codes = {
            key: code for key, code in self._codes.items() if now - code.asked_at < GOOD_FOR
        }


def _made(attempt: str, code: str, text: str, language: str, now: datetime) -> _Code:
    salt = secrets.token_bytes(16)
    return _Code(attempt, _digest(salt, code), salt, text, language, now)


def _digest(salt: bytes, code: str) -> bytes:
    return hashlib.sha256(salt + code.encode()).digest()
