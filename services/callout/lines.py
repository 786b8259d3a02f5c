"""Which accounts carry a message? A drill's never the ones that reach anybody.

Two routers of two types. `DrillRouter` takes only accounts that were set up for drills, and those
live on this machine (services/adapters/reach.py); the sender gets its router from here by the
offer's own mark, so a drill has no way to an account that could ring a real telephone.
"""

from collections.abc import Sequence
from typing import Any

from services.message_ports import Inbox
from services.message_router import Route, Router
from streams.errors import WrongSettingError


class DrillRouter(Router):
    """Accounts that reach nobody."""

    def __init__(self, routes: Sequence[Route], **more: Any) -> None:
        real = [r.provider.name for r in routes if not getattr(r.provider, "drills", False)]
        if real:
            raise WrongSettingError(f"not for drills: {', '.join(real)} could reach somebody")
        super().__init__(routes, **more)


class Lines:
    """The accounts of this centre, those for drills apart."""

    def __init__(self, live: Router, drills: DrillRouter) -> None:
        self.live = live
        self.drills = drills

    def of(self, *, drill: bool) -> Router:
        """The router for a call-out."""
        return self.drills if drill else self.live

    def both(self) -> tuple[Router, ...]:
        """Every router, for ticking and showing; one when a rehearsal has no other."""
        return tuple(dict.fromkeys((self.live, self.drills)))

    async def stop(self) -> None:
        """Close every account's connections."""
        for router in self.both():
            await router.stop()


def inboxes_of(lines: Lines) -> list[Inbox]:
    """Every account that keeps a list of what people wrote to it."""
    found = {
        name: provider
        for router in lines.both()
        for name, provider in router.providers.items()
        if isinstance(provider, Inbox)
    }
    return list(found.values())
