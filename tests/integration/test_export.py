"""Does the open state come back from a backup, on another log, and onto no other state?"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.cli.export import last_of_each_key
from streams.kafka import LogWriter, Outgoing, create_topics
from streams.settings import Connections
from streams.topics import CALLBACKS, CALLOUTS, PEOPLE
from tests.support.broker import ROOT

pytestmark = pytest.mark.integration
KEY = "e1:" + base64.urlsafe_b64encode(os.urandom(32)).decode()
NUMBER = b"s1.c2VhbGVk"


def surgeline(
    connections: Connections, *argv: str | Path, **more: str
) -> subprocess.CompletedProcess[str]:
    env: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "SURGELINE_KAFKA": connections.kafka,
        "SURGELINE_PREFIX": connections.prefix,
        "SURGELINE_EXPORT_KEYS": KEY,
        **more,
    }
    command = [sys.executable, "-m", "services.cli", *map(str, argv)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


async def write(connections: Connections, *records: Outgoing) -> None:
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(records)
    await writer.stop()


async def test_the_state_comes_back_on_another_log_and_is_not_mixed_with_another(
    connections: Connections, tmp_path: Path
) -> None:
    await write(
        connections,
        Outgoing(topic=CALLBACKS, key=b"cb-1", value=b'{"v":1}'),
        Outgoing(topic=CALLBACKS, key=b"cb-1", value=b'{"v":2,"sealed":"' + NUMBER + b'"}'),
        Outgoing(topic=CALLOUTS, key=b"offer-1", value=b'{"o":1}', partition=3),
        Outgoing(topic=PEOPLE, key=b"person/1", value=b"{}"),
        Outgoing(topic=PEOPLE, key=b"person/1", value=None),
    )
    other = Connections(kafka=connections.kafka, prefix=f"{connections.prefix}b-")
    await create_topics(other)
    file = tmp_path / "state.backup"
    exported = surgeline(connections, "export", file, "--json")
    assert json.loads(exported.stdout)["records"]["callbacks"] == 1
    assert NUMBER.decode() not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0

    codes = [surgeline(other, "import", file).returncode for _ in range(2)]
    assert codes == [0, 0]
    for topic in (CALLBACKS, CALLOUTS, PEOPLE):
        before = await last_of_each_key(connections, topic)
        assert await last_of_each_key(other, topic) == before

    await write(other, Outgoing(topic=CALLBACKS, key=b"cb-9", value=b'{"v":1}'))
    refused = surgeline(other, "import", file)
    assert (refused.returncode, "1 records that are not in the backup" in refused.stderr) == (
        2,
        True,
    )


def test_without_its_key_a_backup_is_neither_made_nor_read(
    connections: Connections, tmp_path: Path
) -> None:
    file = tmp_path / "state.backup"
    refused = surgeline(connections, "export", file, SURGELINE_EXPORT_KEYS="")
    assert (refused.returncode, file.exists()) == (2, False)
    assert "SURGELINE_EXPORT_KEYS is not set" in refused.stderr
