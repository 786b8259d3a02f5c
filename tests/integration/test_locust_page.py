"""Can a crisis be chosen in Locust's own page, and is the verdict there? Without a platform."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.supervisor import ports
from tests.support.watching import until

ROOT = Path(__file__).parents[2]


@dataclass
class Page:
    """Locust with its page, and how it was started."""

    url: str
    argv: list[str]
    env: dict[str, str]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=10.0)

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/stats/requests").json()
        return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    [port, nobody] = ports.any_free(2)
    roles = ("SOURCE", "COUNSELOR", "VIEWER", "REHEARSAL", "PHONE")
    env = {
        **{f"SURGELINE_{role}_TOKEN": "t" for role in roles},
        # Nobody answers there.
        "SURGELINE_INTAKE_URL": f"http://127.0.0.1:{nobody}",
        "PYTHONPATH": str(ROOT),
        "SURGELINE_CENTRE": str(ROOT / "centre.toml"),
    }
    folder = tmp_path_factory.mktemp("locust")
    locustfile = str(ROOT / "load" / "locustfile.py")
    argv = [sys.executable, "-m", "locust", "-f", locustfile, "--results", str(folder)]
    process = subprocess.Popen(
        [*argv, "--web-host", "127.0.0.1", "--web-port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shown = Page(f"http://127.0.0.1:{port}", argv, env)
        until(lambda: _answers(shown))
        yield shown
    finally:
        process.kill()
        process.wait()


def _answers(page: Page) -> bool:
    try:
        return page.get("/").is_success
    except httpx.HTTPError:
        return False


def test_the_page_offers_every_crisis_and_has_a_tab_for_the_verdict(page: Page) -> None:
    shown = page.get("/").text
    assert all(name in shown for name in ("maysak", "consular", "dirty", "S0", "peak", "speed"))
    assert '"key": "verdict", "title": "Verdict"' in shown.replace("&#34;", '"')


def test_before_a_run_the_verdict_is_empty_and_says_so(page: Page) -> None:
    assert page.stats()["extended_stats"] == [{"key": "verdict", "data": []}]
    assert "No crisis has been played yet" in page.get("/verdict").text
    assert page.get("/verdict.json").json() == []


def test_without_a_platform_the_page_says_why_nothing_is_played(page: Page) -> None:
    form = {"scenario": "maysak", "speed": "60", "peak": "3"}
    assert httpx.post(f"{page.url}/swarm", data=form, timeout=30.0).is_success
    [row] = until(lambda: page.stats()["extended_stats"][0]["data"])
    assert "is the platform up?" in row["what"]
    until(lambda: page.stats()["state"] == "stopped")


def test_without_a_page_that_is_wrong_use(page: Page) -> None:
    told = subprocess.run(
        [*page.argv, "--headless", "--scenario", "maysak"],
        env=page.env,
        capture_output=True,
        timeout=120.0,
        check=False,
    )
    assert told.returncode == 2
    assert "is the platform up?" in told.stderr.decode()
