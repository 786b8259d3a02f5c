"""Is somebody who asks to be forgotten forgotten everywhere, and can old keys be taken away?"""

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.adapters.memory import MemoryPhone
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.cli.export import last_of_each_key
from services.numbers import Pseudonyms
from services.sealing import Sealer, read_keys
from streams.domain.callbacks.callback import new_callback
from streams.domain.centre import OverflowPolicy
from streams.events.audit import AuditRecorded
from streams.events.callbacks import CallbackChanged, CallbackData, CallbackWanted
from streams.events.codec import decode, encode
from streams.events.contacts import Caller
from streams.events.surges import SurgeDeclared
from streams.kafka import Outgoing, read_to_end
from streams.settings import Connections
from streams.topics import AUDIT, CALLBACKS, SURGES
from tests.support import callbacks as help_
from tests.support.broker import ROOT
from tests.support.callback_centre import Centre, Opened
from tests.support.callback_floor import said
from tests.support.command_line import surgeline
from tests.support.redis_dump import in_redis
from tests.support.stack import SecretsEnv, service_env

pytestmark = pytest.mark.integration
EXAMPLES = ROOT / "streams" / "events" / "examples"
EXPORT_KEY = "e1:" + base64.urlsafe_b64encode(os.urandom(32)).decode()
NEW_KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()
LONG_AGO = timedelta(days=20)


def caller_of(env: Mapping[str, str], caller: int) -> Caller:
    """As intake hides them."""
    number = help_.number_of(caller)
    key, key_id = Pseudonyms.from_env(env).key_of(number)
    return Caller(key=key, key_id=key_id, sealed=Sealer.from_env(env).seal(number.encode()))


def wish(centre: Centre, request: str, caller: int, minutes: float = 0.0) -> CallbackWanted:
    fact = centre.wanted(request, caller, minutes, country="KR")
    data = msgspec.structs.replace(fact.data, caller=caller_of(centre.service.env, caller))
    made: CallbackWanted = msgspec.structs.replace(fact, data=data)
    return made


def closed_long_ago(env: Mapping[str, str], request: str, caller: int, age: timedelta) -> Outgoing:
    """A callback that Redis has forgotten."""
    when = datetime.now(UTC) - age
    fact = help_.wanted(request, caller, when)
    made = new_callback(fact, f"old-{request}", OverflowPolicy()).state
    state = msgspec.structs.replace(
        made, caller=caller_of(env, caller), state="closed", outcome="completed", closed_at=when
    )
    event = CallbackChanged(
        id=f"e-{request}", source="t", subject=state.id, time=when, change="completed", data=state
    )
    return Outgoing(topic=CALLBACKS, key=state.id.encode(), value=encode(event))


def operator(centre: Centre) -> dict[str, str]:
    """The environment of whoever runs the commands."""
    return {
        **centre.service.env,
        "SURGELINE_EXPORT_KEYS": EXPORT_KEY,
        "SURGELINE_CALLBACKS_URL": centre.service.url,
        "SURGELINE_TOKEN": centre.env.tokens["manager"],
    }


def surge_of_the_hour() -> Outgoing:
    """A surge of every queue, so that there is a report in which callers are counted."""
    event = decode((EXAMPLES / "surge-declared.v1.json").read_bytes())
    assert isinstance(event, SurgeDeclared)
    when = datetime.now(UTC) - timedelta(minutes=30)
    data = msgspec.structs.replace(
        event.data, episode="ep-1", key="total", started_at=when, declared_at=when
    )
    return Outgoing(
        topic=SURGES, key=b"total", value=encode(msgspec.structs.replace(event, data=data))
    )


async def states(connections: Connections) -> dict[str, CallbackData]:
    """Every callback, as a compacted log has it, by its first request."""
    found = {}
    for one in await last_of_each_key(connections, CALLBACKS):
        event = decode(one.value)
        assert isinstance(event, CallbackChanged)
        found[event.data.requests[0].id] = event.data
    return found


async def audited(centre: Centre, lines: int) -> list[AuditRecorded] | None:
    """What people did, by the log, once so many lines are there: they are gathered for a moment."""
    events = [decode(r.value) async for r in read_to_end(centre.connections, AUDIT) if r.value]
    found = [event for event in events if isinstance(event, AuditRecorded)]
    return found if len(found) >= lines else None


async def test_a_caller_is_forgotten_on_the_log_in_redis_backups_and_reports_and_rung_no_more(
    open_centre: Opened, tmp_path: Path
) -> None:
    async with open_centre() as centre:
        me = caller_of(centre.env, 1)
        first = wish(centre, "c1", 1)
        await help_.publish(centre.connections, [first, wish(centre, "c2", 2)])
        await centre.listed(2)
        await said(centre.connections, closed_long_ago(centre.env, "c0", 1, LONG_AGO))
        backup = tmp_path / "state.backup"
        assert (await surgeline(operator(centre), "export", backup)).returncode == 0
        await who_may_not_erases_nobody(centre)
        before = await in_redis(centre.connections)

        number = help_.number_of(1)
        # As a person writes it who has it from the caller.
        typed = f"0{number.removeprefix('+82')}\n"
        done = await surgeline(
            operator(centre),
            "erase",
            "--reason",
            "asked by letter",
            "--backup",
            backup,
            "--json",
            typed=typed,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        after = await in_redis(centre.connections)
        found = await states(centre.connections)
        await help_.publish(centre.connections, [first, wish(centre, "c3", 3)])
        listed = {one["requests"][0] for one in await centre.listed(2)}

        only = ("erase", "--only-backups", "--backup", backup)
        dry = await surgeline(operator(centre), *only, typed=typed)
        report = tmp_path / "report.html"
        await said(centre.connections, surge_of_the_hour())
        reported = await surgeline(operator(centre), "report", "ep-1", "--out", report)
        assert reported.returncode == 0, reported.stderr
        trail = await help_.until(lambda: audited(centre, 4))

        assert (told["callbacks"], told["withdrawn"], told["backups"]) == (2, 1, {str(backup): 2})
        assert set(told["gone_in_days"]) == {"contacts", "contact-keys", "overflow", "dead-letters"}
        assert told["gone_in_days"]["contacts"] == 31.0
        assert (me.key in before, me.key in after) == (True, False)
        for mine in (found["c0"], found["c1"]):
            assert (mine.caller.key_id, mine.caller.sealed, mine.country) == ("erased", None, None)
        assert (found["c1"].outcome, found["c1"].outcome_reason) == ("withdrawn", "erased")
        assert found["c0"].caller.key != found["c1"].caller.key
        assert found["c2"].caller.sealed is not None
        # The wish delivered again is known as dealt with; others wait as before.
        assert listed == {"c2", "c3"}
        assert f"{backup}: 0 records changed" in dry.stdout
        # The wrong number, the role that may not, and then the one that counts.
        actions = [event.data.action for event in trail]
        assert actions == ["erase caller", "POST", "erase caller", "erased caller"]
        heard = centre.service.log_text() + done.stdout + done.stderr + str(trail)
        heard += report.read_text()
        assert [secret for secret in (number[3:], me.key) if secret in heard] == []


async def test_after_both_keys_have_changed_nobody_is_promised_two_and_the_old_ones_may_go(
    open_centre: Opened,
) -> None:
    async with open_centre() as centre:
        env = centre.service.env
        await help_.publish(centre.connections, [wish(centre, "c1", 1)])
        [first] = await centre.listed(1)
        await said(centre.connections, closed_long_ago(centre.env, "c0", 2, LONG_AGO))
        old = {name: env[name] for name in ("SURGELINE_SEAL_KEYS", "SURGELINE_PSEUDONYM_KEY")}
        await restart(centre, {name: f"n2:{NEW_KEY},{key}" for name, key in old.items()})
        await help_.publish(centre.connections, [wish(centre, "c9", 1, 0.5)])

        async def joined() -> bool:
            [only] = await centre.listed(1)
            return (only["id"], only["requests"]) == (first["id"], ["c1", "c9"])

        assert await help_.until(joined)
        done = [await reseal(centre) for _ in range(2)]
        assert [(one["resealed"], one["by_key"]) for one in done] == [
            (2, {"n2": 2}),
            (0, {"n2": 2}),
        ]

        await restart(centre, dict.fromkeys(old, f"n2:{NEW_KEY}"))
        desk = centre.desk("kim")
        callback = await desk.next()
        assert callback is not None
        assert (await desk.do("number", callback))["number"] == help_.number_of(1)
        alone = Sealer(read_keys(env, "SURGELINE_SEAL_KEYS"))
        found = (await states(centre.connections))["c0"].caller.sealed or ""
        assert alone.open(found).decode() == help_.number_of(2)


async def who_may_not_erases_nobody(centre: Centre) -> None:
    wrong = await surgeline(operator(centre), "erase", "--reason", "r", typed="no number\n")
    no_reason = await surgeline(operator(centre), "erase", typed=f"{help_.number_of(1)}\n")
    body = {"number": help_.number_of(1), "reason": "r"}
    refused = await centre.lead.post("/v1/callbacks/erasures", json=body)
    assert (wrong.returncode, no_reason.returncode, refused.status_code) == (2, 2, 403)
    assert "number: is neither a phone number" in wrong.stderr
    assert (await states(centre.connections))["c1"].caller.sealed is not None


async def restart(centre: Centre, settings: Mapping[str, str]) -> None:
    """The service with other settings, the list as it was."""
    assert await centre.service.stop() == 0
    centre.service.env |= settings
    centre.service.start()
    await centre.service.wait_ready()


async def reseal(centre: Centre) -> dict[str, Any]:
    async with help_.desk_client(centre.service.url, centre.env.tokens["manager"]) as client:
        response = await client.post("/v1/callbacks/reseal")
    told: dict[str, Any] = response.json()
    return told


async def test_what_ended_long_ago_leads_to_nobody_and_in_the_end_is_gone(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    env = service_env(connections, secrets_env)
    ages = {"young": 3, "nameless": 40, "gone": 100}
    await said(
        connections,
        *(closed_long_ago(env, name, 1, timedelta(days=days)) for name, days in ages.items()),
    )
    running = Running(Settings.from_env(env), MemoryPhone())
    running.start()
    try:
        while running.why_not():
            await asyncio.sleep(0.05)
        counted = [await running.keeper.forget_old() for _ in range(2)]
    finally:
        await running.stop()
    left = await states(connections)
    assert [dict(one) for one in counted] == [{"kept": 1, "nameless": 1, "gone": 1}, {"kept": 2}]
    assert {name: state.caller.key_id for name, state in left.items()} == {
        "young": "p1",
        "nameless": "erased",
    }
