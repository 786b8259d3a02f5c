"""Does the callback list answer clearly, whatever it is asked?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.sealing import Sealer
from streams.events.callbacks import CallbackChanged, SwitchesSet
from streams.events.codec import decode
from streams.kafka import LogWriter, Outgoing, read_to_end
from streams.topics import CALLBACKS, DEAD_LETTERS, OVERFLOW
from tests.support import callbacks as help_
from tests.support.callback_centre import Centre, Opened

NOBODY = "00000000-0000-0000-0000-000000000000"
CLAIM = {"agent": "kim", "epoch": 1, "token": 1}

# (path, body) -> (status, reason, field)
BAD: list[tuple[str, Any, tuple[int, str, str]]] = [
    ("next", b"", (422, "missing", "")),
    ("next", b"{", (400, "malformed", "")),
    ("next", b"\xff\xfe", (400, "malformed", "")),
    ("next", b"[" * 20_000, (400, "malformed", "")),
    ("next", b"null", (422, "invalid", "")),
    ("next", b"[]", (422, "invalid", "")),
    ("next", b'"kim"', (422, "invalid", "")),
    ("next", {}, (422, "missing", "agent")),
    ("next", {"agent": ""}, (422, "invalid", "agent")),
    ("next", {"agent": 7}, (422, "invalid", "agent")),
    ("next", {"agent": None}, (422, "missing", "agent")),
    ("next", {"agent": "k" * 129}, (422, "invalid", "agent")),
    ("next", {"agent": "kim lee"}, (422, "invalid", "agent")),
    ("next", {"agent": "kim\u0000"}, (422, "invalid", "agent")),
    ("next", b'{"agent": "\\ud800"}', (422, "invalid", "agent")),
    ("next", {"agent": "김"}, (422, "invalid", "agent")),
    ("next", {"agent": "kim", "languages": "ko"}, (422, "invalid", "languages")),
    ("next", {"agent": "kim", "languages": ["Korean"]}, (422, "invalid", "languages.0")),
    ("next", {"agent": "kim", "languages": ["ko"] * 51}, (422, "invalid", "languages")),
    ("next", {"agent": "kim", "skills": ["a|b"]}, (422, "invalid", "skills.0")),
    ("next", {"agent": "kim", "number": "1"}, (422, "invalid", "number")),
    (f"{NOBODY}/renew", {}, (422, "missing", "epoch")),
    (f"{NOBODY}/renew", {"epoch": 1, "token": 1}, (422, "missing", "agent")),
    (f"{NOBODY}/renew", CLAIM | {"token": -1}, (422, "invalid", "token")),
    (f"{NOBODY}/renew", CLAIM | {"token": 2**60}, (422, "invalid", "token")),
    (f"{NOBODY}/renew", CLAIM | {"token": "1"}, (422, "invalid", "token")),
    (f"{NOBODY}/renew", CLAIM | {"token": 1.5}, (422, "invalid", "token")),
    (f"{NOBODY}/renew", CLAIM | {"epoch": True}, (422, "invalid", "epoch")),
    (f"{NOBODY}/renew", CLAIM, (404, "not_found", "")),
    ("not-an-id/renew", CLAIM, (404, "not_found", "")),
    (f"{NOBODY}/dial", CLAIM, (404, "not_found", "")),
    (f"{NOBODY}/complete", CLAIM | {"result": "a b"}, (422, "invalid", "result")),
    (f"{NOBODY}/fail", CLAIM, (422, "missing", "outcome")),
    (f"{NOBODY}/fail", CLAIM | {"outcome": "bored"}, (422, "invalid", "outcome")),
    (f"{NOBODY}/reschedule", CLAIM, (422, "missing", "at")),
    (f"{NOBODY}/reschedule", CLAIM | {"at": "soon"}, (422, "invalid", "at")),
    (f"{NOBODY}/reschedule", CLAIM | {"at": "2026-03-02T09:00:00"}, (422, "invalid", "at")),
    (f"{NOBODY}/reschedule", CLAIM | {"at": 1e300}, (422, "invalid", "at")),
    (f"{NOBODY}/withdraw", CLAIM, (422, "missing", "reason")),
    (f"{NOBODY}/withdraw", CLAIM | {"reason": "x" * 65}, (422, "invalid", "reason")),
    (f"{NOBODY}/number", CLAIM, (404, "not_found", "")),
    ("next", b'{"agent": "' + b"k" * 70_000 + b'"}', (413, "too_large", "")),
]


async def send(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    raw = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Content-Type": "application/json"}
    return await client.post(f"/v1/callbacks/{path}", headers=headers, **raw)


async def test_bad_input_is_told_apart_by_reason_and_field_and_never_breaks_anything(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        wrong = []
        for path, body, expected in BAD:
            response = await send(centre.client, path, body)
            error = response.json()["error"]
            got = (response.status_code, error["reason"], error["field"])
            if got != expected:
                wrong.append((path, body if len(str(body)) < 80 else "...", got, expected))
        lists = [
            (await centre.client.get("/v1/callbacks", params=params)).status_code
            for params in ({"limit": 0}, {"limit": 501}, {"offset": -1}, {"state": "all"}, {})
        ]
        assert wrong == []
        assert lists == [422, 422, 422, 422, 200]


async def test_who_lacks_the_role_is_told_so(open_centre: Opened) -> None:
    async with open_centre() as centre:
        await roles(centre)


async def test_a_switch_that_is_off_holds_and_who_turned_it_is_on_the_log(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await switches(centre)


async def test_only_the_holder_sees_the_number_and_that_they_did_is_on_the_log(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        await numbers(centre)


async def roles(centre: Centre) -> None:
    url, tokens = centre.service.url, centre.env.tokens
    statuses = {}
    for role in ("viewer", "source", "phone"):
        async with help_.desk_client(url, tokens[role]) as client:
            read = await client.get("/v1/callbacks")
            lease = await send(client, "next", {"agent": "kim"})
            switch = await send(
                client, "switches", {"switch": "dialling", "on": False, "reason": "r"}
            )
            statuses[role] = (read.status_code, lease.status_code, switch.status_code)
    async with httpx.AsyncClient(base_url=url) as client:
        nobody = (await client.get("/v1/callbacks")).status_code
    assert (statuses, nobody) == (
        {"viewer": (200, 403, 403), "source": (403, 403, 403), "phone": (403, 403, 403)},
        401,
    )
    assert centre.service.log_text().count('"access refused"') == 9


async def switches(centre: Centre) -> None:
    await centre.publish(centre.wanted("c1", 1), centre.wanted("c2", 2, queue="english"))
    await centre.listed(2)
    unknown = await send(
        centre.lead, "switches", {"switch": "dialling", "queue": "no", "on": False, "reason": "r"}
    )
    off = {"switch": "dialling", "queue": "main", "on": False, "reason": "lines down"}
    turned = (await send(centre.lead, "switches", off)).json()
    desk = centre.desk("kim")
    english = await desk.next()
    nothing = await centre.desk("lee").ask("next", agent="lee")
    await send(centre.lead, "switches", off | {"switch": "registering", "reason": "flood"})
    await centre.publish(centre.wanted("c3", 3))
    [refused] = await centre.listed(1, "closed")
    await send(centre.lead, "switches", off | {"on": True})
    main = await centre.desk("lee").next()
    events = [decode(r.value) async for r in read_to_end(centre.connections, CALLBACKS) if r.value]
    told = [(e.data.by, e.data.reason) for e in events if isinstance(e, SwitchesSet)]
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (422, "queue")
    assert english is not None
    assert main is not None
    assert (turned["dialling_off"], english["queue"], nothing["reason"], main["queue"]) == (
        ["main"],
        "english",
        "none_fits",
        "main",
    )
    assert (refused["outcome"], refused["outcome_reason"]) == ("withdrawn", "registering_off")
    assert told == [
        ("lead-1", "lines down"),
        ("lead-1", "flood"),
        ("lead-1", "lines down"),
    ]


async def numbers(centre: Centre) -> None:
    await centre.publish(centre.wanted("c1", 1))
    await centre.listed(1)
    desk = centre.desk("kim")
    callback = await desk.next()
    assert callback is not None
    shown = await desk.do("number", callback)
    thief = await desk.ask(f"{callback['id']}/number", **(CLAIM | {"token": callback["token"] + 1}))
    changes = [c for c in await centre.changes() if c.data.id == callback["id"]]
    page = (await centre.client.get("/v1/callbacks", params={"state": "held"})).text
    texts = [page, centre.service.log_text(), (await centre.client.get("/metrics")).text]
    assert (shown["number"], thief["error"]["reason"]) == (help_.number_of(1), "stale_token")
    assert (changes[-1].change, changes[-1].data.agent) == ("number_revealed", "kim")
    assert [text for text in texts if shown["number"].removeprefix("+82") in text] == []


@pytest.mark.parametrize("number", ["+82119", "+1911"])
async def test_an_emergency_number_is_never_promised_a_callback(
    open_centre: Opened, number: str
) -> None:
    async with open_centre() as centre:
        sealed = Sealer.from_env(centre.env).seal(number.encode())
        await centre.publish(centre.wanted("c1", 1, sealed=sealed))
        [closed] = await centre.listed(1, "closed")
        assert (closed["outcome"], closed["attempts"]) == ("blocked", [])


async def test_what_cannot_be_read_is_kept_as_a_dead_letter_and_the_rest_goes_on(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        writer = LogWriter(centre.connections)
        await writer.start()
        bad = [b"not json", b'{"type":"no.such.type"}', b"", b"[1,2]"]
        await writer.append(
            [Outgoing(topic=OVERFLOW, value=raw, partition=n) for n, raw in enumerate(bad)]
        )
        await writer.stop()
        await centre.publish(centre.wanted("c1", 1))
        await centre.listed(1)

        async def letters() -> list[Any] | None:
            records = [r async for r in read_to_end(centre.connections, DEAD_LETTERS)]
            return records if len(records) == 5 else None

        assert await help_.until(letters)


async def test_facts_in_the_wrong_order_and_twice_end_in_the_same_place(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        later = datetime.now(UTC) + timedelta(seconds=1)
        first, second = centre.wanted("c1", 1), centre.wanted("c2", 1, 0.5)
        await centre.publish(help_.served("c1", 1, later), first, first)
        await centre.listed(1, "closed")
        await centre.publish(second, second, help_.served("c2", 1, later, "s2"), first)
        closed = await centre.listed(2, "closed")
        changes: list[CallbackChanged] = await centre.changes()
        assert {one["outcome"] for one in closed} == {"reached_us_first"}
        assert [c.change for c in changes] == ["requested", "withdrawn"] * 2
