"""What intake accepts is on the log, once, where all events of its contact and caller meet."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.bodies import BATCH, LINES, ONE
from services.sealing import Sealer
from streams.topics import AGENTS, CLOCK, CONTACT_KEYS, CONTACTS, DEAD_LETTERS, partition_of
from tests.support.intake import Intake, agent_event, event, make_env, make_intake
from tests.support.process import ServiceProcess
from tests.support.stack import Broker, RunningBroker

pytestmark = pytest.mark.integration

ANNA, BORA = "+821055501001", "+821055501002"
LIFE = ("arrived", "queued", "offered", "answered", "completed")


def life_of(contact: str, *, caller_in: str) -> list[dict[str, Any]]:
    """A contact's five events, of which one names the caller."""
    made = [event(kind, subject=contact, data={"agent": "a1"}) for kind in LIFE]
    made[LIFE.index(caller_in)]["data"]["caller"] = ANNA
    return made


def partitions(intake: Intake, contact: str) -> list[int]:
    return [partition for partition, _ in intake.of_contact(CONTACTS, contact)]


def test_one_event_a_batch_and_lines_are_taken_and_are_on_the_log(intake: Intake) -> None:
    one, *batch = [event() for _ in range(3)]
    lines = [event() for _ in range(2)]
    answers = [
        intake.post(json.dumps(one).encode(), ONE),
        intake.post(json.dumps(batch).encode(), BATCH),
        intake.post("\r\n".join(map(json.dumps, lines)).encode(), f"{LINES}; charset=UTF-8"),
    ]
    assert [(a.status_code, a.json()["accepted"]) for a in answers] == [
        (202, 1),
        (202, 2),
        (202, 2),
    ]
    on_the_log = {each["id"] for _, each in intake.events(CONTACTS)}
    assert on_the_log >= {each["id"] for each in [one, *batch, *lines]}


def test_a_batch_without_events_is_taken_for_what_it_is(intake: Intake) -> None:
    answer = intake.send()
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)


def test_the_log_holds_a_pseudonym_and_a_sealed_number_in_place_of_the_caller(
    intake: Intake,
) -> None:
    sent = event(data={"caller": "010-5550-1001", "topic": "visa"})
    intake.send(sent)
    [(partition, kept)] = intake.of_contact(CONTACTS, sent["subject"])
    caller = kept["data"].pop("caller")
    prefix = {"caller_tz": "Asia/Seoul", "caller_tz_from": "number_prefix"}
    assert kept["data"] == {"queue": "main", "topic": "visa", **prefix}
    assert Sealer.from_env(intake.env).open(caller["sealed"]) == ANNA.encode()
    assert kept["partitionkey"] == caller["key"]
    assert partition == partition_of(caller["key"], CONTACTS)
    assert kept["recordedtime"] >= kept["time"]


def test_two_contacts_of_one_caller_meet_on_one_partition(intake: Intake) -> None:
    first, redial = event(data={"caller": ANNA}), event(data={"caller": "010 5550 1001"})
    intake.send(first)
    intake.send(redial)
    assert partitions(intake, first["subject"]) == partitions(intake, redial["subject"])


@pytest.mark.parametrize("caller_in", LIFE)
def test_the_events_of_a_contact_meet_whichever_of_them_names_the_caller(
    intake: Intake, caller_in: str
) -> None:
    life = life_of(f"together-{caller_in}", caller_in=caller_in)
    assert intake.send(*life).status_code == 202
    [(_, named)] = [
        (p, e) for p, e in intake.of_contact(CONTACTS, life[0]["subject"]) if "caller" in e["data"]
    ]
    expected = partition_of(named["data"]["caller"]["key"], CONTACTS)
    assert partitions(intake, life[0]["subject"]) == [expected] * 5


@pytest.mark.parametrize("caller_in", LIFE)
def test_they_meet_also_when_each_comes_alone(intake: Intake, caller_in: str) -> None:
    life = life_of(f"alone-{caller_in}", caller_in=caller_in)
    for each in life:
        assert intake.send(each).status_code == 202
    assert len(set(partitions(intake, life[0]["subject"]))) == 1
    assert len(intake.of_contact(CONTACT_KEYS, life[0]["subject"])) == 1


def test_a_withheld_number_leaves_the_contact_id_to_decide(intake: Intake) -> None:
    sent = event(data={"caller": "withheld"})
    intake.send(sent)
    assert partitions(intake, sent["subject"]) == [partition_of(sent["subject"], CONTACTS)]


async def test_a_contact_keeps_its_partition_after_a_kill_and_a_restart(
    kafka: Broker | RunningBroker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, kafka, tmp_path)
    async with intake.process as process, sender(intake) as client:
        lives = [life_of(f"restart-{number}", caller_in="arrived") for number in range(20)]
        await send(client, *[life[0] for life in lives])
        process.kill9()
        process.start()
        await process.wait_ready()
        await send(client, *[each for life in lives for each in life[1:]])
    found = await asyncio.to_thread(intake.events, CONTACTS)
    places = {(each["subject"], partition) for partition, each in found}
    assert (len(found), len(places)) == (100, 20)


def test_a_retry_is_taken_and_changes_nothing(intake: Intake) -> None:
    sent = event(data={"caller": BORA})
    again = json.dumps(dict(reversed(sent.items())), indent=4).encode()
    answers = [intake.send(sent), intake.post(again), intake.send(sent, sent)]
    assert [(a.json()["accepted"], a.json()["repeated"]) for a in answers] == [
        (1, 0),
        (1, 1),
        (2, 2),
    ]
    assert len(intake.of_contact(CONTACTS, sent["subject"])) == 1


def test_an_event_sent_twice_in_one_request_is_written_once(intake: Intake) -> None:
    sent = event()
    assert intake.send(sent, sent).json()["repeated"] == 1
    assert len(intake.of_contact(CONTACTS, sent["subject"])) == 1


def test_an_agents_state_goes_to_its_own_topic_under_the_agents_id(intake: Intake) -> None:
    intake.send(agent_event("counselor-7"))
    [record] = [r for r in intake.log(AGENTS) if r.key == b"counselor-7"]
    assert json.loads(record.value or b"")["data"]["state"] == "available"


async def test_many_small_requests_become_few_records(intake: Intake) -> None:
    before = len(await asyncio.to_thread(intake.log, CONTACTS))
    async with sender(intake) as client:
        # One caller, so one partition: what differs is only when each request comes.
        await asyncio.gather(*(send(client, event(data={"caller": ANNA})) for _ in range(300)))
    records = await asyncio.to_thread(intake.log, CONTACTS)
    assert len(records) - before < 150


def test_a_large_batch_of_one_caller_becomes_parcels_of_bounded_size(intake: Intake) -> None:
    before = len(intake.log(CONTACTS))
    sent = [event("queued", data={"caller": ANNA, "position": 1}) for _ in range(2_000)]
    assert intake.send(*sent).json()["accepted"] == 2_000
    sizes = [len(record.value or b"") for record in intake.log(CONTACTS)[before:]]
    assert 1 < len(sizes) < 10
    assert max(sizes) < 300_000


async def test_it_says_what_it_has_done_in_numbers(intake: Intake) -> None:
    async with sender(intake) as client:
        before = await numbers(client)
        sent = event()
        await send(client, sent)
        await send(client, sent)
        await send(client, event(type="surgeline.contact.sang.v1"))
        after = await numbers(client)
    grown = {name: after[name] - before.get(name, 0.0) for name in after}
    assert grown["surgeline_intake_events_accepted_total"] == 2
    assert grown["surgeline_intake_events_repeated_total"] == 1
    assert grown['surgeline_intake_events_refused_total{reason="unknown_type"}'] == 1
    assert grown['surgeline_intake_requests_total{status="202"}'] == 2
    assert after["surgeline_intake_held_bytes"] == 0


def test_a_role_that_is_not_a_sources_may_not_send(intake: Intake) -> None:
    answer = as_role(intake, "viewer", "POST", "/v1/events", event())
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "forbidden")


def test_other_paths_and_methods_are_told_apart(intake: Intake) -> None:
    answers = [intake.client.get("/v1/events"), intake.client.get("/docs")]
    assert [a.status_code for a in answers] == [405, 404]


WRONG_CLOCKS: list[tuple[dict[str, Any], str]] = [
    ({"wall": "2026-11-24T07:00:00Z"}, "event"),
    ({"wall": "2026-11-24T07:00:00Z", "event": "2012-11-07T16:00:00", "speed": 1}, "event"),
    ({"wall": "now", "event": "2012-11-07T16:00:00Z", "speed": 1}, "wall"),
    ({"wall": "0001-01-01T00:00:00+14:00", "event": "2012-11-07T16:00:00Z", "speed": 1}, "wall"),
    ({"wall": "2026-11-24T07:00:00Z", "event": "2012-11-07T16:00:00Z", "speed": -1}, "speed"),
    ({"wall": "2026-11-24T07:00:00Z", "event": "2012-11-07T16:00:00Z", "speed": "1"}, "speed"),
]


@pytest.mark.parametrize(("clock", "field"), WRONG_CLOCKS)
def test_a_clock_that_cannot_be_followed_is_refused(
    intake: Intake, clock: dict[str, Any], field: str
) -> None:
    answer = as_role(intake, "rehearsal", "POST", "/v1/clock", clock)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_only_a_rehearsal_may_declare_the_clock(intake: Intake) -> None:
    assert as_role(intake, "source", "POST", "/v1/clock", {}).status_code == 403


async def test_lateness_is_judged_by_the_declared_clock_also_after_a_restart(
    kafka: Broker | RunningBroker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, kafka, tmp_path, SURGELINE_REHEARSAL="1")
    quake = datetime(2012, 11, 7, 16, 35, 46, tzinfo=UTC)
    clock = {"wall": datetime.now(UTC).isoformat(), "event": quake.isoformat(), "speed": 1.0}
    async with intake.process as process, sender(intake) as client:
        declared = await asyncio.to_thread(as_role, intake, "rehearsal", "POST", "/v1/clock", clock)
        first = await send(client, event(time=quake.isoformat()), event())
        process.kill9()
        process.start()
        await process.wait_ready()
        second = await send(client, event(time=quake.isoformat()), event())
        told = (await client.get("/v1/clock")).json()
    assert declared.status_code == 200
    refused = [[r["reason"] for r in each["refused"]] for each in (first, second)]
    assert refused == [["in_future"], ["in_future"]]
    assert timedelta(0) <= datetime.fromisoformat(told["now"]) - quake < timedelta(minutes=5)
    assert len(await asyncio.to_thread(intake.log, CLOCK)) == 1


async def test_a_live_centre_lets_nobody_turn_its_clock(
    kafka: Broker | RunningBroker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, kafka, tmp_path)
    async with intake.process:
        answer = await asyncio.to_thread(as_role, intake, "rehearsal", "POST", "/v1/clock", {})
    assert answer.status_code == 403


async def test_it_does_not_listen_to_other_machines_without_tokens(tmp_path: Path) -> None:
    env = {**make_env(tmp_path), "SURGELINE_HOST": "0.0.0.0"}  # noqa: S104
    del env["SURGELINE_TOKENS"]
    process = ServiceProcess("services.intake", env)
    process.start()
    assert await process.wait_end() == 2
    assert "SURGELINE_TOKENS" in process.log_text()


async def test_asked_to_stop_it_answers_who_waits_and_leaves_nothing_accepted_behind(
    kafka: Broker | RunningBroker, tmp_path: Path
) -> None:
    intake = await asyncio.to_thread(make_intake, kafka, tmp_path)
    accepted: list[str] = []

    async def send_until_it_is_gone(client: httpx.AsyncClient) -> None:
        with contextlib.suppress(httpx.TransportError):
            while True:
                made = event()
                if (await send(client, made)).get("accepted") == 1:
                    accepted.append(made["id"])

    async with intake.process as process, sender(intake) as client:
        sending = [asyncio.create_task(send_until_it_is_gone(client)) for _ in range(20)]
        while len(accepted) < 20:
            await asyncio.sleep(0.01)
        code = await process.stop()
        await asyncio.gather(*sending)
    found = {each["id"] for _, each in await asyncio.to_thread(intake.events, CONTACTS)}
    assert (code, set(accepted) - found) == (0, set())
    assert await asyncio.to_thread(intake.log, DEAD_LETTERS) == []


def sender(intake: Intake) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {intake.env.tokens['source']}"}
    return httpx.AsyncClient(base_url=intake.process.url, headers=headers, timeout=30.0)


async def send(client: httpx.AsyncClient, *events: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(
        "/v1/events", content=json.dumps(events), headers={"Content-Type": BATCH}
    )
    told: dict[str, Any] = answer.json()
    return told


async def numbers(client: httpx.AsyncClient) -> dict[str, float]:
    page = (await client.get("/metrics")).text
    lines = [line.rsplit(" ", 1) for line in page.splitlines() if line.startswith("surgeline_")]
    return {name: float(value) for name, value in lines}


def as_role(
    intake: Intake, role: str, method: str, path: str, body: dict[str, Any]
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {intake.env.tokens[role]}", "Content-Type": ONE}
    return httpx.request(
        method, f"{intake.process.url}{path}", content=json.dumps(body), headers=headers
    )
