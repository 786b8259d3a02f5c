"""What do all pages share? The list's API, the accounts, the sessions, the words, the log."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.audit_log import AuditLog
from services.auth import Identity
from services.consoles.api import Api
from services.consoles.brake import Brake
from services.consoles.pages import Pages
from services.consoles.settings import Settings
from services.consoles.trail import Trail
from services.register import Register
from services.sessions import Session
from streams.events.audit import Result

log = logging.getLogger(__name__)


@dataclass
class House:
    """One consoles process."""

    settings: Settings
    audit: AuditLog
    callbacks: Api
    register: Register
    trail: Trail
    pages: Pages
    brake: Brake = field(default_factory=Brake)

    @classmethod
    def of(cls, settings: Settings, audit: AuditLog) -> "House":
        """Everything a process needs, not yet started."""
        connections = settings.connections
        return cls(
            settings=settings,
            audit=audit,
            callbacks=Api.of(settings.callbacks_url, settings.console_token),
            register=Register(connections.redis, connections.prefix),
            trail=Trail(connections),
            pages=Pages(settings.centre),
        )

    def start(self) -> None:
        """Begin."""
        self.register.start()
        self.trail.start()

    async def stop(self) -> None:
        """Stop."""
        await self.trail.stop()
        await self.register.stop()
        await self.callbacks.close()

    def now(self) -> datetime:
        """The wall's time: sessions and tries have nothing to do with the centre's clock."""
        return datetime.now(UTC)

    def session(self, cookie: str | None) -> Session | None:
        """Who this cookie signs in now, as the accounts file has them now."""
        session = self.settings.sessions.read(cookie, self.now())
        if session is None or self.register.is_ended(session.id):
            return None
        account = self.settings.accounts.get(session.account)
        if session.outside:
            stopped = account is not None and (
                account.disabled
                or account.password is not None
                or account.generation != session.generation
            )
            return None if stopped else session
        if account is None or account.disabled or account.generation != session.generation:
            return None
        return session

    def note(
        self,
        who: Session | None,
        action: str,
        thing: str,
        reason: str = "",
        *,
        result: Result = "done",
    ) -> None:
        """An audit line, and one on the process' own log."""
        actor = Identity(who.account, frozenset(who.roles)) if who is not None else None
        self.audit.note(self.audit.line(actor, action, thing, reason, result=result))
        fields = {"action": action, "result": result, "reason": reason}
        log.info("console used", extra=fields | {"account": actor.name if actor else ""})
