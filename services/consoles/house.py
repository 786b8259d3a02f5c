"""What do all pages share? The services' APIs, the accounts, the sessions, the words, the log."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services import tasks
from services.audit_log import AuditLog
from services.auth import Identity
from services.consoles.api import Api
from services.consoles.brake import Brake
from services.consoles.pages import Pages
from services.consoles.settings import Settings
from services.consoles.trail import Trail
from services.register import Register
from services.sessions import Session
from services.signed_in import SignedIn
from streams.domain.centre import Centre
from streams.events.audit import Result
from streams.kafka import FollowedCentre

log = logging.getLogger(__name__)


@dataclass
class House:
    """One consoles process."""

    settings: Settings
    audit: AuditLog
    callbacks: Api
    callouts: Api
    people: SignedIn
    trail: Trail
    pages: Pages
    followed: FollowedCentre
    brake: Brake = field(default_factory=Brake)
    following: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, settings: Settings, audit: AuditLog) -> "House":
        """Everything a process needs, not yet started."""
        connections = settings.connections
        followed = FollowedCentre(connections)
        return cls(
            settings=settings,
            audit=audit,
            callbacks=Api.of(settings.callbacks_url, settings.console_token),
            callouts=Api.of(settings.callout_url, settings.console_token),
            people=SignedIn(
                settings.sessions,
                settings.accounts,
                Register(connections.redis, connections.prefix),
            ),
            trail=Trail(connections),
            pages=Pages(followed.centre),
            followed=followed,
        )

    def start(self) -> None:
        """Begin."""
        self.followed.on_change(self._go_by)
        # Pages do not wait for it: until the log has been read, the file of this machine counts.
        self.following = asyncio.create_task(self.followed.start())
        self.register.start()
        self.trail.start()

    async def stop(self) -> None:
        """Stop."""
        await tasks.end(self.following)
        await self.followed.stop()
        await self.trail.stop()
        await self.register.stop()
        await self.callbacks.close()
        await self.callouts.close()

    @property
    def centre(self) -> Centre:
        """The centre file in force."""
        return self.followed.centre

    def _go_by(self, centre: Centre) -> None:
        self.pages = Pages(centre)

    @property
    def register(self) -> Register:
        """Open and ended sessions."""
        return self.people.register

    def now(self) -> datetime:
        """The wall's time: sessions and tries have nothing to do with the centre's clock."""
        return datetime.now(UTC)

    def session(self, cookie: str | None) -> Session | None:
        """Who this cookie signs in now, as the accounts file has them now."""
        return self.people.session(cookie, self.now())

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
