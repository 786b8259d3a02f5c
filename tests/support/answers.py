"""An engine of a few lines, for those who test the doors in front of it.

It keeps the promises of `services.callout.answers.Answers`: so many seats and no more, the same
answer twice is one, a late one changes nothing.
"""

from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from services.auth import Tokens as AccessTokens
from services.auth import install
from services.callout.answering.door import Doors
from services.callout.answering.tokens import Tokens, hash_of
from services.callout.answers import Answer, Offered, Reply
from services.callout.doors import add_doors, open_doors
from services.callout.inbound.needs import NeedAsked, Taken
from services.callout.people.people import People
from services.message_ports import Receipt
from services.message_router import Router
from streams.events.audit import AuditData
from tests.support.people import at

TOKENS = Tokens({"s1": b"s" * 32})


class MemoryAnswers:
    """A call-out of `seats`, and everyone who was asked."""

    def __init__(self, seats: int = 2) -> None:
        self.seats = seats
        self.offers: dict[str, Offered] = {}
        self.given: list[tuple[str, Answer]] = []
        self.receipts: list[Receipt] = []
        self._replies: dict[tuple[str, str, str], Reply] = {}
        self._seated: list[str] = []
        self._reserve: list[str] = []

    def ask(self, person: str, **changed: Any) -> str:
        """Offer somebody a seat; the offer's id."""
        offer = f"offer-{person}"
        given = {
            "code": "47",
            "language": "en",
            "starts_at": at(11, 8),
            "ends_at": at(11, 14),
            "timezone": "Asia/Seoul",
            "expires_at": at(11, 9),
            "open": True,
            "drill": False,
        }
        self.offers[offer] = Offered(
            offer=offer,
            person=person,
            callout="callout-1",
            seats=self.seats,
            seats_left=self.seats,
            **{**given, **changed},
        )
        return offer

    def token(self, person: str) -> str:
        return TOKENS.token(f"offer-{person}", "answer")

    async def by_token(self, token_hash: str) -> Offered | None:
        for offer in self.offers:
            if hash_of(TOKENS.token(offer, "answer")) == token_hash:
                return self._shown(offer)
        return None

    async def by_code(self, person: str, code: str) -> Offered | None:
        offered = self.offers.get(f"offer-{person}")
        if offered is None or code not in ("", offered.code):
            return None
        return self._shown(offered.offer)

    async def by_attempt(self, attempt: str) -> Offered | None:
        offer = f"offer-{attempt.rpartition('@')[2]}"
        return self._shown(offer) if offer in self.offers else None

    async def answer(self, offer: str, answer: Answer) -> Reply:
        key = (offer, answer.choice, answer.message_id)
        if key in self._replies:
            return replace(self._replies[key], again=True)
        reply = self._answered(offer, answer)
        self.given.append((offer, answer))
        self._replies = {k: v for k, v in self._replies.items() if k[0] != offer} | {key: reply}
        return reply

    async def has(self, person: str, provider: str, message_id: str) -> bool:
        return any(
            offer == f"offer-{person}" and (one.provider, one.message_id) == (provider, message_id)
            for offer, one in self.given
        )

    async def receipt(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)

    def _answered(self, offer: str, answer: Answer) -> Reply:
        if not self.offers[offer].open:
            return Reply(kind="late", need=self.seats)
        if answer.choice == "accept":
            if offer not in self._seated and len(self._seated) < self.seats:
                self._seated.append(offer)
            if offer in self._seated:
                return Reply(kind="seated", seat=self._seated.index(offer) + 1, need=self.seats)
            self._reserve.append(offer)
            return Reply(kind="waitlisted", position=len(self._reserve), need=self.seats)
        if answer.choice == "withdraw":
            self._seated.remove(offer)
            return Reply(kind="withdrawn")
        return Reply(kind="thanks")

    def _shown(self, offer: str) -> Offered:
        replies = [reply for key, reply in self._replies.items() if key[0] == offer]
        return replace(
            self.offers[offer],
            seats_left=self.seats - len(self._seated),
            reply=replies[-1] if replies else None,
        )


class MemoryNeeds:
    """What was opened and closed."""

    def __init__(self) -> None:
        self.open: dict[str, NeedAsked] = {}
        self.seen: list[str] = []
        self.by: set[str] = set()

    async def open_need(self, need: NeedAsked, *, by: str) -> Taken:
        self.by.add(by)
        taken: Taken = "revised" if need.dedup_key in self.open else "opened"
        self.open[need.dedup_key] = need
        return taken

    async def close_need(self, dedup_key: str, *, by: str) -> Taken:
        self.by.add(by)
        return "no_such_need" if self.open.pop(dedup_key, None) is None else "closed"

    async def acknowledge_need(self, dedup_key: str, *, by: str) -> Taken:
        self.by.add(by)
        self.seen.append(dedup_key)
        return "acknowledged"


class Lines:
    """Audit lines as they were noted."""

    def __init__(self) -> None:
        self.noted: list[AuditData] = []

    def line(
        self, actor: Any, action: str, thing: str, reason: str = "", *, result: Any = "done"
    ) -> AuditData:
        return AuditData(
            actor=actor.name if actor else "unknown",
            action=action,
            object=thing,
            result=result,
            reason=reason,
            service="callout",
        )

    def note(self, line: AuditData) -> None:
        self.noted.append(line)

    def refused(self) -> list[tuple[str, str]]:
        """What was refused, and why."""
        return [(one.action, one.reason) for one in self.noted if one.result == "refused"]


class Stand:
    """A call-out's app with a small engine behind it."""

    def __init__(self, people: People, router: Router, now: Any, public_url: str) -> None:
        self.answers, self.needs, self.audit = MemoryAnswers(), MemoryNeeds(), Lines()
        self.people = people
        self.app = self._app()
        open_doors(
            self.app,
            answers=self.answers,
            needs=self.needs,
            people=people,
            routers=[router],
            public_url=public_url,
            now=now,
        )

    @property
    def doors(self) -> Doors:
        found: Doors = self.app.state.doors
        return found

    def _app(self) -> FastAPI:
        app = FastAPI()
        app.state.audit = self.audit
        install(app, AccessTokens.load(None), self.audit)  # type: ignore[arg-type]
        add_doors(app)
        return app
