"""Somebody answers: who are they, which offer do they mean, and what do they hear?

One object behind all doors (text message, call, link). It finds the person and the offer, hands the
answer to the engine, and notes in the audit whatever was refused. Nothing here decides about seats.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from services.callout.answering.digits import Said, understand
from services.callout.answering.slowing import Slowing
from services.callout.answering.tokens import hash_of, looks_like_a_token
from services.callout.answering.words import language_of, reply_text, say, with_drill
from services.callout.answers import Answer, Answers, Choice, Offered, Reply, Via
from services.callout.people.people import People
from services.message_ports import Receipt, Written
from services.message_router import Router
from streams.events.audit import AuditData, Result
from streams.events.people import ContactMethod, Person
from streams.telemetry import metrics_callout

log = logging.getLogger(__name__)

# More than anybody needs to answer, fewer than anybody needs to guess.
PER_NUMBER: Final = (20, timedelta(minutes=10))
PER_LINK: Final = (30, timedelta(minutes=1))
WRONG_LINKS: Final = (60, timedelta(minutes=1))
# Messages that are known to have been heard: a provider's list shows them again and again.
MOST_HEARD: Final = 20_000


class Audit(Protocol):
    """What `services.audit_log.AuditLog` does for us."""

    def line(
        self,
        actor: "Actor | None",
        action: str,
        thing: str,
        reason: str = "",
        *,
        result: Result = "done",
    ) -> AuditData: ...
    def note(self, line: AuditData) -> None: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Who an audit line is about when nobody signed in: a person's id, or a provider's name."""

    name: str
    roles: Collection[str] = ()


class TooOftenError(Exception):
    """Asked to wait."""


class Doors:
    """Everything that people and providers may say to the call-out."""

    def __init__(
        self,
        answers: Answers,
        people: People,
        routers: Sequence[Router],
        audit: Audit,
        *,
        signing_tokens: dict[str, str],
        public_url: str,
        now: Callable[[], datetime],
        spoken: Callable[[str], tuple[str, str] | None] = lambda _: None,
    ) -> None:
        self.answers = answers
        # What a call says that is no page: the code that proves a number.
        self.spoken = spoken
        self.people = people
        self._routers = routers
        self.public_url = public_url
        self.signing_tokens = signing_tokens
        self.now = now
        self._audit = audit
        self._per_number = Slowing(*PER_NUMBER)
        self._per_link = Slowing(*PER_LINK)
        self._wrong_links = Slowing(*WRONG_LINKS)
        self._heard: OrderedDict[tuple[str, str], None] = OrderedDict()

    def refused(self, actor: str, action: str, thing: str, reason: str) -> None:
        """Write down what was refused, and count it."""
        channel = action.rpartition("_")[2]
        metrics_callout.ANSWERS_REFUSED.labels(channel, reason).inc()
        line = self._audit.line(Actor(actor), action, thing, reason, result="refused")
        self._audit.note(line)

    # By text message

    async def text(self, provider: str, message_id: str, number: str, body: str) -> str:
        """What to write back; "" is nothing: strangers get no answer."""
        said = await self._text(provider, message_id, number, body, None)
        self._remember(provider, message_id)
        return said

    async def found(self, provider: str, written: Written, at: datetime) -> bool:
        """A text message that was on the provider's list, written at `at` of the centre's time.

        Whether it is news: most have been told to us already.
        """
        if (provider, written.reference) in self._heard:
            return False
        for person, _ in self.people.by_number(written.number):
            if await self.answers.has(person.id, provider, written.reference):
                return False
        await self._text(provider, written.reference, written.number, written.text, at)
        self._remember(provider, written.reference)
        return True

    def _remember(self, provider: str, message_id: str) -> None:
        self._heard[provider, message_id] = None
        if len(self._heard) > MOST_HEARD:
            self._heard.popitem(last=False)

    async def _text(
        self, provider: str, message_id: str, number: str, body: str, written_at: datetime | None
    ) -> str:
        ways = self.people.by_number(number)
        if not ways:
            self.refused(provider, "answer_sms", "unknown", "unknown_number")
            return ""
        if self._per_number.too_many(ways[0][1].digest, self.now()):
            self.refused(ways[0][0].id, "answer_sms", ways[0][0].id, "too_often")
            return ""
        meant = understand(body)
        if meant in ("opt_out", "opt_in"):
            # The carrier answers these itself; a second answer would confuse.
            await self._opt(ways, out=meant == "opt_out")
            return ""
        if not isinstance(meant, Said):
            return await self._how_to_answer(ways)
        return await self._said(ways, meant, provider, message_id, written_at)

    async def _said(
        self,
        ways: list[tuple[Person, ContactMethod]],
        said: Said,
        provider: str,
        message_id: str,
        written_at: datetime | None,
    ) -> str:
        for person, method in ways:
            offered = await self.answers.by_code(person.id, said.code)
            if offered is not None and _is_meant(offered, written_at):
                await self.people.reached(person.id, method.id, self.now())
                answer = self._answer(said.choice, "sms", provider, message_id)
                if written_at is not None:
                    answer = replace(answer, at=written_at, unheard=True)
                return await self.give(offered, answer)
        person = ways[0][0]
        self.refused(person.id, "answer_sms", person.id, "no_such_offer")
        return say("unknown", language_of(*person.languages))

    async def _how_to_answer(self, ways: list[tuple[Person, ContactMethod]]) -> str:
        person = ways[0][0]
        offered = await self.answers.by_code(person.id, "")
        self.refused(person.id, "answer_sms", person.id, "not_understood")
        if offered is None:
            return ""
        language = language_of(offered.language)
        text = say("not_understood", language, code=offered.code)
        return with_drill(text, language, drill=offered.drill)

    async def _opt(self, ways: list[tuple[Person, ContactMethod]], *, out: bool) -> None:
        for person, method in ways:
            # The word holds for the number, so for every text message that goes to it.
            if method.kind != "sms" or method.opted_out == out:
                continue
            await self.people.opt(person.id, method.id, out=out)
            extra = {"person": person.id, "method": method.id}
            log.warning("opted out" if out else "opted in again", extra=extra)
            metrics_callout.OPT_OUTS.labels("out" if out else "in").inc()
            line = self._audit.line(Actor(person.id), "opt_out" if out else "opt_in", person.id)
            self._audit.note(line)

    # By keypad

    async def pressed(self, attempt: str, digits: str, provider: str, call: str) -> str:
        """What to say into the call."""
        offered = await self.answers.by_attempt(attempt)
        if offered is None:
            self.refused(provider, "answer_voice", attempt, "no_such_offer")
            return say("unknown", "en")
        meant = understand(digits)
        if not isinstance(meant, Said):
            return ""
        return await self.give(offered, self._answer(meant.choice, "voice", provider, call))

    # By link

    async def behind(self, token: str) -> Offered | None:
        """The offer of a link; None when there is none. `TooOftenError` when it is tried too often.

        Wrong links share one limit: who guesses at them has no address worth trusting.
        """
        now = self.now()
        if not looks_like_a_token(token):
            self.refused("link", "open_link", "unknown", "not_a_link")
            return None
        digest = hash_of(token)
        if self._per_link.too_many(digest, now):
            raise TooOftenError
        offered = await self.answers.by_token(digest)
        if offered is None:
            self.refused("link", "open_link", "unknown", "no_such_link")
            if self._wrong_links.too_many("all", now):
                raise TooOftenError
        return offered

    def is_over(self, offered: Offered) -> bool:
        """Whether the link can do nothing any more. Whoever has a seat may still give it back."""
        held = offered.reply is not None and offered.reply.kind in ("seated", "waitlisted")
        return self.now() >= (offered.ends_at if held else offered.expires_at)

    async def by_link(self, offered: Offered, answer: Answer) -> Reply:
        """Take what a page sent."""
        return await self._take(offered, answer)

    async def give(self, offered: Offered, answer: Answer) -> str:
        """Take an answer and put the reply into words."""
        reply = await self._take(offered, answer)
        language = language_of(offered.language)
        text = reply_text(reply, language, answer.choice)
        return with_drill(text, language, drill=offered.drill)

    async def _take(self, offered: Offered, answer: Answer) -> Reply:
        reply = await self.answers.answer(offered.offer, answer)
        if reply.kind in ("late", "unknown", "ineligible"):
            action = f"answer_{answer.via}"
            self.refused(offered.person, action, offered.offer, reply.reason or reply.kind)
        return reply

    def _answer(self, choice: Choice, via: Via, provider: str, message_id: str) -> Answer:
        return Answer(
            choice=choice, via=via, at=self.now(), provider=provider, message_id=message_id
        )

    # From providers

    async def receipt(self, receipt: Receipt, *, voice: bool) -> None:
        """A provider's report: it tells of its speed, and of the attempt."""
        for router in self._routers:
            router.receipt(receipt, "voice" if voice else "sms")
        await self.answers.receipt(receipt)


def _is_meant(offered: Offered, written_at: datetime | None) -> bool:
    """Nobody answers before they are asked: an old message is for an older call-out."""
    return written_at is None or offered.asked_at is None or written_at >= offered.asked_at
