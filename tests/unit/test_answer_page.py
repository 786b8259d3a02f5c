"""The page behind a link: looking does nothing, pressing does it once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.callout.answering.tokens import Tokens, hash_of
from services.message_router import Router
from tests.support.answers import Stand
from tests.support.paging import Clock
from tests.support.people import people_of, person

PUBLIC = "http://callout.test"
LARGEST_PAGE = 6_000  # what a 2G line brings in about a second, uncompressed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stand(clock: Clock) -> Stand:
    known = [person(f"counselor-0{n}") for n in range(1, 5)]
    return Stand(people_of(*known, now=clock), Router([], now=clock), clock, PUBLIC)


@pytest.fixture
async def browser(stand: Stand) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(stand.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield client


def link(stand: Stand, who: str = "counselor-01", **changed: Any) -> str:
    stand.answers.ask(who, **changed)
    return f"/a/{stand.answers.token(who)}"


async def test_opening_the_link_shows_what_is_asked_and_answers_nothing(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    page = await browser.get(link(stand))
    assert page.status_code == 200
    assert "Wed 11 Mar 17:00-23:00" in page.text  # the person's own clock
    assert "2 of 2 seats are free" in page.text
    assert stand.answers.given == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_link_scanner_presses_nothing(
    stand: Stand, browser: httpx.AsyncClient, method: str
) -> None:
    url = link(stand)
    for query in ("", "?choice=accept", "?lang=ko&choice=accept"):
        await browser.request(method, url + query)
    assert stand.answers.given == []


async def test_a_yes_takes_a_seat_and_says_which(stand: Stand, browser: httpx.AsyncClient) -> None:
    page = await browser.post(link(stand), data={"choice": "accept"})
    assert page.status_code == 200
    assert "Seat 1 of 2 is yours." in page.text
    assert "I cannot come after all" in page.text


async def test_a_second_tap_is_harmless(stand: Stand, browser: httpx.AsyncClient) -> None:
    url = link(stand)
    first = await browser.post(url, data={"choice": "accept"})
    second = await browser.post(url, data={"choice": "accept"})
    assert "Seat 1 of 2" in first.text
    assert "Seat 1 of 2" in second.text
    assert len(stand.answers.given) == 1


async def test_who_comes_too_late_for_a_seat_hears_their_place_in_reserve(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    for who in ("counselor-01", "counselor-02"):
        await browser.post(link(stand, who), data={"choice": "accept"})
    page = await browser.post(link(stand, "counselor-03"), data={"choice": "accept"})
    assert "Filled. You are number 1 in reserve." in page.text


async def test_a_no_may_say_why_and_is_thanked(stand: Stand, browser: httpx.AsyncClient) -> None:
    page = await browser.post(link(stand), data={"choice": "decline", "reason": "tired"})
    assert "Thank you, rest well." in page.text
    assert stand.answers.given[0][1].reason == "tired"


async def test_arrival_and_partial_hours_are_taken_down(
    stand: Stand, browser: httpx.AsyncClient, clock: Clock
) -> None:
    form = {
        "choice": "accept",
        "arrives": "30",
        "from": "2026-03-11T09:00:00+00:00",
        "until": "2026-03-11T12:00:00+00:00",
    }
    await browser.post(link(stand), data=form)
    (_, answer) = stand.answers.given[0]
    assert answer.arrives_at is not None
    assert (answer.arrives_at - clock.now).total_seconds() == 1800
    assert answer.starts_at is not None
    assert answer.ends_at is not None
    assert (answer.starts_at.hour, answer.ends_at.hour) == (9, 12)


async def test_a_mind_is_changed_in_one_tap_and_the_calendar_hears_of_it(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    url = link(stand)
    await browser.post(url, data={"choice": "accept"})
    seat = await browser.get(f"{url}?calendar")
    assert seat.headers["content-type"].startswith("text/calendar")
    assert "METHOD:REQUEST" in seat.text
    assert "PARTSTAT=ACCEPTED" in seat.text
    page = await browser.post(url, data={"choice": "withdraw"})
    assert "Your seat is free again" in page.text
    assert "METHOD:CANCEL" in (await browser.get(f"{url}?calendar")).text


async def test_both_languages_without_a_script(stand: Stand, browser: httpx.AsyncClient) -> None:
    url = link(stand, language="ko")
    korean = await browser.get(url)
    english = await browser.get(f"{url}?lang=en")
    assert '<html lang="ko">' in korean.text
    assert "수락" in korean.text
    assert "Yes, I come" in english.text
    assert "<script" not in korean.text + english.text
    assert max(len(korean.content), len(english.content)) < LARGEST_PAGE


async def test_rest_that_would_be_short_is_said_and_a_managers_note_is_not(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    page = await browser.get(link(stand, notes=("daily_rest", "response_time")))
    assert "You would have less than your daily rest." in page.text
    assert "response" not in page.text


async def test_a_drill_says_so_before_anything_else(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(link(stand, drill=True))).text
    assert page.index("DRILL") < page.index("Counselors are needed</h1>")


async def test_the_page_forbids_to_pass_its_address_on(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    headers = (await browser.get(link(stand))).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert "noindex" in headers["x-robots-tag"]
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


async def test_a_forged_link_changes_nothing_and_is_written_down(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    link(stand)
    forged = Tokens({"s1": b"x" * 32}).token("offer-counselor-01", "answer")
    for method in ("GET", "POST"):
        answer = await browser.request(method, f"/a/{forged}")
        assert answer.status_code == 404
        assert "There is no such link." in answer.text
    assert stand.answers.given == []
    assert ("open_link", "no_such_link") in stand.audit.refused()


async def test_a_token_made_for_another_purpose_opens_nothing(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    link(stand)
    feed = Tokens({"s1": b"s" * 32}).token("offer-counselor-01", "feed")
    assert (await browser.post(f"/a/{feed}", data={"choice": "accept"})).status_code == 404


@pytest.mark.parametrize("text", ["x", "../../etc/passwd", "a" * 23, "%00" * 22])
async def test_what_is_no_token_at_all_is_no_link(
    stand: Stand, browser: httpx.AsyncClient, text: str
) -> None:
    assert (await browser.get(f"/a/{text}")).status_code == 404
    assert stand.answers.given == []


async def test_an_expired_link_says_so_and_changes_nothing(
    stand: Stand, browser: httpx.AsyncClient, clock: Clock
) -> None:
    url = link(stand)
    clock.forward(hours=3)
    for method in ("GET", "POST"):
        answer = await browser.request(method, url, data={"choice": "accept"})
        assert answer.status_code == 410
        assert "no longer valid" in answer.text
    assert stand.answers.given == []
    assert ("answer_link", "expired") in stand.audit.refused()


async def test_whoever_has_a_seat_can_give_it_back_after_the_asking_is_over(
    stand: Stand, browser: httpx.AsyncClient, clock: Clock
) -> None:
    url = link(stand)
    await browser.post(url, data={"choice": "accept"})
    clock.forward(hours=4)
    page = await browser.post(url, data={"choice": "withdraw"})
    assert "Your seat is free again" in page.text


async def test_a_late_answer_is_told_kindly_and_written_down(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    page = await browser.post(link(stand, open=False), data={"choice": "accept"})
    assert "This call-out is over. Thank you." in page.text
    assert ("answer_link", "late") in stand.audit.refused()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"choice": "seen"},
        {"choice": "everything"},
        {"choice": "decline", "reason": "bored"},
        {"choice": "accept", "arrives": "-5"},
        {"choice": "accept", "from": "yesterday"},
        {"choice": "accept", "from": "2026-03-11T09:00:00"},
        {"choice": "accept", "from": "2026-03-12T09:00:00+00:00"},
        {
            "choice": "accept",
            "from": "2026-03-11T12:00:00+00:00",
            "until": "2026-03-11T09:00:00+00:00",
        },
    ],
)
async def test_a_form_that_the_page_could_not_have_sent_changes_nothing(
    stand: Stand, browser: httpx.AsyncClient, form: dict[str, str]
) -> None:
    answer = await browser.post(link(stand), data=form)
    assert answer.status_code == 422
    assert stand.answers.given == []


async def test_a_form_that_is_too_long_changes_nothing(
    stand: Stand, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(link(stand), data={"choice": "accept", "x": "y" * 4096})
    assert answer.status_code == 422
    assert stand.answers.given == []


async def test_a_link_that_is_tried_too_often_must_wait(
    stand: Stand, browser: httpx.AsyncClient, clock: Clock
) -> None:
    url = link(stand)
    answers = [await browser.get(url) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    clock.forward(minutes=1)
    assert (await browser.get(url)).status_code == 200


async def test_guessing_at_links_is_slowed_down(stand: Stand, browser: httpx.AsyncClient) -> None:
    guesses = Tokens({"s1": b"g" * 32})
    told = [
        (await browser.get(f"/a/{guesses.token(str(n), 'answer')}")).status_code for n in range(62)
    ]
    assert told == [404] * 60 + [429] * 2


def test_a_token_is_short_opaque_and_only_its_hash_need_be_kept() -> None:
    tokens = Tokens({"s1": b"s" * 32})
    token = tokens.token("offer-1", "answer")
    assert len(token) == 22
    assert token == tokens.token("offer-1", "answer")
    assert "offer" not in token
    others = {tokens.token(f"offer-{n}", "answer") for n in range(1000)}
    assert len(others) == 1000
    assert hash_of(token) != token
