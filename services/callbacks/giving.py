"""Does the agent who asks get the next callback, and if not, why not?"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.callbacks.commands import Command, Commands, TryAgainError
from services.callbacks.floor import PhoneFloor
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import HELD, RefusedError
from streams.domain.callbacks.dial import first_rung
from streams.domain.callbacks.order import Wish, why_here
from streams.domain.callbacks.release import HeldBack, held_back, overtakes
from streams.domain.centre import CallbackPolicy, Centre
from streams.events.callbacks import CallbackData, FirstRung
from streams.telemetry import metrics

log = logging.getLogger(__name__)

EXCEPTIONS_KEPT: Final = 200


class Given(NamedTuple):
    """What the agent got, or a short word and a sentence on why nothing."""

    callback: CallbackData | None
    reason: str
    detail: str


class Giving:
    """Gives callbacks out, as far as the floor allows; remembers who was overtaken."""

    def __init__(self, commands: Commands, floor: PhoneFloor, rules: CallbackPolicy) -> None:
        self._commands = commands
        self._floor = floor
        self._rules = rules
        self._out_of_turn: deque[CallbackData] = deque(maxlen=EXCEPTIONS_KEPT)

    def go_by(self, centre: Centre) -> None:
        """Give by this version of the centre file from now on."""
        self._rules = centre.callbacks

    async def next(self, wish: Wish) -> Given:
        """What the agent holds, or whose turn it is; and why nothing, when there is nothing."""
        held: list[HeldBack] = []
        command = Command(name="lease", wish=wish, decide=self._decide(wish.agent, held))
        state = await self._commands.run(command)
        if state is not None:
            log.info("callback leased", extra={"callback": state.id, "agent": wish.agent})
            self._remember(state, command.picked)
            return Given(state, "yours", "")
        if held:
            metrics.CALLBACK_HELD_BACK.labels(held[-1].reason).inc()
            return Given(None, "held_back", str(held[-1]))
        counts = await self._commands.worklist.counts()
        if counts["ready"]:
            return Given(None, "none_fits", "none of those due is for this desk")
        if counts["later"] or counts["parked"]:
            return Given(None, "none_due", "callbacks wait, but none is due yet")
        return Given(None, "none", "nobody waits to be rung back")

    def first_rung(self) -> FirstRung:
        """Whose phone rings first in a dial that is ordered now."""
        under_way = self._floor.customer_first_under_way
        return first_rung(self._rules, under_way, self._floor.waiting())

    def out_of_turn(self) -> list[CallbackData]:
        """Callbacks given out though somebody on hold was there before, the latest first."""
        return list(reversed(self._out_of_turn))

    def _decide(
        self, agent: str, held: list[HeldBack]
    ) -> Callable[[Command[Any], CallbackBook, datetime], CallbackData | None]:
        def decide(
            command: Command[CallbackData | None], book: CallbackBook, now: datetime
        ) -> CallbackData | None:
            held.clear()
            picked = command.picked
            if picked is None:
                return None
            try:
                if picked.state in HELD:
                    return book.lease(picked.id, agent, now)
                return self._give(picked, agent, book, now, held)
            except RefusedError:
                raise TryAgainError from None

        return decide

    def _give(
        self,
        picked: CallbackData,
        agent: str,
        book: CallbackBook,
        now: datetime,
        held: list[HeldBack],
    ) -> CallbackData | None:
        floor = self._floor.around(agent, picked.queue)
        why_not = held_back(picked, floor, now, self._rules) if floor else None
        if why_not is not None:
            held.append(why_not)
            return None
        overtaking = floor is not None and overtakes(picked, floor)
        reason = why_here(picked, now) if overtaking else None
        state = book.lease(picked.id, agent, now, out_of_turn=reason)
        # The next one of this batch must not count on the same free agent.
        self._floor.note(state)
        return state

    def _remember(self, state: CallbackData, picked: CallbackData | None) -> None:
        if state.out_of_turn and (picked is None or picked.state not in HELD):
            metrics.CALLBACK_OUT_OF_TURN.labels(state.out_of_turn).inc()
            log.warning(
                "somebody on hold overtaken",
                extra={"callback": state.id, "reason": state.out_of_turn},
            )
            self._out_of_turn.append(state)
