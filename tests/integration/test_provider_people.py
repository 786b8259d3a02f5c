"""The scripted provider, its simulated people and our doors: a message out, an answer back."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from services.adapters.twilio import TwilioSms, TwilioVoice
from services.message_ports import Message, Provider
from services.message_router import Route, Router
from services.supervisor import ports
from tests.support.answers import Stand
from tests.support.paging import Clock, account, message, script, scripted, serving, until
from tests.support.people import people_of, person, way

PEOPLE = [f"counselor-{n:02}" for n in range(40)]
SURELY = {"answers": 1.0, "median_seconds": 1.0, "yes": 1.0, "later": 0.0}
NEVER = {"answers": 0.0}


@dataclass
class Scene:
    """A call-out on a port of this machine, a provider, and who is asked."""

    stand: Stand
    sms: Provider
    voice: Provider
    summary: Any

    def sms_to(self, n: int, *, link: bool = False) -> Message:
        who = PEOPLE[n]
        url = f"{self.stand.doors.public_url}/a/{self.stand.answers.token(who)}" if link else ""
        return message(f"attempt-{n}.{who}", to=number(n), answer_url=url)


def number(n: int) -> str:
    return f"+447700900{n:03}"


@contextlib.asynccontextmanager
async def scene(**how: Any) -> AsyncIterator[Scene]:
    port, clock = ports.any_free()[0], Clock()
    public = f"http://127.0.0.1:{port}"
    known = [
        person(who, methods=(way("sms", number(n)), way("voice", number(n))))
        for n, who in enumerate(PEOPLE)
    ]
    async with scripted(script(**how), public) as server:
        sms = TwilioSms(account(server.url, "sms-a", public_url=public))
        voice = TwilioVoice(account(server.url, "voice-a", public_url=public))
        router = Router([Route(sms), Route(voice)], now=clock)
        stand = Stand(people_of(*known, now=clock), router, clock, public)
        for who in PEOPLE:
            stand.answers.ask(who)
        _name_attempts(stand)
        async with serving(stand.app, port):
            yield Scene(stand, sms, voice, server.summary)
        await router.stop()


def _name_attempts(stand: Stand) -> None:
    async def by_attempt(attempt: str) -> Any:
        return await stand.answers.by_code(attempt.partition(".")[2], "")

    stand.answers.by_attempt = by_attempt  # type: ignore[method-assign]


async def test_people_answer_by_text_and_by_link_and_every_receipt_arrives() -> None:
    async with scene(sms=SURELY, by_link=0.5) as at:
        at.stand.answers.seats = 30
        for n in range(40):
            await at.sms.send(at.sms_to(n, link=True))
        await until(lambda: len(at.stand.answers.given) == 40)
        await until(lambda: len(at.stand.answers.receipts) == 80)
        told = [reply.kind for reply in at.stand.answers._replies.values()]
        assert sorted(set(told)) == ["seated", "waitlisted"]
        assert told.count("seated") == 30
        counts = (await at.summary())["counts"]
        assert counts["answered_link_accept"] + counts["answered_sms_accept"] == 40
        assert min(counts["answered_link_accept"], counts["answered_sms_accept"]) > 5


async def test_people_answer_a_call_by_a_key_and_machines_do_not() -> None:
    async with scene(voice=SURELY | {"answers": 0.5}, voicemail=1.0) as at:
        for n in range(40):
            call = at.sms_to(n)
            await at.voice.send(message(call.attempt, kind="voice", to=call.to))
        summary = at.summary
        await until(lambda: len(at.stand.answers.receipts) >= 160)
        counts = (await summary())["counts"]
        assert counts["voicemail"] + counts["answered_voice_accept"] == 40
        assert len(at.stand.answers.given) == counts["answered_voice_accept"]
        assert all(answer.via == "voice" for _, answer in at.stand.answers.given)


async def test_who_has_answered_leaves_the_same_call_out_alone() -> None:
    async with scene(sms=SURELY, by_link=0.0) as at:
        await at.sms.send(at.sms_to(1))
        await until(lambda: len(at.stand.answers.given) == 1)
        again = at.sms_to(1)
        await at.sms.send(message("attempt-b." + PEOPLE[1], to=again.to))
        await until(lambda: len(at.stand.answers.receipts) == 4)
        assert len(at.stand.answers.given) == 1
        assert (await at.summary())["counts"]["answered_sms_accept"] == 1


async def test_repeated_and_crossed_receipts_come_and_lost_ones_do_not() -> None:
    faults = {"repeat_receipt": 0.5, "swap_receipts": 0.5, "drop_receipt": 0.2}
    async with scene(faults=faults) as at:
        for n in range(40):
            await at.sms.send(at.sms_to(n))
        # Every message is told of once or more, or (one in five) never.
        await until(lambda: len(at.stand.answers.receipts) >= 70)
        orders = [
            [receipt.state for receipt in at.stand.answers.receipts if receipt.attempt == attempt]
            for attempt in (at.sms_to(n).attempt for n in range(40))
        ]
        assert any(order[0] == "delivered" and "sent" in order for order in orders if order)
        assert any(len(order) > len(set(order)) for order in orders)
        assert any(len(set(order)) < 2 for order in orders)


async def test_the_same_script_does_the_same_to_the_same_people() -> None:
    async def played() -> list[str]:
        async with scene(seed=5, sms={"answers": 0.4, "median_seconds": 1.0}, by_link=0.0) as at:
            for n in range(40):
                await at.sms.send(at.sms_to(n))
            await until(lambda: len(at.stand.answers.receipts) == 80)
            counts = (await at.summary())["counts"]
            wanted = sum(v for k, v in counts.items() if k.startswith("answered_sms_"))
            await until(lambda: len(at.stand.answers.given) >= wanted)
            return sorted(offer for offer, _ in at.stand.answers.given)

    assert await played() == await played()


async def test_silent_people_stay_silent() -> None:
    async with scene(sms=NEVER) as at:
        for n in range(10):
            await at.sms.send(at.sms_to(n))
        await until(lambda: len(at.stand.answers.receipts) == 20)
        assert at.stand.answers.given == []
