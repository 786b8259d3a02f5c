"""One suite holds every provider to the port, each against a real server on this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.adapters.pagerduty import PagerDuty
from services.adapters.push import Push
from services.adapters.smtp import MailServer, SmtpMail
from services.adapters.twilio import TwilioSms, TwilioVoice
from services.message_ports import (
    Accepted,
    CannotTellError,
    Message,
    Provider,
    Refused,
    Unknown,
)
from services.supervisor import ports
from streams.errors import WrongSettingError
from tests.support.paging import account, message, script, scripted

# One of apprise's plugins loads a module of the library that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Stand:
    """A provider's adapter, a message for it, and how many its server truly sent."""

    provider: Provider
    message: Message
    sent: Callable[[], Any]


Faults = dict[str, float]
Making = Callable[[Faults], AbstractAsyncContextManager[Stand]]


@contextlib.asynccontextmanager
async def twilio_sms(faults: Faults) -> AsyncIterator[Stand]:
    async with scripted(script(faults=faults)) as server:
        adapter = TwilioSms(account(server.url))

        async def sent() -> int:
            return int((await server.summary())["counts"].get("sent_messages", 0))

        yield Stand(adapter, message(), sent)
        await adapter.stop()


@contextlib.asynccontextmanager
async def twilio_voice(faults: Faults) -> AsyncIterator[Stand]:
    async with scripted(script(faults=faults)) as server:
        adapter = TwilioVoice(account(server.url, "voice-a"))

        async def sent() -> int:
            return int((await server.summary())["counts"].get("sent_calls", 0))

        yield Stand(adapter, message(kind="voice"), sent)
        await adapter.stop()


@contextlib.asynccontextmanager
async def pagerduty(faults: Faults) -> AsyncIterator[Stand]:
    async with scripted(script(faults=faults)) as server:
        adapter = Push(pagerduty=PagerDuty(server.url), drills=True)

        async def sent() -> int:
            return int((await server.summary())["counts"].get("pagerduty_trigger", 0))

        to = "pagerduty://0123456789abcdef0123456789abcdef"
        yield Stand(adapter, message(kind="push", to=to, drill=False), sent)
        await adapter.stop()


@contextlib.asynccontextmanager
async def ntfy(faults: Faults) -> AsyncIterator[Stand]:
    async with scripted(script(faults=faults)) as server:
        adapter = Push(drills=True)

        async def sent() -> int:
            return int((await server.summary())["counts"].get("sent_push", 0))

        to = f"{server.url.replace('http', 'ntfy')}/counselor-1"
        yield Stand(adapter, message(kind="push", to=to), sent)
        await adapter.stop()


class Mailbox:
    """What a mail server did with what it was given."""

    def __init__(self, faults: Faults) -> None:
        self.mails: list[bytes] = []
        self._faults = faults

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if self._faults.get("refuse") or self._faults.get("fail"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        if self._faults.get("lose") or self._faults.get("lie"):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


@contextlib.asynccontextmanager
async def smtp(faults: Faults) -> AsyncIterator[Stand]:
    box, port = Mailbox(faults), ports.any_free()[0]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    server = MailServer(
        name="mail", host="127.0.0.1", port=port, sender="callout@example.org", drills=True
    )
    adapter = SmtpMail(server)

    async def sent() -> int:
        return len(box.mails)

    try:
        to = "counselor-1@example.org"
        yield Stand(adapter, message(kind="email", to=to, subject="DRILL: needed"), sent)
    finally:
        controller.stop()
        await adapter.stop()


ALL: dict[str, Making] = {
    "twilio-sms": twilio_sms,
    "twilio-voice": twilio_voice,
    "pagerduty": pagerduty,
    "ntfy": ntfy,
    "smtp": smtp,
}
CAN_LOOK = {name: ALL[name] for name in ("twilio-sms", "twilio-voice")}
CANNOT_LOOK = {name: ALL[name] for name in ("pagerduty", "ntfy", "smtp")}


def of(making: dict[str, Making]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", making.values(), ids=making.keys())


@of(ALL)
async def test_a_message_that_is_taken_was_sent_once(make: Making) -> None:
    async with make({}) as stand:
        outcome = await stand.provider.send(stand.message)
        assert isinstance(outcome, Accepted)
        assert await stand.sent() == 1
        assert stand.message.kind in stand.provider.kinds
        assert stand.provider.per_second > 0


@of({name: make for name, make in ALL.items() if name != "ntfy"})
async def test_a_refusal_means_that_nothing_was_sent(make: Making) -> None:
    async with make({"refuse": 1.0}) as stand:
        outcome = await stand.provider.send(stand.message)
        assert isinstance(outcome, Refused)
        assert not outcome.permanent
        assert await stand.sent() == 0


@of({name: ALL[name] for name in ("twilio-sms", "twilio-voice", "smtp")})
@pytest.mark.parametrize("fault", ["lie", "lose"])
async def test_a_lost_answer_leaves_the_outcome_unknown_though_it_was_sent(
    make: Making, fault: str
) -> None:
    async with make({fault: 1.0}) as stand:
        assert isinstance(await stand.provider.send(stand.message), Unknown)
        assert await stand.sent() == 1


async def test_an_event_of_which_nothing_was_heard_is_sent_again_under_the_same_key() -> None:
    async with pagerduty({"lie": 1.0}) as stand:
        assert isinstance(await stand.provider.send(stand.message), Unknown)
    async with pagerduty({}) as stand:
        first = await stand.provider.send(stand.message)
        assert first == Accepted(stand.message.attempt)


async def test_a_push_that_is_not_confirmed_stays_unknown() -> None:
    async with ntfy({"fail": 1.0}) as stand:
        assert isinstance(await stand.provider.send(stand.message), Unknown)


@of(CAN_LOOK)
async def test_an_answer_that_comes_too_late_is_unknown_and_the_message_is_found(
    make: Making,
) -> None:
    async with make({"hold": 1.0, "hold_seconds": 1.5}) as stand:
        assert isinstance(await stand.provider.send(stand.message), Unknown)
        found = await stand.provider.find(
            stand.message.attempt, stand.message.to, datetime.now(UTC) - timedelta(minutes=1)
        )
        assert found is not None
        assert await stand.sent() == 1


@of(CAN_LOOK)
async def test_what_was_never_sent_is_not_found(make: Making) -> None:
    async with make({"fail": 1.0}) as stand:
        assert isinstance(await stand.provider.send(stand.message), Unknown)
        assert await stand.provider.find(stand.message.attempt, stand.message.to, LONG_AGO) is None
        assert await stand.sent() == 0


@of(CAN_LOOK)
async def test_the_message_of_another_attempt_to_the_same_number_is_not_taken_for_it(
    make: Making,
) -> None:
    async with make({}) as stand:
        other = await stand.provider.send(stand.message)
        assert isinstance(other, Accepted)
        found = await stand.provider.find(
            "attempt-2", stand.message.to, LONG_AGO, known={other.reference}
        )
        assert found is None


@of(CANNOT_LOOK)
async def test_who_cannot_look_never_says_that_it_was_not_sent(make: Making) -> None:
    async with make({}) as stand:
        assert not stand.provider.can_find
        with pytest.raises(CannotTellError):
            await stand.provider.find(stand.message.attempt, stand.message.to, LONG_AGO)


@pytest.mark.parametrize("kind", ["sms", "voice"])
async def test_a_provider_that_cannot_be_reached_has_sent_nothing(kind: str) -> None:
    nowhere = account(f"http://127.0.0.1:{ports.any_free()[0]}")
    adapter = TwilioSms(nowhere) if kind == "sms" else TwilioVoice(nowhere)
    assert await adapter.send(message()) == Refused("server", permanent=False)
    with pytest.raises(CannotTellError):
        await adapter.find("attempt-1", message().to, LONG_AGO)
    await adapter.stop()


async def test_a_wrong_password_is_the_accounts_fault_and_not_the_numbers() -> None:
    async with scripted() as server:
        adapter = TwilioSms(account(server.url, token="wrong"))
        assert await adapter.send(message()) == Refused("auth", permanent=False)
        await adapter.stop()


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (21211, Refused("bad_address", permanent=True)),
        (21610, Refused("opted_out", permanent=True)),
        (21617, Refused("too_long", permanent=True)),
        (20003, Refused("auth", permanent=False)),
        (29999, Refused("client", permanent=True)),
    ],
)
async def test_twilios_errors_are_told_apart(code: int, meant: Refused) -> None:
    told = httpx.MockTransport(lambda _: httpx.Response(400, json={"code": code}))
    adapter = TwilioSms(account("http://127.0.0.1:1"), transport=told)
    assert await adapter.send(message()) == meant


async def test_no_real_account_takes_a_drills_message() -> None:
    """Whatever the account: nothing is even asked for."""

    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("a drill went out")

    real = account("https://api.twilio.com", drills=False)
    transport = httpx.MockTransport(never)
    adapters: list[Provider] = [
        TwilioSms(real, transport=transport),
        TwilioVoice(real, transport=transport),
        SmtpMail(MailServer(name="mail", host="192.0.2.1", sender="a@example.org")),
        Push(pagerduty=PagerDuty(transport=transport)),
        Push(pagerduty=PagerDuty(transport=transport), drills=True),
    ]
    for adapter in adapters:
        to = "pagerduty://0123456789abcdef0123456789abcdef" if "push" in adapter.kinds else "x"
        outcome = await adapter.send(message(to=to, drill=True))
        assert outcome == Refused("blocked", permanent=True)


def test_an_account_for_drills_must_be_on_this_machine() -> None:
    with pytest.raises(WrongSettingError, match="this machine"):
        TwilioSms(account("https://api.twilio.com", drills=True))


@pytest.mark.parametrize("to", ["exec://rm", "file:///etc/passwd", "syslog://", "ntfy"])
async def test_an_address_that_would_run_or_write_something_here_is_refused(to: str) -> None:
    assert await Push().send(message(kind="push", to=to)) == Refused("bad_address", permanent=True)


async def test_what_is_shown_of_a_message_tells_nobodys_number_and_no_link() -> None:
    shown = repr(message(answer_url="https://example.org/a/secret"))
    assert "7700" not in shown
    assert "secret" not in shown
    await asyncio.sleep(0)
