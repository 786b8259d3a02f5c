"""People as the service keeps them: on the log first, proved by codes, ready or not."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.auth import Identity
from services.auth import Tokens as AccessTokens
from services.callout.people.people import People, UnknownPersonError
from services.message_ports import Accepted, Found, Message, Outcome, Unknown
from services.message_router import Route, Router
from services.numbers import Pseudonyms
from services.people_file import Secrets
from services.sealing import Sealer
from streams.domain.people.person import usable_plan
from streams.domain.people.readiness import lights, readiness
from streams.events.people import PlanStep, Span
from streams.kafka import Record
from tests.support.answers import Stand
from tests.support.paging import Clock
from tests.support.people import CENTRE, NOW, SECRETS, Log, at, people_of, person, shift, way

ALL_KINDS: Any = frozenset({"sms", "voice", "email"})


def read_again(log: Log) -> People:
    """Another process that reads the log from its start."""
    other = people_of()
    for n, one in enumerate(log.records):
        other.read(Record("people", 0, n, 0, one.key, one.value))
    return other


# On the log


async def test_what_is_known_is_what_the_log_says() -> None:
    log = Log()
    people = people_of(person(), log=log)
    await people.set_standing("counselor-01", "2h")
    await people.put_shifts([shift(at(11, 8), name="s1")])
    await people.reached("counselor-01", "sms", at(11, 5))
    other = read_again(log)
    assert other.get("counselor-01") == people.get("counselor-01")
    assert other.book.roster.shifts_of("counselor-01")[0].id == "s1"


async def test_what_could_not_be_written_is_not_in_force() -> None:
    async def away(_: Any) -> None:
        raise ConnectionError

    people = People(CENTRE, SECRETS, away, lambda: NOW)
    people.book.put(person())
    with pytest.raises(ConnectionError):
        await people.set_standing("counselor-01", "no")
    assert people.get("counselor-01").standing == "now"


async def test_what_changes_nothing_is_not_written_again() -> None:
    log = Log()
    people = people_of(person(), log=log)
    await people.opt("counselor-01", "sms", out=True)
    await people.opt("counselor-01", "sms", out=True)
    await people.reached("counselor-01", "sms", at(11, 5))
    await people.reached("counselor-01", "sms", at(11, 4))
    assert len(log.records) == 2


async def test_nothing_on_the_log_tells_who_somebody_is() -> None:
    log = Log()
    people = people_of(log=log)
    raw = b"id,name,pool,sms\nvolunteer-01,Han Areum,volunteers,+44 7700 900001\n"
    await people.take_list(raw, dry_run=False)
    written = b"".join((one.key or b"") + (one.value or b"") for one in log.records)
    assert b"volunteer-01" in written
    assert not any(secret in written for secret in (b"Areum", b"7700"))
    known = people.get("volunteer-01")
    assert people.name_of(known) == "Han Areum"
    assert people.address_of(known.methods[0]) == "+447700900001"


async def test_somebody_who_is_forgotten_is_gone_from_memory_and_from_the_log() -> None:
    log = Log()
    people = people_of(person(), log=log)
    await people.put_shifts([shift(at(11, 8), name="s1")])
    await people.forget("counselor-01")
    assert [one.value for one in log.records[-2:]] == [None, None]
    assert people.by_number("+447700900001") == []
    assert read_again(log).book.people == {}
    with pytest.raises(UnknownPersonError):
        people.get("counselor-01")


async def test_a_wrong_list_changes_nothing_and_a_dry_run_neither() -> None:
    log = Log()
    people = people_of(log=log)
    good = b"id,name,pool\nvolunteer-01,Han Areum,volunteers\n"
    listed, planned = await people.take_list(good, dry_run=True)
    assert (listed.problems, planned.new) == ((), ("volunteer-01",))
    await people.take_list(good + b"volunteer-02,,volunteers\n", dry_run=False)
    assert log.records == []


async def test_a_spoilt_centre_list_silences_nobody(tmp_path: Path) -> None:
    people = people_of(person())
    (tmp_path / "people.csv").write_text("id,nam,pool\n")
    await people.take_centre_list(tmp_path / "centre.toml")
    await people.take_centre_list(tmp_path / "nowhere" / "centre.toml")
    assert list(people.book.people) == ["counselor-01"]


def test_a_number_is_found_however_it_is_written() -> None:
    people = people_of(person(methods=(way("sms", "+821012345678"),)))
    for text in ("+82 10-1234-5678", "010 1234 5678", "01012345678"):
        assert [who.id for who, _ in people.by_number(text)] == ["counselor-01"]
    assert people.by_number("hello") == []


# The contact plan


def test_without_a_plan_of_their_own_messages_go_at_once_and_calls_after_two_and_five_minutes() -> (
    None
):
    assert usable_plan(person()) == (
        PlanStep(method="sms"),
        PlanStep(method="voice", after_seconds=120),
        PlanStep(method="voice", after_seconds=300),
    )


def test_at_the_top_severity_every_way_is_tried_at_once_and_the_second_call_stays() -> None:
    assert usable_plan(person(), at_once=True) == (
        PlanStep(method="sms"),
        PlanStep(method="voice"),
        PlanStep(method="voice", after_seconds=300),
    )


def test_a_way_that_is_not_proved_or_opted_out_is_in_no_plan() -> None:
    who = person(methods=(way("sms", opted_out=True), way("voice", verified_at=None)))
    assert usable_plan(who) == ()


# Readiness


@pytest.mark.parametrize(
    ("changed", "light", "reason"),
    [
        ({}, "green", None),
        ({"methods": (way("sms", verified_at=None),)}, "red", "no_way"),
        ({"methods": ()}, "red", "no_way"),
        ({"methods": (way("push"),)}, "red", "no_way"),  # no provider carries it
        ({"plan": (PlanStep(method="email"),)}, "red", "nothing_planned"),
        ({"methods": (way("sms"),)}, "amber", "no_call"),
        ({"methods": (way("voice"),)}, "amber", "one_way_only"),
        ({"methods": (way("sms", opted_out=True), way("voice"))}, "amber", "opted_out"),
        ({"standing": "no"}, "amber", "standing_no"),
    ],
)
def test_readiness_looks_at_every_way(
    changed: dict[str, Any], light: str, reason: str | None
) -> None:
    ready = readiness(person(**changed), NOW, ALL_KINDS)
    assert ready.light == light
    assert reason is None or reason in ready.reasons


def test_old_proof_is_doubted_and_news_from_them_makes_it_fresh() -> None:
    old = NOW - timedelta(days=91)
    who = person(methods=(way("sms", verified_at=old), way("voice", verified_at=old)))
    assert "proof_old" in readiness(who, NOW, ALL_KINDS).reasons
    heard = (way("sms", verified_at=old, last_success_at=at(1, 0)), way("voice", verified_at=old))
    assert "proof_old" not in readiness(person(methods=heard), NOW, ALL_KINDS).reasons


def test_readiness_counts_everybody_also_past_a_hundred() -> None:
    """A readiness check capped at a hundred people reported a comfortable lie."""
    many = [
        person(f"p{n:03}", methods=() if n >= 100 else (way(), way("voice"))) for n in range(250)
    ]
    counted = lights(readiness(one, NOW, ALL_KINDS) for one in many)
    assert counted == {("counselors", 1): {"green": 100, "red": 150}}


def test_somebody_without_a_name_is_a_person_like_any_other() -> None:
    """People without a display name stayed on call for ever."""
    nameless = person(sealed_name=SECRETS.sealer.seal(b""))
    people = people_of(nameless)
    assert people.name_of(nameless) == ""
    assert readiness(nameless, NOW, ALL_KINDS).light == "green"
    assert people.everyone() == [nameless]


# Codes


class Postbox:
    """A provider that keeps what it was given."""

    name, per_second, can_find, drills = "post", 100.0, False, True
    kinds: Any = frozenset({"sms", "voice"})

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.outcome: Outcome = Accepted("r")

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        return self.outcome

    async def find(
        self, attempt: str, to: str, since: datetime, known: Collection[str] = ()
    ) -> Found | None:
        del attempt, to, since, known
        return None

    async def stop(self) -> None:
        return None

    def code(self) -> str:
        return "".join(c for c in self.got[-1].text.partition(".")[0] if c.isdigit())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def post() -> Postbox:
    return Postbox()


@pytest.fixture
def stand(clock: Clock, post: Postbox) -> Stand:
    new = person(
        agent="agent-1",
        methods=(way("sms", verified_at=None), way("voice", verified_at=None), way("push")),
    )
    people = people_of(new, now=clock)
    return Stand(people, Router([Route(post)], now=clock), clock, "http://callout.test")


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(stand.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://callout.test") as found:
        yield found


METHOD = "/v1/people/counselor-01/methods"


async def test_a_number_is_proved_by_the_code_that_went_to_it(
    stand: Stand, client: httpx.AsyncClient, post: Postbox
) -> None:
    assert (await client.post(f"{METHOD}/sms/verify")).status_code == 202
    assert post.got[0].to == "+447700900001"
    assert len(post.code()) == 6
    done = await client.post(f"{METHOD}/sms/confirm", json={"code": post.code()})
    assert done.status_code == 200
    sms, voice, _ = stand.people.get("counselor-01").methods
    assert sms.verified_at is not None
    assert voice.verified_at is None


async def test_a_wrong_code_proves_nothing_and_five_end_it(
    stand: Stand, client: httpx.AsyncClient, post: Postbox
) -> None:
    await client.post(f"{METHOD}/sms/verify")
    wrong = f"{(int(post.code()) + 1) % 1_000_000:06}"
    told = [
        (await client.post(f"{METHOD}/sms/confirm", json={"code": wrong})).json() for _ in range(6)
    ]
    assert [one["error"]["reason"] for one in told] == ["wrong"] * 5 + ["expired"]
    late = await client.post(f"{METHOD}/sms/confirm", json={"code": post.code()})
    assert late.status_code == 409
    assert stand.people.get("counselor-01").methods[0].verified_at is None
    assert ("verify_method", "wrong") in stand.audit.refused()


async def test_a_code_is_good_for_ten_minutes_and_once(
    client: httpx.AsyncClient, post: Postbox, clock: Clock
) -> None:
    await client.post(f"{METHOD}/sms/verify")
    clock.forward(minutes=10)
    body = {"code": post.code()}
    assert (await client.post(f"{METHOD}/sms/confirm", json=body)).status_code == 409
    await client.post(f"{METHOD}/sms/verify")
    body = {"code": post.code()}
    assert (await client.post(f"{METHOD}/sms/confirm", json=body)).status_code == 200
    assert (await client.post(f"{METHOD}/sms/confirm", json=body)).status_code == 409


async def test_codes_are_not_sent_faster_than_one_a_minute(
    client: httpx.AsyncClient, post: Postbox, clock: Clock
) -> None:
    await client.post(f"{METHOD}/sms/verify")
    assert (await client.post(f"{METHOD}/sms/verify")).status_code == 429
    clock.forward(minutes=1)
    assert (await client.post(f"{METHOD}/sms/verify")).status_code == 202
    assert len(post.got) == 2


async def test_a_code_that_could_not_be_sent_is_told_so(
    client: httpx.AsyncClient, post: Postbox
) -> None:
    post.outcome = Unknown()
    assert (await client.post(f"{METHOD}/sms/verify")).status_code == 503
    answer = await client.post(f"{METHOD}/push/verify")
    assert answer.json() == {"result": "no_provider"}


async def test_a_code_for_a_telephone_is_spoken_digit_by_digit(
    stand: Stand, client: httpx.AsyncClient, post: Postbox
) -> None:
    await client.post(f"{METHOD}/voice/verify")
    spoken = stand.doors.spoken(post.got[0].attempt)
    assert spoken is not None
    digits = " ".join(f"{digit}." for digit in post.code())
    assert digits in " ".join(spoken[0].split())
    assert stand.doors.spoken("attempt-1") is None


@pytest.mark.parametrize("body", [{}, {"code": "12345"}, {"code": 123456}, {"code": "12345a"}])
async def test_what_is_no_code_is_refused_with_its_field(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await client.post(f"{METHOD}/sms/confirm", json=body)
    assert answer.status_code == 422


async def test_an_unknown_person_is_told_so(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/people/nobody/methods/sms/verify")
    assert answer.status_code == 404


# Over HTTP


async def test_the_list_of_people_shows_everybody_and_no_name_or_number(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/people")
    (row,) = answer.json()["people"]
    assert (row["id"], row["light"]) == ("counselor-01", "red")
    assert not any(secret in answer.text for secret in ("7700", "Somebody", "s1."))


async def test_an_import_names_every_problem_or_says_what_it_did(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    good = b"id,name,pool\nvolunteer-01,Han Areum,volunteers\n"
    wrong = await client.post("/v1/people/import", content=good + b"x,,nowhere\n")
    assert wrong.status_code == 422
    assert [(p["line"], p["column"]) for p in wrong.json()["problems"]] == [
        (3, "name"),
        (3, "pool"),
    ]
    dry = await client.post("/v1/people/import?dry_run=1", content=good)
    assert (dry.json()["imported"], dry.json()["new"]) == (False, 1)
    done = await client.post("/v1/people/import", content=good)
    assert done.json()["imported"]
    assert "volunteer-01" in stand.people.book.people
    assert [line.action for line in stand.audit.noted] == ["import_people"]


def as_counselor(stand: Stand, agent: str) -> None:
    """Whoever asks from now on is a counselor at that desk."""

    class Signed(AccessTokens):
        def identify(self, authorization: str | None) -> Identity | None:
            del authorization
            return Identity("somebody", frozenset({"counselor"}), agent)

    stand.app.state.tokens = Signed(None)


async def test_counselors_change_what_is_their_own_and_nothing_else(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    standing = "/v1/people/counselor-01/standing"
    as_counselor(stand, "agent-2")
    assert (await client.post(standing, json={"standing": "no"})).status_code == 403
    as_counselor(stand, "agent-1")
    assert (await client.post(standing, json={"standing": "2h"})).status_code == 200
    assert stand.people.get("counselor-01").standing == "2h"
    assert (await client.get("/v1/people")).status_code == 403
    assert (await client.post("/v1/people/import", content=b"")).status_code == 403


async def test_a_calendar_is_read_for_a_person_and_again_without_a_change(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    calendar = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\nBEGIN:VEVENT\r\nUID:1@a\r\n"
        b"DTSTART:20260312T080000Z\r\nDTEND:20260312T160000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    url = "/v1/people/counselor-01/calendars/google"
    first = await client.put(f"{url}?kind=elsewhere", content=calendar)
    again = await client.put(f"{url}?kind=elsewhere", content=calendar)
    assert first.json() == {"shifts": 1, "changed": 1}
    assert again.json() == {"shifts": 1, "changed": 0}
    assert stand.people.book.roster.working("counselor-01", at(12, 9), at(12, 10)) is not None
    assert (await client.put(url, content=b"no calendar")).status_code == 422
    (row,) = (await client.get("/v1/people")).json()["people"]
    assert row["calendars"] == {"google": 0.0}


async def test_a_calendar_is_read_by_its_secret_address_until_that_is_taken_back(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    await stand.people.put_shifts([shift(at(12, 8), name="s1", pool="counselors")])
    first = (await client.post("/v1/people/counselor-01/feed")).json()["url"]
    read = await client.get(first)
    assert "UID:s1@surgeline.invalid" in read.text
    assert "Somebody" not in read.text
    second = (await client.post("/v1/people/counselor-01/feed")).json()["url"]
    assert (await client.get(first)).status_code == 404
    assert (await client.get(second)).status_code == 200
    await client.delete("/v1/people/counselor-01/feed")
    assert (await client.get(second)).status_code == 404
    assert first.rpartition("/")[2][:22] not in stand.people.get("counselor-01").feed_digest


async def test_a_swap_gives_the_shift_to_who_is_free(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    stand.people.book.put(person("counselor-02"))
    await stand.people.put_shifts(
        [shift(at(12, 8), name="s1"), shift(at(13, 8), name="s2", person="counselor-02")]
    )
    body = {"shift": "s1", "person": "counselor-02"}
    assert (await client.post("/v1/people/swaps", json=body)).status_code == 200
    roster = stand.people.book.roster
    assert roster.working("counselor-01", at(12, 9), at(12, 10)) is None
    assert roster.working("counselor-02", at(12, 9), at(12, 10)) is not None
    busy = await client.post("/v1/people/swaps", json={"shift": "s2", "person": "counselor-02"})
    assert busy.status_code == 409


async def test_leave_is_kept_in_order(stand: Stand) -> None:
    later, sooner = (
        Span(starts_at=at(25, 0), ends_at=at(26, 0)),
        Span(starts_at=at(20, 0), ends_at=at(21, 0)),
    )
    after = await stand.people.set_leave("counselor-01", [later, sooner])
    assert after.leave == (sooner, later)


async def test_leave_is_told_by_themselves_and_kept_only_when_it_makes_sense(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    as_counselor(stand, "agent-1")
    url = "/v1/people/counselor-01/leave"
    day = {"starts_at": "2026-03-20T00:00:00+09:00", "ends_at": "2026-03-21T00:00:00+09:00"}
    assert (await client.put(url, json={"leave": [day]})).json() == {"leave": 1}
    turned = {"starts_at": day["ends_at"], "ends_at": day["starts_at"]}
    naive = day | {"starts_at": "2026-03-20T00:00:00"}
    for wrong in (turned, naive, {}):
        assert (await client.put(url, json={"leave": [wrong]})).status_code == 422
    assert len(stand.people.get("counselor-01").leave) == 1


async def test_a_person_is_erased_on_request_and_that_is_written_down(
    stand: Stand, client: httpx.AsyncClient
) -> None:
    assert (await client.delete("/v1/people/counselor-01")).status_code == 204
    assert (await client.delete("/v1/people/counselor-01")).status_code == 404
    assert stand.people.book.people == {}
    assert [line.action for line in stand.audit.noted] == ["erase_person"]


# Keys and names


def with_keys(people: People, secrets: Secrets, log: Log) -> People:
    """The same people in a process with other keys."""
    other = People(CENTRE, secrets, log.append, lambda: NOW)
    for one in people.book.people.values():
        other.book.put(one)
    return other


async def test_after_a_reseal_the_old_keys_can_be_taken_away() -> None:
    log = Log()
    new = {"s2": b"t" * 32}, {"p2": b"q" * 32}
    both = Secrets(Sealer(new[0] | {"s1": b"s" * 32}), Pseudonyms(new[1] | {"p1": b"p" * 32}))
    between = with_keys(people_of(person()), both, log)
    done = [await between.reseal() for _ in range(2)]
    after = with_keys(between, Secrets(Sealer(new[0]), Pseudonyms(new[1])), log)
    [(who, method), *_] = after.by_number("+447700900001")
    assert [(one.resealed, one.unreadable, one.by_key) for one in done] == [
        (1, 0, {"s2": 3}),
        (0, 0, {"s2": 3}),
    ]
    assert (after.name_of(who), after.address_of(method)) == ("Somebody", "+447700900001")
    assert method.verified_at is not None


async def test_what_no_key_opens_is_left_as_it_is_and_counted() -> None:
    log = Log()
    strange = Secrets(Sealer({"s2": b"t" * 32}), Pseudonyms({"p2": b"q" * 32}))
    people = with_keys(people_of(person()), strange, log)
    done = await people.reseal()
    assert (done.resealed, done.unreadable, log.records) == (0, 3, [])


async def test_who_is_out_of_service_is_forgotten_in_time_and_nobody_else_is() -> None:
    log = Log()
    people = people_of(log=log)
    await people.take_list(b"id,name,pool\na,A,volunteers\nb,B,volunteers\n", dry_run=False)
    await people.take_list(b"id,name,pool\na,A,volunteers\n", dry_run=False, remove_missing=True)
    changed_at = int(NOW.timestamp() * 1000)
    for n, one in enumerate(log.records):
        people.read(Record("people", 0, n, changed_at, one.key, one.value))
    early = await people.forget_retired(NOW - timedelta(days=1))
    late = await people.forget_retired(NOW + timedelta(days=1))
    assert (early, late, list(people.book.people)) == ([], ["b"], ["a"])
