"""Does the standing audit tell Prometheus what the log amounts to, whole and spoiled?"""

import asyncio
import time

import httpx
import pytest

from streams.settings import Connections
from tests.integration.test_audit import Told
from tests.support.process import ServiceProcess
from tests.support.stack import SecretsEnv, service_env

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 90.0
# The story's day is long past.
OFTEN_AND_FAR = {"SURGELINE_AUDIT_EVERY": "1", "SURGELINE_AUDIT_HOURS": "200000"}


async def until(url: str, line: str) -> str:
    """The metrics, once they have this line."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    async with httpx.AsyncClient(base_url=url, timeout=5.0) as client:
        while True:
            page = (await client.get("/metrics")).text
            if line in page.splitlines():
                return page
            assert time.monotonic() < give_up, page
            await asyncio.sleep(0.2)


async def test_a_whole_log_is_said_to_be_clean_and_everyone_is_accounted_for(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    await Told(connections).write(connections)
    env = {**service_env(connections, secrets_env), **OFTEN_AND_FAR}
    async with ServiceProcess("services.audit", env) as process:
        page = await until(process.url, 'surgeline_audit_runs_total{outcome="clean"} 1.0')

    lines = page.splitlines()
    assert 'surgeline_audit_findings{kind="none"} 0.0' in lines
    assert 'surgeline_audit_people{outcome="unaccounted"} 0.0' in lines


async def test_a_promise_that_was_never_made_is_a_finding_of_its_kind(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    told = Told(connections)
    told.callbacks = ()
    await told.write(connections)
    env = {**service_env(connections, secrets_env), **OFTEN_AND_FAR}
    async with ServiceProcess("services.audit", env) as process:
        page = await until(process.url, 'surgeline_audit_runs_total{outcome="findings"} 1.0')

    assert 'surgeline_audit_findings{kind="promise_without_callback"} 1.0' in page.splitlines()
    assert "surgeline_audit_last_success_timestamp_seconds 0.0" in page.splitlines()
