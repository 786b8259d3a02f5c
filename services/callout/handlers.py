"""What do managers and leads ask of call-outs?"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from services.callout.answers import Answer, Reply
from services.callout.answers_in import AnswersIn
from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.engine import Engine
from services.callout.lines import Lines
from services.callout.needs import Needs
from streams.domain.callout import answering, asking, life, lifting
from streams.domain.callout.book import CalloutBook, RefusedError
from streams.domain.callout.preview import Preview, marked, preview
from streams.domain.callout.seating import seats_needed
from streams.domain.centre import Centre
from streams.events.callouts import CalloutData, Need, OfferData, Policy, Quota
from streams.events.people import MethodKind

log = logging.getLogger(__name__)

STEERING: Final = {
    "pause": life.pause,
    "resume": life.resume,
    "widen": life.widen,
    "faster": life.faster,
    "cancel": life.cancel,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """What a manager sees before sending; `seconds_to_send` is the providers' limit alone."""

    callout: CalloutData
    preview: Preview
    seconds_to_send: dict[str, float]


class Handlers:
    """One method for each thing that can be asked."""

    def __init__(
        self,
        commands: Commands,
        engine: Engine,
        answers: AnswersIn,
        needs: Needs,
        directory: Directory,
        lines: Lines,
        centre: Callable[[], Centre],
    ) -> None:
        self._commands = commands
        self._engine = engine
        self._answers = answers
        self._directory = directory
        self._lines = lines
        self._centre = centre
        self.needs = needs

    async def open(self, need: Need, *, drill: bool) -> CalloutData:
        """A manager's need: nothing is sent yet."""
        manual = msgspec.structs.replace(need, confirm_by=None, episode=None)
        return await self.needs.raised(manual, drill=drill)

    async def preview(
        self, callout_id: str, mark: str | None, rule: str | None, speed: float | None
    ) -> Previewed:
        """Who would be asked and how long it would take; written down as seen."""
        callout = await self._commands.run(
            "preview", lambda book, now: life.previewed(book, callout_id, now)
        )
        book, now = self._commands.book, self._commands.now()
        candidates, others = self._engine.sorted_out(book, callout, callout.need, now)
        seats_open = seats_needed(callout.need) - len(book.index(callout_id).seats)
        policy = self._policy(callout, mark, rule, speed)
        rates = asking.rates_of(book, callout, now)
        # It plays the call-out some hundred times: meanwhile answers are taken.
        seen = await asyncio.to_thread(
            preview, callout, policy, candidates, others, rates, seats_open
        )
        return Previewed(
            callout=callout, preview=seen, seconds_to_send=self._seconds(callout, seen)
        )

    async def start(
        self,
        callout_id: str,
        by: str,
        *,
        mark: str | None = None,
        rule: str | None = None,
        speed: float | None = None,
        people: int | None = None,
    ) -> CalloutData:
        """Send. `people` is the number typed by who sends, when it must match the preview."""
        callout = self._commands.book.callout(callout_id)
        policy = self._policy(callout, mark, rule, speed)

        def decide(book: CalloutBook, now: datetime) -> CalloutData | None:
            callout = book.callout(callout_id)
            wanted = seats_needed(callout.need)
            if people is not None and people != wanted:
                raise RefusedError("held", f"the need is {wanted} seats, not {people}", "people")
            if callout.state == "previewed" and not self._agreed(book, callout, policy, by, now):
                return None
            return life.start(book, callout_id, policy, by, now)

        started = await self._commands.run("start", decide)
        if started is None:
            within = self._centre().callout.second_within
            raise RefusedError("second_person", f"somebody else must agree within {within}")
        log.warning("call-out started", extra={"callout": callout_id, "by": by})
        await self._engine.look(callout_id)
        return started

    async def steer(self, callout_id: str, what: str, by: str) -> CalloutData:
        """Pause, resume, widen, faster, cancel."""
        act = STEERING[what]
        return await self._commands.run(what, lambda book, now: act(book, callout_id, by, now))

    async def lift(self, callout_id: str, rule: str, reason: str, by: str) -> CalloutData:
        """A rule of rest warns instead of blocking, for this call-out."""
        return await self._commands.run(
            "lift", lambda book, now: lifting.lift(book, callout_id, rule, reason, by, now)
        )

    async def restore(self, callout_id: str, rule: str, by: str) -> CalloutData:
        """It blocks again."""
        return await self._commands.run(
            "restore", lambda book, now: lifting.restore(book, callout_id, rule, by, now)
        )

    async def stop(self, callout_id: str, by: str, *, tell: bool) -> CalloutData:
        """Finish: later yeses go to the waitlist while the grace lasts."""
        return await self._commands.run(
            "stop", lambda book, now: life.stop(book, callout_id, "stopped", by, now, tell=tell)
        )

    async def rewind(self, callout_id: str, by: str) -> int:
        """Ask those once more who have not answered."""
        return await self._commands.run(
            "rewind", lambda book, now: life.rewind(book, callout_id, by, now)
        )

    async def resize(
        self, callout_id: str, quotas: tuple[Quota, ...], end: datetime | None, by: str
    ) -> CalloutData:
        """Raise or lower the need."""

        def decide(book: CalloutBook, now: datetime) -> CalloutData:
            until = end or book.callout(callout_id).need.end
            return life.revise(book, callout_id, quotas, until, by, now)

        return await self._commands.run("resize", decide)

    async def add(self, callout_id: str, person: str, *, told: bool) -> OfferData:
        """Ask somebody out of turn; `told`: face to face, so that no message goes."""

        def decide(book: CalloutBook, now: datetime) -> OfferData:
            callout = book.callout(callout_id)
            known = book.offer_of(callout_id, person)
            if known is not None:
                return known
            ready, others = self._engine.sorted_out(book, callout, callout.need, now)
            found = next((one for one in ready if one.person == person), None)
            if found is None:
                why = next((o.reason for o in others if o.person == person), "unknown_person")
                raise RefusedError("ineligible", f"this person cannot be asked: {why}", "person")
            return asking.add(book, callout_id, found, now, told=told)

        return await self._commands.run("add", decide)

    async def answer_for(self, callout_id: str, person: str, answer: Answer) -> Reply:
        """Typed in by somebody: from paper, or from a call of their own."""
        offer = self._commands.book.offer_of(callout_id, person)
        if offer is None:
            offer = await self.add(callout_id, person, told=True)
        return await self._answers.answer(offer.id, answer)

    async def arrived(self, callout_id: str, person: str) -> OfferData:
        """They are here."""

        def decide(book: CalloutBook, now: datetime) -> OfferData:
            offer = book.offer_of(callout_id, person)
            if offer is None:
                raise RefusedError("not_found", "there is no offer to this person")
            return answering.arrived(book, offer.id, now)

        return await self._commands.run("arrived", decide)

    def _agreed(
        self, book: CalloutBook, callout: CalloutData, policy: Policy, by: str, now: datetime
    ) -> bool:
        """Whether it may go out. If not yet, the wish is kept with the slider where it was."""
        rules = self._centre().callout
        if callout.drill or not rules.needs_second(callout.need):
            return True
        if life.ask_second(book, callout.id, by, rules.second_within, now):
            return True
        waiting = book.callout(callout.id)
        if waiting.policy != policy:
            book.put(msgspec.structs.replace(waiting, policy=policy), now)
        return False

    def _policy(
        self, callout: CalloutData, mark: str | None, rule: str | None, speed: float | None
    ) -> Policy:
        """The centre's policy as it is now, with the slider where the manager has it."""
        centre = self._centre()
        policy = centre.callout.stamped(centre.version)
        if mark is not None:
            policy = marked(policy, mark)
        if rule is not None:
            policy = msgspec.convert({**msgspec.to_builtins(policy), "rule": rule}, Policy)
        if speed is not None:
            policy = msgspec.structs.replace(policy, speed=speed)
        return policy if callout.state in ("draft", "previewed") else callout.policy

    def _seconds(self, callout: CalloutData, seen: Preview) -> dict[str, float]:
        """How long the first messages take by each kind's limits."""
        first = set(seen.first)
        counts: dict[MethodKind, int] = {}
        for candidate in seen.order:
            if candidate.person in first:
                for step in candidate.steps:
                    counts[step.kind] = counts.get(step.kind, 0) + 1
        router = self._lines.of(drill=callout.drill)
        return {kind: router.seconds_for(kind, count) for kind, count in sorted(counts.items())}
