"""What do answers and receipts from outside do to the call-outs? The engine's side of `Answers`."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, cast

import msgspec

from services.callout.answering.tokens import Tokens, hash_of
from services.callout.answers import Answer, Offered, Reply, ReplyKind
from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.wording import language_of
from services.message_ports import Receipt
from streams.domain.callout import answering, sending
from streams.domain.callout.answering import LATER_MINUTES, Said
from streams.domain.callout.book import GOING_ON, CalloutBook, RefusedError
from streams.domain.callout.candidates import may_be_asked
from streams.domain.callout.lifting import rules_for
from streams.domain.callout.seating import seats_needed
from streams.domain.centre import Centre
from streams.domain.people.eligible import Verdict
from streams.events.callouts import CalloutData, GivenAnswer, OfferData
from streams.telemetry import metrics_callout as metrics

_GONE: Final = Verdict(ok=False, reason="inactive")
_MINUTE: Final = timedelta(minutes=1)


class AnswersIn:
    """Fulfils `services.callout.answers.Answers`."""

    def __init__(
        self,
        commands: Commands,
        directory: Directory,
        tokens: Tokens,
        now: Callable[[], datetime],
        place: str,
    ) -> None:
        self._commands = commands
        self._directory = directory
        self._tokens = tokens
        self._now = now
        self._place = place
        self._of_token: dict[str, str] = {}

    def go_by(self, centre: Centre) -> None:
        """Another version of the centre is in force."""
        self._place = centre.callout.place

    def learn(self, offer_id: str) -> None:
        """An offer there is: its link can be followed from now on."""
        self._of_token[hash_of(self._tokens.token(offer_id, "answer"))] = offer_id

    async def by_token(self, token_hash: str) -> Offered | None:
        """See `Answers`."""
        return self._offered(self._of_token.get(token_hash))

    async def by_code(self, person: str, code: str) -> Offered | None:
        """See `Answers`. The newest call-out of a code; without one, their only open offer."""
        book = self._commands.book
        theirs = [(book.callout(o.callout), o) for o in book.offers_to(person)]
        if code:
            meant = [pair for pair in theirs if pair[0].ref == code]
            meant.sort(key=lambda pair: pair[0].created_at)
        else:
            meant = [pair for pair in theirs if pair[0].state in GOING_ON]
            meant = meant if len(meant) == 1 else []
        return self._offered(meant[-1][1].id) if meant else None

    async def by_attempt(self, attempt: str) -> Offered | None:
        """See `Answers`."""
        found = self._commands.book.by_attempt(attempt)
        return self._offered(found[0].id) if found is not None else None

    async def answer(self, offer: str, answer: Answer) -> Reply:
        """See `Answers`; returns when the log has it."""

        def decide(book: CalloutBook, now: datetime) -> Said:
            known = book.offer(offer)
            given = _given(known, answer, now)
            verdict = self._verdict(book.callout(known.callout), known, given, now)
            if answer.unheard:
                return answering.answer_found(book, offer, given, verdict, now)
            minutes = answer.again_in_minutes or LATER_MINUTES
            return answering.answer(book, offer, given, verdict, now, again_in_minutes=minutes)

        try:
            said = await self._commands.run("answer", decide)
        except RefusedError as error:
            if error.reason != "not_found":
                raise
            return Reply(kind="unknown")
        metrics.ANSWERS.labels(answer.via, said.kind).inc()
        if said.kind == "late":
            metrics.ANSWERS_LATE.inc()
        return _reply(said)

    async def has(self, person: str, provider: str, message_id: str) -> bool:
        """See `Answers`."""
        key = _message_key(provider, message_id)
        return any(
            answer.key == key
            for offer in self._commands.book.offers_to(person)
            for answer in offer.answers
        )

    async def receipt(self, receipt: Receipt) -> None:
        """See `Answers`."""
        found = self._commands.book.by_attempt(receipt.attempt)
        if found is None:
            return
        attempt = found[1]
        fresh = await self._commands.run(
            "receipt",
            lambda book, now: sending.receipt(
                book,
                receipt.attempt,
                receipt.provider,
                receipt.reference,
                receipt.state,
                receipt.reason,
                now,
            ),
        )
        if fresh and receipt.state == "delivered" and attempt.sent_at is not None:
            seconds = (self._now() - attempt.sent_at).total_seconds()
            metrics.PROVIDER_DELIVERY_SECONDS.labels(receipt.provider).observe(max(0.0, seconds))

    def _verdict(
        self, callout: CalloutData, offer: OfferData, given: GivenAnswer, now: datetime
    ) -> Verdict:
        """Whether they may work the hours they give: fewer may be allowed where all are not."""
        need = callout.need
        start, end = given.since or need.start, given.until or need.end
        if need.start <= start < end <= need.end:
            need = msgspec.structs.replace(need, start=start, end=end)
        person = self._directory.person(offer.person)
        if person is None:
            return _GONE
        directory = self._directory
        rules = rules_for(callout, directory.rules)
        return may_be_asked(person, directory.roster, need, now, rules)

    def _offered(self, offer_id: str | None) -> Offered | None:
        book = self._commands.book
        offer = book.offers.get(offer_id or "")
        if offer is None:
            return None
        callout = book.callout(offer.callout)
        person = self._directory.person(offer.person)
        said = answering.told(book, offer)
        needed = seats_needed(callout.need)
        more: dict[str, Any] = {}
        if offer.arrives_in_minutes is not None and offer.accepted_at is not None:
            more["arrives_at"] = offer.accepted_at + offer.arrives_in_minutes * _MINUTE
        return Offered(
            offer=offer.id,
            person=offer.person,
            callout=offer.callout,
            code=callout.ref,
            language=language_of(person.languages if person else ()),
            starts_at=callout.need.start,
            ends_at=callout.need.end,
            timezone=person.timezone if person else "UTC",
            expires_at=callout.need.expires_at,
            seats=needed,
            seats_left=max(0, needed - len(book.index(callout.id).seats)),
            open=callout.state in GOING_ON,
            drill=callout.drill,
            asked_at=offer.asked_at or offer.created_at,
            revision=offer.version,
            pool=callout.need.pool,
            place=self._place,
            notes=offer.warnings,
            since=offer.since,
            until=offer.until,
            reply=_reply(said) if said is not None else None,
            **more,
        )


def _given(offer: OfferData, answer: Answer, now: datetime) -> GivenAnswer:
    arrives = None
    if answer.arrives_at is not None:
        arrives = max(0, round((answer.arrives_at - now) / _MINUTE))
    return GivenAnswer(
        key=_key(offer, answer),
        kind=answer.choice,
        at=answer.at,
        channel=answer.via,
        reason=answer.reason or None,
        arrives_in_minutes=arrives,
        since=answer.starts_at,
        until=answer.ends_at,
        by=answer.by or None,
    )


def _key(offer: OfferData, answer: Answer) -> str:
    """A provider's message counts once; a tap counts once for as long as nothing else was said."""
    if answer.message_id:
        return _message_key(answer.provider, answer.message_id)
    same = [known for known in offer.answers if known.kind != "seen"]
    if same and same[-1].kind == answer.choice and same[-1].channel == answer.via:
        return same[-1].key
    return f"{answer.via}/{answer.choice}/{len(offer.answers)}"


def _message_key(provider: str, message_id: str) -> str:
    return hashlib.sha256(f"{provider}/{message_id}".encode()).hexdigest()[:32]


def _reply(said: Said) -> Reply:
    return Reply(
        kind=cast("ReplyKind", said.kind),
        seat=said.seat,
        need=said.need,
        position=said.position,
        reason=said.reason,
        again=said.again,
    )
