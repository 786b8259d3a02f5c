"""What providers and other machines say to the call-out, and what it believes."""

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from load.provider.courier import signature
from services.adapters.twilio import TwilioSms, TwilioVoice
from services.auth import Identity, Tokens, digest_of
from services.message_router import Route, Router
from tests.support.answers import Stand
from tests.support.paging import TOKEN, Clock, account
from tests.support.people import people_of, person, way

PUBLIC = "https://callout.example.org"
NUMBER = "+447700900001"
ROUTING_KEY = "k" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stand(clock: Clock) -> Stand:
    router = Router(
        [
            Route(TwilioSms(account("http://127.0.0.1:1", "sms-a"))),
            Route(TwilioSms(account("http://127.0.0.1:1", "sms-b", token="other-secret"))),
            Route(TwilioVoice(account("http://127.0.0.1:1", "voice-a"))),
        ],
        now=clock,
    )
    known = person("counselor-01", methods=(way("sms", NUMBER), way("voice", NUMBER)))
    return Stand(people_of(known, now=clock), router, clock, PUBLIC)


@pytest.fixture
async def twilio(stand: Stand) -> AsyncIterator["Twilio"]:
    transport = httpx.ASGITransport(stand.app)
    # Behind a proxy the service is asked by another name than the one that was signed.
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8470") as client:
        yield Twilio(client)


def tree(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314, what our own service has just written


class Twilio:
    """Posts as Twilio does, signed over the public address."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, form: dict[str, str], token: str = TOKEN) -> httpx.Response:
        headers = {"X-Twilio-Signature": signature(token, PUBLIC + path, form)}
        return await self.client.post(path, data=form, headers=headers)

    async def text(self, body: str, sid: str = "SM1", number: str = NUMBER, **more: str) -> str:
        form = {"MessageSid": sid, "From": number, "To": "+447700900990", "Body": body, **more}
        answer = await self.post("/v1/inbound/sms-a", form)
        assert answer.status_code == 200
        told = tree(answer.text).find("Message")
        return "" if told is None else told.text or ""


# Text messages


async def test_one_digit_takes_the_seat(stand: Stand, twilio: Twilio) -> None:
    stand.answers.ask("counselor-01")
    assert await twilio.text("1") == "Seat 1 of 2 is yours."
    assert stand.answers.given[0][1].via == "sms"


async def test_the_same_message_twice_is_one_answer(stand: Stand, twilio: Twilio) -> None:
    stand.answers.ask("counselor-01")
    assert await twilio.text("1 47") == await twilio.text("1 47")
    assert len(stand.answers.given) == 1


async def test_an_answer_from_a_number_shows_that_it_reaches_them(
    stand: Stand, twilio: Twilio, clock: Clock
) -> None:
    stand.answers.ask("counselor-01")
    await twilio.text("2 47")
    (sms, _) = stand.people.get("counselor-01").methods
    assert sms.last_success_at == clock.now


async def test_a_drills_answer_says_drill(stand: Stand, twilio: Twilio) -> None:
    stand.answers.ask("counselor-01", drill=True)
    assert (await twilio.text("1 47")).startswith("DRILL: ")


async def test_a_code_of_no_call_out_is_told_so_and_changes_nothing(
    stand: Stand, twilio: Twilio
) -> None:
    stand.answers.ask("counselor-01")
    told = await twilio.text("1 99")
    assert told == "열려 있는 요청이 없습니다."  # their first language
    assert stand.answers.given == []
    assert ("answer_sms", "no_such_offer") in stand.audit.refused()


async def test_a_stranger_gets_no_answer_and_changes_nothing(stand: Stand, twilio: Twilio) -> None:
    stand.answers.ask("counselor-01")
    assert await twilio.text("1 47", number="+447700900555") == ""
    assert stand.answers.given == []
    assert ("answer_sms", "unknown_number") in stand.audit.refused()


async def test_a_sentence_is_told_how_to_answer(stand: Stand, twilio: Twilio) -> None:
    stand.answers.ask("counselor-01")
    assert "For example: 1 47" in await twilio.text("on my way!")
    assert stand.answers.given == []


async def test_stop_is_recorded_alarmed_and_never_an_answer(
    stand: Stand, twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    stand.answers.ask("counselor-01")
    assert await twilio.text("STOP") == ""
    sms, voice = stand.people.get("counselor-01").methods
    assert (sms.opted_out, voice.opted_out) == (True, False)
    assert stand.answers.given == []
    assert "opted out" in caplog.text
    assert [line.action for line in stand.audit.noted] == ["opt_out"]
    await twilio.text("START")
    assert not stand.people.get("counselor-01").methods[0].opted_out


async def test_an_opt_out_in_a_language_that_only_the_carrier_knows_is_recorded(
    stand: Stand, twilio: Twilio
) -> None:
    await twilio.text("PARAR", OptOutType="STOP")
    assert stand.people.get("counselor-01").methods[0].opted_out


async def test_two_people_with_one_telephone_are_told_apart_by_who_was_asked(
    stand: Stand, twilio: Twilio
) -> None:
    stand.people.book.put(person("counselor-02", methods=(way("sms", NUMBER),)))
    stand.answers.ask("counselor-02")
    assert await twilio.text("1 47") == "Seat 1 of 2 is yours."


async def test_a_number_that_writes_too_often_is_left_unanswered(
    stand: Stand, twilio: Twilio
) -> None:
    stand.answers.ask("counselor-01")
    for n in range(20):
        await twilio.text("nonsense", sid=f"SM{n}")
    assert await twilio.text("1 47", sid="SM99") == ""
    assert ("answer_sms", "too_often") in stand.audit.refused()


# Signatures


@pytest.mark.parametrize(
    "path",
    [
        "/v1/inbound/sms-a",
        "/v1/receipts/sms-a/attempt-1",
        "/v1/voice/voice-a/attempt@counselor-01".replace("@", "."),
        "/v1/voice/voice-a/attempt-1/pressed",
    ],
)
@pytest.mark.parametrize("token", ["wrong", "other-secret", ""])
async def test_a_wrong_signature_is_refused_written_down_and_changes_nothing(
    stand: Stand, twilio: Twilio, path: str, token: str
) -> None:
    stand.answers.ask("counselor-01")
    form = {"From": NUMBER, "Body": "1 47", "Digits": "1", "MessageSid": "SM1"}
    answer = await twilio.post(path, form | {"MessageStatus": "delivered"}, token=token or "none")
    assert answer.status_code == 403
    assert (stand.answers.given, stand.answers.receipts) == ([], [])
    assert "wrong_signature" in {reason for _, reason in stand.audit.refused()}


async def test_what_was_signed_for_one_provider_is_not_believed_of_another(
    stand: Stand, twilio: Twilio
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert (await twilio.post("/v1/receipts/sms-b/attempt-1", form)).status_code == 403
    assert (await twilio.post("/v1/receipts/nobody/attempt-1", form)).status_code == 403
    assert stand.answers.receipts == []


async def test_a_changed_field_breaks_the_signature(stand: Stand, twilio: Twilio) -> None:
    signed = {"X-Twilio-Signature": signature(TOKEN, f"{PUBLIC}/v1/inbound/sms-a", {"Body": "2"})}
    answer = await twilio.client.post("/v1/inbound/sms-a", data={"Body": "1"}, headers=signed)
    assert answer.status_code == 403


# Receipts


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "accepted"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("undelivered", "undeliverable"),
        ("failed", "failed"),
    ],
)
async def test_a_receipt_is_passed_on_in_our_words(
    stand: Stand, twilio: Twilio, status: str, state: str
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": "30003"}
    answer = await twilio.post("/v1/receipts/sms-a/attempt-1", form)
    assert answer.status_code == 204
    (receipt,) = stand.answers.receipts
    assert (receipt.attempt, receipt.provider, receipt.reference) == ("attempt-1", "sms-a", "SM1")
    assert (receipt.state, receipt.reason) == (state, "30003")


async def test_a_status_that_nobody_knows_is_left_aside(stand: Stand, twilio: Twilio) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "pondering"}
    assert (await twilio.post("/v1/receipts/sms-a/attempt-1", form)).status_code == 204
    assert stand.answers.receipts == []


# Calls


async def menu_of(twilio: Twilio, attempt: str, **more: str) -> ET.Element:
    form = {"CallSid": "CA1", "CallStatus": "in-progress", **more}
    answer = await twilio.post(f"/v1/voice/voice-a/{attempt}", form)
    assert answer.status_code == 200
    return tree(answer.text)


@pytest.fixture
def calling(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """The engine's attempts are named after whom they are for."""

    async def by_attempt(attempt: str) -> Any:
        return await stand.answers.by_code(attempt.removeprefix("call-"), "")

    monkeypatch.setattr(stand.answers, "by_attempt", by_attempt)
    return stand


async def test_the_menu_is_read_twice_with_the_code(calling: Stand, twilio: Twilio) -> None:
    calling.answers.ask("counselor-01")
    menu = await menu_of(twilio, "call-counselor-01")
    gather = menu.find("Gather")
    assert gather is not None
    said = [say.text or "" for say in gather.findall("Say")]
    assert len(said) == 2
    assert said[0] == said[1]
    assert "Press 1 to accept" in said[0]
    assert "The reference is 4 7." in said[0]
    assert gather.get("action") == f"{PUBLIC}/v1/voice/voice-a/call-counselor-01/pressed"


async def test_a_drills_call_says_so_first(calling: Stand, twilio: Twilio) -> None:
    calling.answers.ask("counselor-01", drill=True, language="ko")
    menu = await menu_of(twilio, "call-counselor-01")
    say = menu.find("Gather/Say")
    assert say is not None
    assert (say.text or "").startswith("훈련입니다.")
    assert say.get("language") == "ko-KR"


async def test_a_voicemail_takes_no_seat(calling: Stand, twilio: Twilio) -> None:
    calling.answers.ask("counselor-01")
    menu = await menu_of(twilio, "call-counselor-01", AnsweredBy="machine_start")
    assert menu[-1].tag == "Hangup"
    assert calling.answers.given == []


async def test_a_pressed_key_answers_and_is_said_back(calling: Stand, twilio: Twilio) -> None:
    calling.answers.ask("counselor-01")
    form = {"CallSid": "CA1", "Digits": "1"}
    answer = await twilio.post("/v1/voice/voice-a/call-counselor-01/pressed", form)
    assert "Seat 1 of 2 is yours." in answer.text
    assert calling.answers.given[0][1].via == "voice"


@pytest.mark.parametrize("digits", ["7", "", "*", "0"])
async def test_another_key_hears_the_menu_again(
    calling: Stand, twilio: Twilio, digits: str
) -> None:
    calling.answers.ask("counselor-01")
    form = {"CallSid": "CA1", "Digits": digits}
    answer = await twilio.post("/v1/voice/voice-a/call-counselor-01/pressed", form)
    redirect = tree(answer.text).find("Redirect")
    assert redirect is not None
    assert redirect.text == f"{PUBLIC}/v1/voice/voice-a/call-counselor-01"
    assert calling.answers.given == []


async def test_a_call_of_no_offer_ends_politely(stand: Stand, twilio: Twilio) -> None:
    menu = await menu_of(twilio, "attempt-of-nobody")
    assert [part.tag for part in menu] == ["Say", "Hangup"]
    assert ("voice", "no_such_offer") in stand.audit.refused()


# Alertmanager


def alert(**changed: Any) -> dict[str, Any]:
    group = {
        "version": "4",
        "groupKey": '{}:{alertname="SeatsShort"}',
        "status": "firing",
        "receiver": "callout",
        "commonLabels": {
            "alertname": "SeatsShort",
            "need": "30",
            "pool": "reserve",
            "skill": "crisis",
            "language": "ko,en",
            "severity": "page",
            "callout_policy": "forecast",
        },
        "commonAnnotations": {"summary": "30 more counselors are needed"},
        "alerts": [{"status": "firing", "startsAt": "2026-03-11T06:00:00Z", "labels": {}}],
        "a field of next year": {"x": 1},
    }
    return {**group, **changed}


async def test_a_firing_group_opens_one_need_and_a_resolved_one_closes_it(
    stand: Stand, twilio: Twilio
) -> None:
    answers = [await twilio.client.post("/v1/alertmanager", json=alert()) for _ in range(2)]
    assert [answer.json()["result"] for answer in answers] == ["opened", "revised"]
    ((key, need),) = stand.needs.open.items()
    assert key == 'alertmanager/{}:{alertname="SeatsShort"}'
    assert (need.seats, need.pool, need.skills) == (30, "reserve", ("crisis",))
    assert (need.languages, need.severity, need.policy) == (("ko", "en"), "critical", "forecast")
    answer = await twilio.client.post("/v1/alertmanager", json=alert(status="resolved"))
    assert answer.json()["result"] == "closed"
    assert stand.needs.open == {}


async def test_a_watchdog_opens_no_need(stand: Stand, twilio: Twilio) -> None:
    dog = alert(commonLabels={"alertname": "Watchdog"})
    assert (await twilio.client.post("/v1/alertmanager", json=dog)).status_code == 200
    assert stand.needs.open == {}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"version": "3"}, "version"),
        ({"status": "burning"}, "status"),
        ({"groupKey": ""}, "groupKey"),
        ({"commonLabels": {"need": "many"}}, "commonLabels.need"),
        ({"commonLabels": {"need": "0"}}, "commonLabels.need"),
        ({"alerts": "none"}, "alerts"),
    ],
)
async def test_a_payload_that_cannot_be_trusted_is_refused_for_good(
    stand: Stand, twilio: Twilio, changed: dict[str, Any], field: str
) -> None:
    answer = await twilio.client.post("/v1/alertmanager", json=alert(**changed))
    assert answer.status_code == 422  # a 4xx is not repeated, a 5xx would be
    assert answer.json()["error"]["field"] == field
    assert stand.needs.open == {}


# PagerDuty


@pytest.fixture
def with_tokens(stand: Stand) -> Stand:
    monitoring = Identity("monitoring", frozenset({"source"}))
    stand.app.state.tokens = Tokens([(bytes.fromhex(digest_of(ROUTING_KEY)), monitoring)])
    return stand


def event(action: str = "trigger", **changed: Any) -> dict[str, Any]:
    given = {
        "routing_key": ROUTING_KEY,
        "event_action": action,
        "dedup_key": "surge-7",
        "payload": {
            "summary": "12 seats are short",
            "source": "monitoring",
            "severity": "critical",
            "custom_details": {"seats": 12, "pool": "reserve", "skills": ["crisis"]},
        },
    }
    return {**given, **changed}


async def test_trigger_opens_acknowledge_stops_nothing_and_resolve_closes(
    with_tokens: Stand, twilio: Twilio
) -> None:
    stand = with_tokens
    opened = await twilio.client.post("/v2/enqueue", json=event())
    assert opened.status_code == 202
    assert opened.json() == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "surge-7",
    }
    assert stand.needs.open["pagerduty/surge-7"].seats == 12
    await twilio.client.post("/v2/enqueue", json=event("acknowledge"))
    assert (stand.needs.seen, len(stand.needs.open)) == (["pagerduty/surge-7"], 1)
    await twilio.client.post("/v2/enqueue", json=event("resolve"))
    assert stand.needs.open == {}
    assert stand.needs.by == {"monitoring"}


async def test_a_trigger_without_a_key_is_given_one(with_tokens: Stand, twilio: Twilio) -> None:
    answer = await twilio.client.post("/v2/enqueue", json=event(dedup_key=None))
    key = answer.json()["dedup_key"]
    assert len(key) == 32
    assert f"pagerduty/{key}" in with_tokens.needs.open


@pytest.mark.parametrize(
    "changed",
    [
        {"routing_key": "x" * 32},
        {"routing_key": "short"},
        {"event_action": "panic"},
        {"payload": None},
        {"payload": {"summary": "", "source": "a", "severity": "critical"}},
        {"payload": {"summary": "a", "source": "a", "severity": "bad"}},
        {"event_action": "resolve", "dedup_key": None},
        {"dedup_key": "k" * 256},
        {
            "payload": {
                "summary": "a",
                "source": "a",
                "severity": "info",
                "custom_details": {"seats": 0},
            }
        },
    ],
)
async def test_a_wrong_event_is_400_opens_nothing_and_its_key_is_not_repeated(
    with_tokens: Stand, twilio: Twilio, changed: dict[str, Any]
) -> None:
    answer = await twilio.client.post("/v2/enqueue", json=event(**changed))
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid event"
    assert "xxxx" not in answer.text
    assert with_tokens.needs.open == {}


async def test_a_stranger_cannot_open_a_need_by_alertmanager(
    with_tokens: Stand, twilio: Twilio
) -> None:
    answer = await twilio.client.post("/v1/alertmanager", json=alert())
    assert answer.status_code == 401
    assert with_tokens.needs.open == {}
