"""What does `surgeline callout` say, and what does it refuse to do?"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.callout import command

ROW = {
    "fill_seconds": 480.0,
    "fill_seconds_p90": 600.0,
    "people_woken": 133.0,
    "surplus": 24.0,
    "filled_in_two_hours": 1.0,
}
SHOWN = {
    "callout": {"id": "c-1", "state": "running", "drill": True, "need": {"pool": "reserve"}},
    "needed": 30,
    "accepted": 4,
    "expected": 21.5,
    "waitlisted": 0,
    "woken": 74,
}
SEEN = {
    "order": [{"person": "p1"}] * 250,
    "first": ["p1"] * 74,
    "others": [{"person": "p9", "reason": "daily_rest", "until": "2026-03-02T06:00:00Z"}],
    "slider": {"balanced": ROW, "all": ROW | {"fill_seconds": None}},
    "tiers": [{"tier": 1, "ready": 250, "reasons": {"daily_rest": 1}}],
}


class Platform(ThreadingHTTPServer):
    """Answers as the call-out service does, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Answers)


class _Answers(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        platform = self.server
        assert isinstance(platform, Platform)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        platform.asked.append((self.command, self.path, body))
        told: Any = SEEN if self.path.endswith("/preview") else SHOWN
        if self.path == "/v1/callouts":
            told = {"callouts": [SHOWN]}
        raw = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(platform: Platform, *words: str, typed: str | None = None) -> Result:
    url = f"http://127.0.0.1:{platform.server_port}"
    return CliRunner().invoke(command, ["--url", url, "--token", "t", *words], input=typed)


NEED = ("--need", "30", "--pool", "reserve", "--drill")


def test_a_preview_shows_the_four_columns_and_why_not_the_others_and_sends_nothing(
    platform: Platform,
) -> None:
    result = run(platform, *NEED, "--preview")
    paths = [path for _, path, _ in platform.asked]
    assert result.exit_code == 0, result.output
    assert paths == ["/v1/needs", "/v1/callouts/c-1/preview"]
    for part in ("DRILL", "74", "8.0 min", "133", "daily_rest", "surgeline callout start c-1"):
        assert part in result.output


def test_sending_asks_for_the_number_of_seats_first(platform: Platform) -> None:
    result = run(platform, *NEED, typed="30\n")
    method, path, body = platform.asked[-1]
    assert (result.exit_code, method, path) == (0, "POST", "/v1/callouts/c-1/start")
    assert body == {"mark": "balanced", "people": 30}


def test_status_says_needed_accepted_and_expected(platform: Platform) -> None:
    result = run(platform, "status")
    assert "DRILL c-1  reserve  running: needed 30, accepted 4, expected 21.5" in result.output


def test_stop_may_be_silent(platform: Platform) -> None:
    run(platform, "stop", "c-1", "--silently")
    assert platform.asked == [("POST", "/v1/callouts/c-1/stop", {"tell": False})]


def test_without_a_need_or_a_pool_nothing_is_asked(platform: Platform) -> None:
    result = run(platform, "--need", "30")
    assert (result.exit_code, platform.asked) == (2, [])
