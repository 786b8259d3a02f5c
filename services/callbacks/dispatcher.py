"""Who tells the phone system what the log says it should do?

For each callback about which something is owed there is one worker, so two commands about one
callback are never under way together. A duty comes from a state that is on the log, is repeated
until the phone system has answered, and its answer is written down as a transition; after a restart
the same duties are found in the list again.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.callbacks.commands import Command, Commands
from services.callbacks.dialable import Dialable
from services.callbacks.filed import Needed
from services.outbox import NotReadyError
from services.ports import (
    DialOrder,
    DialStatus,
    PhoneSystem,
    PhoneUnavailableError,
    TextHandOff,
    TextOrder,
)
from services.tasks import end
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.callback import RefusedError, in_flight
from streams.domain.callbacks.duties import (
    AskAboutDial,
    CancelDial,
    Duty,
    HandOverText,
    PlaceDial,
    TakeOffHold,
    duty,
    has_duties,
)
from streams.events.callbacks import CallbackData, TextAnswer
from streams.telemetry import metrics

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
AT_ONCE: Final = 32


class Dispatcher:
    """The duties of every callback, one worker each."""

    def __init__(
        self,
        phone: PhoneSystem,
        texts: TextHandOff,
        dialable: Dialable,
        commands: Commands,
        now: Callable[[], datetime],
    ) -> None:
        self._phone = phone
        self._texts = texts
        self._dialable = dialable
        self._commands = commands
        self._now = now
        self._latest: dict[str, CallbackData] = {}
        self._placed: set[str] = set()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._failed: Callable[[BaseException], None] = _raise

    def on_failure(self, failed: Callable[[BaseException], None]) -> None:
        """Who is told of an error that no duty should meet."""
        self._failed = failed

    def feed(self, state: CallbackData) -> None:
        """A state that is on the log."""
        known = self._latest.get(state.id)
        if known is not None and known.version > state.version:
            return
        if not has_duties(state):
            self._drop(state)
            return
        self._latest[state.id] = state
        self.look(state.id)

    def follows(self, callback_id: str) -> bool:
        """Whether anything is owed about this callback."""
        return callback_id in self._latest

    def look(self, callback_id: str) -> None:
        """See whether something is to be done now: a state came, or its lease ran out."""
        state = self._latest.get(callback_id)
        if state is None or callback_id in self._workers:
            return
        if duty(state, self._now(), self._placed) is not None:
            task = asyncio.create_task(self._work(callback_id))
            self._workers[callback_id] = task
            task.add_done_callback(lambda done: self._ended(callback_id, done))

    async def close(self) -> None:
        """Stop; what is owed will be found in the list again."""
        await asyncio.gather(*map(end, list(self._workers.values())))
        self._latest.clear()
        self._placed.clear()

    async def _work(self, callback_id: str) -> None:
        pause = FIRST_PAUSE_SECONDS
        while (state := self._latest.get(callback_id)) is not None:
            todo = duty(state, self._now(), self._placed)
            if todo is None:
                return
            try:
                async with self._room:
                    done = await self._do(state, todo)
            except PhoneUnavailableError as error:
                kind = type(todo).__name__
                metrics.CALLBACK_PHONE.labels(kind, "failed").inc()
                log.warning("phone system away", extra={"duty": kind, "detail": str(error)})
                done = False
            if done:
                pause = FIRST_PAUSE_SECONDS
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _do(self, state: CallbackData, todo: Duty) -> bool:
        """Do it and write the answer down; False when it must be done again."""
        if isinstance(todo, TakeOffHold):
            answer = await self._phone.withdraw(todo.contact, state.id)
            self._note(state, todo, answer)
            return await self._write(
                "call_withdrawn",
                state,
                lambda book, now: book.call_withdrawn(state.id, todo.contact, answer, now),
            )
        if isinstance(todo, PlaceDial):
            return await self._place(state, todo)
        if isinstance(todo, CancelDial):
            return await self._cancel(state, todo)
        if isinstance(todo, HandOverText):
            return await self._hand_over_text(state, todo)
        return await self._ask(state, todo)

    async def _place(self, state: CallbackData, todo: PlaceDial) -> bool:
        if self._another_rings(state):
            return False
        try:
            number = self._dialable.number(state.caller)
        except RefusedError as error:
            return await self._write_status(state, todo.dial, DialStatus("ended", error.reason))
        order = DialOrder(
            dial=todo.dial,
            callback=state.id,
            token=state.token,
            agent=state.agent or "",
            number=number,
            first=state.attempts[-1].first,
        )
        status = await self._phone.dial(order)
        self._note(state, todo, status.condition)
        if status.condition == "ended":
            return await self._write_status(state, todo.dial, status)
        self._placed.add(todo.dial)
        return True

    async def _cancel(self, state: CallbackData, todo: CancelDial) -> bool:
        answer = await self._phone.cancel(todo.dial)
        self._note(state, todo, answer)
        if answer == "too_late":
            status = await self._phone.dial_status(todo.dial)
            if status.condition in ("ringing", "connected"):
                return False
        return await self._write(
            "dial_ended", state, lambda book, now: book.dial_ended(state.id, todo.dial, now)
        )

    async def _hand_over_text(self, state: CallbackData, todo: HandOverText) -> bool:
        number = self._dialable.text_number(state.caller)
        answer: TextAnswer = "refused"
        if number is not None:
            order = TextOrder(
                text=todo.text,
                callback=state.id,
                template="could_not_reach_you",
                language=state.language,
                number=number,
            )
            answer = await self._texts.hand_over(order)
        self._note(state, todo, answer)
        return await self._write(
            "text_told", state, lambda book, now: book.text_told(state.id, answer, now)
        )

    async def _ask(self, state: CallbackData, todo: AskAboutDial) -> bool:
        status = await self._phone.dial_status(todo.dial)
        # Unknown: it never got there. Cancelled, it never will, and only then may another be made.
        unknown = status.condition == "unknown"
        if unknown and await self._phone.cancel(todo.dial) == "too_late":
            return False
        self._note(state, todo, status.condition)
        return await self._write_status(state, todo.dial, status)

    async def _write_status(self, state: CallbackData, dial: str, status: DialStatus) -> bool:
        return await self._write(
            "phone_says",
            state,
            lambda book, now: book.phone_says(
                state.id, dial, status.condition, status.outcome, now
            ),
        )

    async def _write(
        self,
        name: str,
        state: CallbackData,
        decide: Callable[[CallbackBook, datetime], CallbackData | None],
    ) -> bool:
        command: Command[CallbackData | None] = Command(
            name=name,
            needed=Needed(callbacks=[state.id]),
            decide=lambda _, book, now: decide(book, now),
        )
        try:
            after = await self._commands.run(command)
        except NotReadyError:
            return False
        if after is None:
            self._drop(state)
        else:
            self.feed(after)
        return True

    def _another_rings(self, state: CallbackData) -> bool:
        """An earlier callback of this caller was closed mid-dial and is not known to be over."""
        return any(
            other.caller.key == state.caller.key and other.id != state.id and in_flight(other)
            for other in self._latest.values()
        )

    def _note(self, state: CallbackData, todo: Duty, answer: str) -> None:
        kind = type(todo).__name__
        metrics.CALLBACK_PHONE.labels(kind, answer).inc()
        log.info("phone system told", extra={"duty": kind, "callback": state.id, "answer": answer})

    def _ended(self, callback_id: str, task: "asyncio.Task[None]") -> None:
        self._workers.pop(callback_id, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed(error)
        else:
            self.look(callback_id)

    def _drop(self, state: CallbackData) -> None:
        self._latest.pop(state.id, None)
        self._placed.difference_update(attempt.id for attempt in state.attempts)


def _raise(error: BaseException) -> None:
    raise error
