"""Who takes the messages to the providers, and finds out what became of the unknown ones?

Woken by every change and every five seconds. A message's provider is chosen first, its turn there
is waited for, then it is claimed, which is on the log before the provider hears of it; then it goes
once. A claim whose end was not heard of is unknown: the provider is asked, and only if it is
certain is the message sent again; if it cannot say, another way is tried.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from services.callout.answering.tokens import Tokens
from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.lines import Lines
from services.callout.wording import language_of, subject_of, text_of
from services.message_ports import (
    Accepted,
    CannotTellError,
    Found,
    Message,
    Outcome,
    Provider,
    Refused,
)
from services.message_router import Router
from services.outbox import NotReadyError
from streams.domain.callout import sending
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.candidates import may_be_asked
from streams.domain.callout.lifting import rules_for
from streams.domain.callout.sending import Heard
from streams.domain.centre import Centre
from streams.domain.people.person import can_be_paged_by, method_of
from streams.events.callouts import CalloutData, OfferData, PageAttempt
from streams.events.people import Person
from streams.sealing import CannotOpenError
from streams.telemetry import metrics_callout as metrics

log = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 0.02
# So many wait for their turn at a time: enough to keep every provider busy, few enough that a new
# message is never far behind.
LEAST_WAITING: Final = 4
WAITING_SECONDS: Final = 1.0
SHORTEST_VALIDITY: Final = timedelta(minutes=1)
ASK_AGAIN_SECONDS: Final = 1.0
NO_PROVIDER: Final = "no_provider"


def wall() -> datetime:
    """The wall's clock: leases and unknown outcomes are measured by it."""
    return datetime.now(UTC)


class Sender:
    """Claims, sends, and reconciles."""

    def __init__(
        self,
        commands: Commands,
        directory: Directory,
        lines: Lines,
        tokens: Tokens,
        now: Callable[[], datetime],
        *,
        titles: Mapping[str, str],
        place: str,
        public_url: str,
    ) -> None:
        self._commands = commands
        self._directory = directory
        self._lines = lines
        self._tokens = tokens
        self._now = now
        self._titles = titles
        self._place = place
        self._public_url = public_url
        self._woken = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[tuple[bool, str], asyncio.Semaphore] = {}

    def go_by(self, centre: Centre) -> None:
        """Another version of the centre is in force: messages say so from now on."""
        self._titles = {"ko": centre.title_ko, "en": centre.title_en}
        self._place = centre.callout.place

    def wake(self) -> None:
        """Something changed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._sleep()
            if self._commands.is_open:
                await self._round()

    async def close(self) -> None:
        """Stop what is under way; the leases say what to ask about later."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._busy.clear()

    async def _sleep(self) -> None:
        timeout = SWEEP_SECONDS
        if self._commands.is_open:
            now = self._now()
            due = sending.next_due(self._commands.book, now)
            if due is not None:
                timeout = min(timeout, max(0.02, (due - now).total_seconds()))
            timeout = min(timeout, self._until_lease())
        try:
            await asyncio.wait_for(self._woken.wait(), timeout)
            # What changes together is looked at together.
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            pass
        self._woken.clear()

    def _until_lease(self) -> float:
        first = sending.first_lease(self._commands.book)
        return SWEEP_SECONDS if first is None else max(0.05, (first - wall()).total_seconds())

    async def _round(self) -> None:
        for router in self._lines.both():
            router.tick()
        for line in self._lines.live.lines():
            metrics.PROVIDER_WEIGHT.labels(line.provider, line.kind).set(line.points / 100)
        book = self._commands.book
        for attempt in sending.leases_over(book, wall()):
            self._spawn(f"lease {attempt.id}", self._lease_over(attempt))
        unknown = sending.unknowns(book)
        metrics.ATTEMPTS_UNKNOWN.set(len(unknown))
        for offer, attempt in unknown:
            self._spawn(attempt.id, self._reconcile(offer, attempt))
        due = sending.due(book, self._now())
        oldest = due[0][1].due_at.timestamp() if due else 0.0
        metrics.OUTBOX_OLDEST.set(oldest)
        for offer, attempt in due:
            self._spawn(attempt.id, self._send(offer, attempt))

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        if name in self._busy:
            work.close()
            return
        task = asyncio.create_task(work)
        self._busy[name] = task
        task.add_done_callback(lambda done: self._ended(name, done))

    def _ended(self, name: str, task: "asyncio.Task[None]") -> None:
        self._busy.pop(name, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, NotReadyError):
            log.error("a message was not sent", exc_info=error)

    # Sending

    async def _send(self, offer: OfferData, attempt: PageAttempt) -> None:
        router = self._lines.of(drill=offer.drill)
        provider = _choose(router, attempt)
        if provider is None:
            await self._claim(attempt, NO_PROVIDER, "")
            return
        async with self._room(router, offer, attempt):
            seconds = router.reserve(provider.name)
            if seconds > 0:
                await asyncio.sleep(seconds)
        mine = await self._claim(attempt, "", provider.name)
        if mine is None:
            return
        callout = self._commands.book.callout(offer.callout)
        message = self._message(callout, offer, mine)
        if message is None:
            refusal = Heard("refused", provider.name, reason="bad_address", permanent=True)
            await self._heard(mine, refusal)
            return
        began = time.monotonic()
        outcome = await provider.send(message)
        metrics.PROVIDER_ACCEPT_SECONDS.labels(provider.name).observe(time.monotonic() - began)
        router.note(provider.name, mine.kind, mine.id, outcome)
        await self._heard(mine, _heard(provider.name, outcome))

    async def _claim(self, attempt: PageAttempt, refusal: str, provider: str) -> PageAttempt | None:
        def decide(book: CalloutBook, now: datetime) -> PageAttempt | None:
            found = book.by_attempt(attempt.id)
            if found is None:
                return None
            why = refusal or self._why_not(book, found[0], found[1], now)
            return sending.claim(book, attempt.id, why, now, wall(), provider)

        return await self._commands.run("claim", decide)

    def _why_not(
        self, book: CalloutBook, offer: OfferData, attempt: PageAttempt, now: datetime
    ) -> str:
        """Verified, not opted out, and still allowed to work: looked up in the claim itself."""
        person = self._directory.person(offer.person)
        method = method_of(person, attempt.method) if person is not None else None
        if person is None or method is None:
            return "unknown_person"
        if not can_be_paged_by(method):
            return "opted_out" if method.opted_out else "unverified"
        if attempt.purpose != "ask":
            return ""
        callout = book.callout(offer.callout)
        rules = rules_for(callout, self._directory.rules)
        verdict = may_be_asked(person, self._directory.roster, callout.need, now, rules)
        return "" if verdict.ok else verdict.reason

    async def _heard(self, attempt: PageAttempt, heard: Heard) -> None:
        kind = attempt.kind
        metrics.ATTEMPTS.labels(kind, heard.outcome).inc()
        metrics.PAGES_SENT.labels(kind, heard.outcome).inc()
        if heard.outcome == "refused":
            metrics.ATTEMPTS_FAILED.labels(heard.provider, heard.reason).inc()
        log.info(
            "message handed over",
            extra={"attempt": attempt.id, "provider": heard.provider, "outcome": heard.outcome},
        )

        def decide(book: CalloutBook, now: datetime) -> None:
            sending.heard(book, attempt.id, attempt.fence, heard, now, wall())

        await self._commands.run("heard", decide)

    def _message(
        self, callout: CalloutData, offer: OfferData, attempt: PageAttempt
    ) -> Message | None:
        person = self._directory.person(offer.person)
        method = method_of(person, attempt.method) if person is not None else None
        if person is None or method is None:
            return None
        try:
            address = self._directory.address(method)
        except CannotOpenError:
            log.warning("an address cannot be opened", extra={"attempt": attempt.id})
            return None
        language = language_of(person.languages)
        return Message(
            attempt=attempt.id,
            kind=attempt.kind,
            to=address,
            text=self._text(callout, offer, attempt, person, language),
            subject=subject_of(callout, language),
            language=language,
            answer_code=callout.ref,
            answer_url=self._answer_url(offer) if attempt.purpose in ("ask", "seated") else "",
            valid_for=max(SHORTEST_VALIDITY, callout.need.expires_at - self._now()),
            drill=callout.drill,
        )

    def _text(
        self,
        callout: CalloutData,
        offer: OfferData,
        attempt: PageAttempt,
        person: Person,
        language: str,
    ) -> str:
        return text_of(
            callout,
            offer,
            attempt.purpose,
            language,
            person.timezone,
            self._titles[language],
            self._place,
        )

    def _answer_url(self, offer: OfferData) -> str:
        return f"{self._public_url}/a/{self._tokens.token(offer.id, 'answer')}"

    def _room(self, router: Router, offer: OfferData, attempt: PageAttempt) -> asyncio.Semaphore:
        key = (offer.drill, attempt.kind)
        if key not in self._waiting:
            rates = [p.per_second for p in router.providers.values() if attempt.kind in p.kinds]
            places = max(LEAST_WAITING, round(WAITING_SECONDS * sum(rates)))
            self._waiting[key] = asyncio.Semaphore(places)
        return self._waiting[key]

    # Finding out

    async def _lease_over(self, attempt: PageAttempt) -> None:
        log.warning("a claim ran out", extra={"attempt": attempt.id})
        await self._commands.run(
            "lease_over", lambda book, now: sending.lease_ran_out(book, attempt.id, now, wall())
        )

    async def _reconcile(self, offer: OfferData, attempt: PageAttempt) -> None:
        try:
            found = await self._find(offer, attempt)
        except (CannotTellError, CannotOpenError):
            await self._commands.run(
                "cannot_tell", lambda book, now: sending.cannot_tell(book, attempt.id, now, wall())
            )
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            return
        log.info(
            "unknown outcome resolved", extra={"attempt": attempt.id, "found": found is not None}
        )
        if found is None:
            await self._commands.run(
                "not_there",
                lambda book, now: sending.not_there(book, attempt.id, attempt.fence, now),
            )
            return
        name, reference, state = attempt.provider or "", found.reference, found.state
        await self._commands.run(
            "found",
            lambda book, now: sending.receipt(book, attempt.id, name, reference, state, "", now),
        )

    async def _find(self, offer: OfferData, attempt: PageAttempt) -> Found | None:
        """What the provider knows of it; `CannotTellError` when it cannot say."""
        provider = self._lines.of(drill=offer.drill).providers.get(attempt.provider or "")
        person = self._directory.person(offer.person)
        method = method_of(person, attempt.method) if person is not None else None
        if provider is None or method is None or not provider.can_find:
            raise CannotTellError("there is nobody to ask")
        return await provider.find(
            attempt.id,
            self._directory.address(method),
            attempt.claimed_at or wall(),
            self._others(offer, attempt),
        )

    def _others(self, offer: OfferData, attempt: PageAttempt) -> tuple[str, ...]:
        """The provider's own names of our other messages to this person."""
        return tuple(
            one.reference
            for other in self._commands.book.offers_to(offer.person)
            for one in other.attempts
            if one.reference and one.id != attempt.id
        )


def _choose(router: Router, attempt: PageAttempt) -> Provider | None:
    """Another one than last time, if there is another."""
    if attempt.tries and attempt.provider:
        other = router.choose(attempt.kind, (attempt.provider,))
        if other is not None:
            return other
    return router.choose(attempt.kind)


def _heard(provider: str, outcome: Outcome) -> Heard:
    if isinstance(outcome, Accepted):
        return Heard("accepted", provider, outcome.reference)
    if isinstance(outcome, Refused):
        return Heard(
            "refused",
            provider,
            reason=outcome.reason,
            permanent=outcome.permanent,
            retry_after_seconds=outcome.retry_after_seconds,
        )
    return Heard("unknown", provider, reason=outcome.reason)
