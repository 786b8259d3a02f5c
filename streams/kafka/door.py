"""Why does the broker not let us in, and how soon do we knock again?

Every client of a process goes through here. A dozen followers that each try every second would
say the same a dozen times, and a wrong password tried that often locks the account. So the process
knocks at growing intervals, all its clients together, and says each reason in one clear line.
aiokafka keeps the cause to its own log; it is heard there.
"""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from streams.settings import Connections

log = logging.getLogger(__name__)

SAY_AGAIN_SECONDS: Final = 60.0
# A broker that restarts is back within seconds, and callers wait: knock often. One that refuses us
# will go on refusing until a person has changed something.
AWAY_PAUSES: Final = (0.0, 0.25, 0.5, 1.0)
REFUSED_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
REFUSALS: Final = (
    SaslAuthenticationFailed,
    AuthenticationFailedError,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)


@dataclass
class _Attempt:
    """One client on its way in. The tasks that it starts meanwhile inherit it and live on; what
    they complain of after the attempt is `over` is no longer kept from the log.
    """

    heard: list[BaseException] = field(default_factory=list)
    over: bool = False


_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


class _Listening(logging.Filter):
    """While a client connects, aiokafka's complaint is heard here and said once, by us."""

    def filter(self, record: logging.LogRecord) -> bool:
        attempt = _attempt.get()
        if attempt is None or attempt.over:
            return True
        arguments = record.args if isinstance(record.args, tuple) else ()
        attempt.heard += [part for part in arguments if isinstance(part, BaseException)]
        return False


for _name in ("aiokafka", "aiokafka.conn"):
    logging.getLogger(_name).addFilter(_Listening())


@dataclass
class _Door:
    """One broker's, for all clients of this process."""

    failures: int = 0
    not_before: float = 0.0
    said: str = ""
    said_at: float = 0.0

    def opened(self, broker: str) -> None:
        if self.said:
            log.info("broker reached", extra={"broker": broker})
        self.failures, self.not_before, self.said = 0, 0.0, ""

    def shut(self, broker: str, cause: BaseException) -> None:
        why, refused = explain(cause)
        pauses = REFUSED_PAUSES if refused else AWAY_PAUSES
        now = time.monotonic()
        if now >= self.not_before:
            self.not_before = now + pauses[min(self.failures, len(pauses) - 1)]
            self.failures += 1
        if why != self.said or now - self.said_at >= SAY_AGAIN_SECONDS:
            self.said, self.said_at = why, now
            log.error("broker not reached", extra={"broker": broker, "why": why})


_doors: dict[str, _Door] = {}


async def connect(connections: Connections, client: Any) -> None:
    """Start a client; raises aiokafka's error when the broker does not let it in."""
    broker = connections.kafka
    door = _doors.setdefault(broker, _Door())
    await asyncio.sleep(max(0.0, door.not_before - time.monotonic()))
    with _listening() as attempt:
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            door.shut(broker, attempt.heard[0] if attempt.heard else error)
            raise
    door.opened(broker)


@contextlib.contextmanager
def _listening() -> Iterator[_Attempt]:
    attempt = _Attempt()
    token = _attempt.set(attempt)
    try:
        yield attempt
    finally:
        attempt.over = True
        _attempt.reset(token)


def explain(error: BaseException) -> tuple[str, bool]:
    """What is wrong, in words for whoever can put it right; and whether we were refused."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}", True
    if isinstance(error, ssl.SSLError):
        said = getattr(error, "reason", None) or error.strerror
        return f"TLS failed: {said}", True
    if isinstance(error, REFUSALS):
        return f"it refuses this user: {type(error).__name__}", True
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there", False
    return type(error).__name__, False
