"""How does a message reach a chat or a push app?

Each person's address is an apprise URL of their own. apprise says whether every target took it, but
has no name for the message and cannot be asked later; so anything but a clear yes stays unknown,
and the next step of the contact plan is another way. `pagerduty://<routing key>` goes to PagerDuty.

Some of apprise's schemes run programs or write files; only those that speak to a network are let
in.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import apprise

from services.adapters.pagerduty import PagerDuty
from services.adapters.reach import is_here
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

SCHEMES: Final = frozenset(
    {
        "discord",
        "gotify",
        "gotifys",
        "matrix",
        "matrixs",
        "mmost",
        "mmosts",
        "msteams",
        "ntfy",
        "ntfys",
        "pagerduty",
        "pover",
        "rocket",
        "rockets",
        "slack",
        "tgram",
        "workflows",
        "zulip",
    }
)


class Push:
    """Chat and push through apprise, pages through PagerDuty."""

    kinds: frozenset[MethodKind] = frozenset({"push"})
    can_find = False

    def __init__(
        self,
        name: str = "push",
        *,
        per_second: float = 20.0,
        pagerduty: PagerDuty | None = None,
        drills: bool = False,
    ) -> None:
        self.name = name
        self.per_second = per_second
        self._pagerduty = pagerduty or PagerDuty()
        self.drills = drills

    async def send(self, message: Message) -> Outcome:
        """See `Provider`."""
        scheme, _, rest = message.to.partition("://")
        if scheme.lower() not in SCHEMES or not rest:
            return Refused("bad_address", permanent=True)
        if message.drill and not self._stays_here(message.to):
            return Refused("blocked", permanent=True)
        if scheme.lower() == "pagerduty":
            return await self._pagerduty.trigger(rest.partition("/")[0], message)
        target = apprise.Apprise()
        if not target.add(message.to):
            return Refused("bad_address", permanent=True)
        return await _notify(target, message)

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        """Nobody can be asked what was pushed."""
        del attempt, to, since, known
        raise CannotTellError("a push service cannot be asked")

    async def stop(self) -> None:
        """See `Provider`."""
        await self._pagerduty.stop()

    def _stays_here(self, address: str) -> bool:
        # The address decides where it goes, so each one is looked at.
        return self.drills and is_here(address)


async def _notify(target: apprise.Apprise, message: Message) -> Outcome:
    try:
        done = await target.async_notify(
            body=full_text(message),
            title=message.subject,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType.WARNING,
        )
    except (TypeError, OSError, ValueError) as error:
        return Unknown(type(error).__name__)
    return Accepted("") if done else Unknown("not_confirmed")
