"""Is what people do, and what they were refused, on the log, with no number in it?"""

import asyncio
import json

import httpx
import pytest
from click.testing import CliRunner

from services.audit.people import Line, lines
from services.audit_log import AuditLog
from services.cli.__main__ import main
from streams.errors import OverloadedError
from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.broker import ROOT
from tests.support.callback_centre import Opened
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

NUMBER = "+821012345678"


async def until(connections: Connections, count: int) -> list[Line]:
    async def there() -> list[Line] | None:
        found = await lines(connections)
        return found if len(found) >= count else None

    found: list[Line] = await help_.until(there)
    return found


def told(found: list[Line]) -> list[tuple[str, str, str, str]]:
    return [(one.data.actor, one.data.action, one.data.object, one.data.result) for one in found]


@pytest.mark.parametrize(
    ("module", "path", "role"),
    [
        ("services.intake", "/v1/events", "viewer"),
        ("services.admission", "/v1/admission", "viewer"),
        ("services.callbacks", "/v1/callbacks/next", "viewer"),
    ],
)
async def test_a_role_that_is_refused_is_an_audit_line(
    connections: Connections, secrets_env: SecretsEnv, module: str, path: str, role: str
) -> None:
    async with ServiceProcess(module, service_env(connections, secrets_env)) as process:
        headers = {"Authorization": f"Bearer {secrets_env.tokens[role]}"}
        async with httpx.AsyncClient(base_url=process.url, headers=headers) as client:
            answer = await client.post(path, json={"agent": "kim"})
        assert answer.status_code == 403
        [line] = await until(connections, 1)
        assert await process.stop() == 0
    assert (line.data.action, line.data.object, line.data.result) == ("POST", path, "refused")
    assert line.data.roles == (role,)
    assert line.data.reason.startswith("needs the role")
    assert f"services.{line.data.service}" == module


async def test_whoever_writes_a_number_into_a_path_leaves_none_in_the_audit(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    env = service_env(connections, secrets_env)
    async with ServiceProcess("services.callbacks", env) as process:
        headers = {"Authorization": f"Bearer {secrets_env.tokens['viewer']}"}
        async with httpx.AsyncClient(base_url=process.url, headers=headers) as client:
            for _ in range(3):
                answer = await client.post(f"/v1/callbacks/{NUMBER}/dial", json={})
                assert answer.status_code == 403
        found = await until(connections, 1)
        await process.stop()
        assert NUMBER not in process.log_text()
        found = await lines(connections)
    assert {one.data.object for one in found} == {"/v1/callbacks/{callback_id}/dial"}
    assert sum(one.data.times for one in found) == 3


async def test_switches_and_reveals_are_on_the_audit_before_they_are_answered(
    open_centre: Opened, connections: Connections
) -> None:
    async with open_centre() as centre:
        await centre.publish(centre.wanted("c1", 1))
        await centre.listed(1)
        switch = {"switch": "dialling", "queue": "english", "on": False, "reason": "lines fail"}
        (await centre.lead.post("/v1/callbacks/switches", json=switch)).raise_for_status()
        got = (await centre.client.post("/v1/callbacks/next", json={"agent": "kim"})).json()
        callback = got["callback"]
        claim = {"agent": "kim", "epoch": callback["epoch"], "token": callback["token"]}
        shown = await centre.client.post(f"/v1/callbacks/{callback['id']}/number", json=claim)
        number = shown.raise_for_status().json()["number"]
        found = await lines(connections)
    assert told(found) == [
        ("lead-1", "switch dialling off", "queue english", "done"),
        ("counselor-1", "reveal number", callback["id"], "done"),
    ]
    assert [one.data.reason for one in found] == ["lines fail", "agent kim"]
    assert number not in repr(found)


async def test_the_command_line_shows_who_did_what(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = AuditLog(connections, "callbacks")
    await audit.write(audit.line(None, "reveal number", "cb-1", "agent kim"))
    await audit.stop()
    monkeypatch.setenv("SURGELINE_KAFKA", connections.kafka)
    monkeypatch.setenv("SURGELINE_PREFIX", connections.prefix)
    monkeypatch.setenv("SURGELINE_CENTRE", str(ROOT / "centre.toml"))
    asked = ["audit", "--people", "--json"]
    shown = await asyncio.to_thread(CliRunner().invoke, main, asked)
    assert shown.exit_code == 0, shown.output
    [line] = json.loads(shown.output)
    assert (line["action"], line["object"], line["service"]) == (
        "reveal number",
        "cb-1",
        "callbacks",
    )
    table = await asyncio.to_thread(CliRunner().invoke, main, ["audit", "--people"])
    assert "reveal" in table.output


async def test_without_a_broker_a_reveal_is_refused_and_a_403_is_kept_for_later() -> None:
    audit = AuditLog(Connections(kafka="127.0.0.1:9", centre=ROOT / "centre.toml"), "callbacks")
    line = audit.line(None, "reveal number", "cb-1")
    with pytest.raises(OverloadedError):
        await audit.write(line)
    audit.note(line)
    await audit.stop()
