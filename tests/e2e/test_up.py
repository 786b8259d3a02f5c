"""Does `surgeline up` bring the real platform, take an event, and leave nothing behind?"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.broker import ROOT, kafka_jars


class Up:
    """The command as a person starts it, and what it said when it was ready."""

    def __init__(self, data: Path, *options: str) -> None:
        kafka_jars()
        argv = [sys.executable, "-m", "services.cli", "up", "--json", "--data", str(data)]
        self.process = subprocess.Popen(
            [*argv, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline() or "{}")
        self.data = data

    def token(self, role: str) -> str:
        """As a shell would read it from tokens.env."""
        lines = (self.data / "tokens.env").read_text().splitlines()
        pairs = dict(line.split("=", 1) for line in lines)
        return pairs[f"SURGELINE_{role.upper()}_TOKEN"]

    def stop(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, words = self.process.communicate(timeout=60)
        return self.process.returncode, words


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    started = Up(tmp_path / "data", "--no-prometheus")
    yield started
    started.stop()


def arrival(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"try-{number}",
        "source": "test",
        "type": "surgeline.contact.arrived.v1",
        "subject": f"call-{number}",
        "time": datetime.now(UTC).isoformat(),
        "data": {"queue": "main"},
    }


def test_the_platform_comes_up_takes_an_event_and_goes_away(up: Up) -> None:
    urls = up.said["urls"]
    answer = httpx.post(
        f"{urls['intake']}/v1/events",
        json=arrival(1),
        headers={
            "Authorization": f"Bearer {up.token('source')}",
            "Content-Type": "application/cloudevents+json",
        },
    )
    assert answer.status_code == 202
    ready = {name: httpx.get(f"{urls[name]}/readyz").status_code for name in ("boards", "streams")}
    assert ready == {"boards": 200, "streams": 200}
    code, words = up.stop()
    assert code == 0
    assert words.splitlines()[-1] == "stopping …"
    for url in urls.values():
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/readyz")


def test_no_number_or_token_is_in_any_log_of_the_platform(up: Up) -> None:
    event = arrival(2)
    event["data"]["caller"] = "+82212345678"
    httpx.post(
        f"{up.said['urls']['intake']}/v1/events",
        json=event,
        headers={
            "Authorization": f"Bearer {up.token('source')}",
            "Content-Type": "application/cloudevents+json",
        },
    )
    token = up.token("source")
    up.stop()
    logs = "".join(file.read_text() for file in (up.data / "logs").iterdir())
    assert "call-2" in logs or "intake ready" in logs
    assert "212345678" not in logs
    assert token not in logs
