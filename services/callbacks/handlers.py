"""What do the people at the desks ask for, in terms of commands?"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from services.callbacks import looking
from services.callbacks.commands import Command, Commands
from services.callbacks.dialable import Dialable
from services.callbacks.filed import Needed
from services.callbacks.giving import Given, Giving
from services.callbacks.looking import ANYTHING, Sought, Summary
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import RefusedError
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.order import Wish
from streams.domain.callbacks.switches import SwitchName, may_dial, switches_fact, turn
from streams.events.callbacks import CallbackData, SwitchesData

log = logging.getLogger(__name__)

SWITCH_TRIES: Final = 10

Act = Callable[[CallbackBook, datetime], CallbackData]


class Clock(Protocol):
    """The centre's clock."""

    def now(self) -> datetime:
        """The centre's time now."""


class Handlers:
    """One method for each thing that can be asked."""

    def __init__(
        self, commands: Commands, dialable: Dialable, clock: Clock, giving: Giving
    ) -> None:
        self._commands = commands
        self._giving = giving
        self._dialable = dialable
        self._clock = clock
        self._summary = Summary()

    def now(self) -> datetime:
        """The centre's time."""
        return self._clock.now()

    async def next(self, wish: Wish) -> Given:
        """What the agent holds, or whose turn it is; and why nothing, when there is nothing."""
        return await self._giving.next(wish)

    def out_of_turn(self) -> list[CallbackData]:
        """Callbacks given out though somebody on hold was there before, the latest first."""
        return self._giving.out_of_turn()

    async def renew(self, callback_id: str, claim: Claim) -> CallbackData:
        """Hold it longer."""
        return await self._act(
            "renew", callback_id, lambda b, now: b.renew(callback_id, claim, now)
        )

    async def dial(self, callback_id: str, claim: Claim) -> CallbackData:
        """Order the dial; the phone system is told when the order is on the log."""
        switches = self._commands.worklist.switches

        def act(book: CallbackBook, now: datetime) -> CallbackData:
            state = book.get(callback_id)
            if state is not None and not may_dial(switches, state.queue):
                raise RefusedError("dialling_off", "dialling is switched off for this queue")
            return book.start_dial(callback_id, claim, now, self._giving.first_rung())

        return await self._act("start_dial", callback_id, act)

    async def connected(self, callback_id: str, claim: Claim) -> CallbackData:
        """They are talking."""
        return await self._act(
            "connected", callback_id, lambda b, now: b.connected(callback_id, claim, now)
        )

    async def complete(self, callback_id: str, claim: Claim, result: str) -> CallbackData:
        """They talked."""
        return await self._act(
            "complete", callback_id, lambda b, now: b.complete(callback_id, claim, result, now)
        )

    async def fail(self, callback_id: str, claim: Claim, outcome: str) -> CallbackData:
        """Nothing came of it."""
        return await self._act(
            "fail", callback_id, lambda b, now: b.fail(callback_id, claim, outcome, now)
        )

    async def reschedule(self, callback_id: str, claim: Claim | None, at: datetime) -> CallbackData:
        """Another time."""
        return await self._act(
            "reschedule", callback_id, lambda b, now: b.reschedule(callback_id, claim, at, now)
        )

    async def withdraw(
        self, callback_id: str, claim: Claim | None, reason: str, *, override: bool
    ) -> CallbackData:
        """No longer wanted."""
        return await self._act(
            "withdraw",
            callback_id,
            lambda b, now: b.withdraw(callback_id, claim, reason, now, override=override),
        )

    async def number(self, callback_id: str, claim: Claim) -> str:
        """The number, for the holder's eyes; that it was shown is on the log before it is."""
        state = await self._act(
            "reveal_number", callback_id, lambda b, now: b.reveal_number(callback_id, claim, now)
        )
        log.info("number revealed", extra={"callback": callback_id, "agent": claim.agent})
        return self._dialable.number(state.caller)

    async def page(
        self, which: str, offset: int, limit: int, sought: Sought = ANYTHING
    ) -> tuple[int, list[CallbackData]]:
        """Some of the list, in order."""
        worklist = self._commands.worklist
        return await looking.page(worklist, which, offset, limit, self.now(), sought)

    async def summary(self) -> dict[str, Any]:
        """The counts above the list."""
        return await self._summary.of(self._commands.worklist, self.now())

    async def held_by(self, agent: str) -> CallbackData | None:
        """What an agent holds; nothing is leased by asking."""
        return await self._commands.worklist.held_by(agent)

    async def history(self, callback_id: str) -> list[CallbackData]:
        """Every callback of this callback's caller, the latest first."""
        state = await self.get(callback_id)
        found = await self._commands.worklist.of_caller(state.caller.key)
        return sorted(found, key=lambda one: one.requested_at, reverse=True)

    def masked(self, state: CallbackData) -> str:
        """The caller's number as far as everybody at the desks may see it."""
        return self._dialable.masked(state.caller)

    async def get(self, callback_id: str) -> CallbackData:
        """One callback."""
        found = await self._commands.worklist.get([callback_id])
        if not found:
            raise RefusedError("not_found", "there is no such callback")
        return found[0]

    def switches(self) -> SwitchesData:
        """How the switches stand."""
        return self._commands.worklist.switches

    async def turn(
        self, name: SwitchName, queue: str, *, on: bool, by: str, reason: str
    ) -> SwitchesData:
        """Turn a switch, and write down who did and why."""
        for _ in range(SWITCH_TRIES):
            after = turn(self.switches(), name, queue, on=on, by=by, reason=reason)
            if after is None:
                return self.switches()
            if await self._commands.turn(after, switches_fact(after, self.now())):
                log.warning(
                    "switch turned", extra={"switch": name, "queue": queue, "on": on, "by": by}
                )
                return after
        raise RefusedError("held", "somebody else is turning the switches: try again")

    async def _act(self, name: str, callback_id: str, act: Act) -> CallbackData:
        command: Command[CallbackData] = Command(
            name=name,
            needed=Needed(callbacks=[callback_id]),
            decide=lambda _, book, now: act(book, now),
        )
        return await self._commands.run(command)
