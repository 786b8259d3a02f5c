"""How does e-mail go out, and when is its outcome unknown?

Until the server has answered the whole text, nothing was sent. After that line an answer that is
lost leaves the outcome unknown, and no server can be asked; the Message-ID is the attempt's, so
that a reader's mail program shows a repeated one once.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, localtime
from typing import Final

import aiosmtplib

from services.adapters.reach import Reach
from services.message_ports import (
    Accepted,
    CannotTellError,
    Found,
    Message,
    Outcome,
    Refused,
    Unknown,
    full_text,
)
from streams.events.people import MethodKind

TIMEOUT_SECONDS: Final = 10.0
PERMANENT: Final = 500
AUTH: Final = (530, 534, 535, 538)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """One server; `start_tls` None means: when it offers it. `drills`: it delivers to nobody."""

    name: str
    host: str
    port: int = 587
    sender: str = field(repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    start_tls: bool | None = None
    per_second: float = 10.0
    drills: bool = False


class SmtpMail:
    """E-mail through one server, a connection for each message."""

    kinds: frozenset[MethodKind] = frozenset({"email"})
    can_find = False

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._reach = Reach(server.host, drills=server.drills)

    @property
    def name(self) -> str:
        """See `Provider`."""
        return self._server.name

    @property
    def drills(self) -> bool:
        """Whether it reaches nobody, so that drills may use it."""
        return self._server.drills

    @property
    def per_second(self) -> float:
        """See `Provider`."""
        return self._server.per_second

    async def send(self, message: Message) -> Outcome:
        """See `Provider`."""
        blocked = self._reach.refusal(message)
        if blocked is not None:
            return blocked
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=server.start_tls,
            username=server.user or None,
            password=server.password or None,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            return await self._say(client, message)
        finally:
            client.close()

    async def _say(self, client: aiosmtplib.SMTP, message: Message) -> Outcome:
        try:
            await client.connect()
            await client.mail(self._server.sender)
            await client.rcpt(message.to)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError, ValueError):
            return Refused("server", permanent=False)
        try:
            await client.data(self._mail(message).as_bytes(policy=SMTP_POLICY))
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unknown(type(error).__name__)
        return Accepted(message.attempt)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._server.sender
        mail["To"] = message.to
        mail["Subject"] = message.subject or message.text.partition("\n")[0][:120]
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = f"<{message.attempt}@surgeline.invalid>"
        # No out-of-office note may come back as an answer (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = message.language
        mail.set_content(full_text(message) + "\n")
        return mail

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        """No mail server tells what it has sent."""
        del attempt, to, since, known
        raise CannotTellError("a mail server cannot be asked")

    async def stop(self) -> None:
        """Nothing is kept open."""


def _refused(code: int) -> Outcome:
    if code in AUTH:
        return Refused("auth", permanent=False)
    if code >= PERMANENT:
        return Refused("bad_address", permanent=True)
    return Refused("server", permanent=False)
