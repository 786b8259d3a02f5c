"""A real Prometheus (and Alertmanager) on free ports, as the supervisor plans them."""

import contextlib
import http.server
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from services.supervisor import alertmanager as alertmanagers
from services.supervisor import ports
from services.supervisor.alertmanager import AlertmanagerPlan
from services.supervisor.prometheus import PrometheusPlan

PATIENCE_SECONDS = 60.0
Heard = tuple[str, str, bytes]


class Served:
    """An HTTP server of this process: pages by path; what is posted is kept."""

    def __init__(self, pages: Mapping[str, Callable[[], bytes]]) -> None:
        self.pages = pages
        self.posted: list[Heard] = []
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = served.pages.get(self.path)
                self.send_response(200 if page else 404)
                self.end_headers()
                self.wfile.write(page() if page else b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                token = self.headers.get("Authorization", "")
                served.posted.append((self.path, token, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def planned(
    folder: Path, targets: Mapping[str, str], *, callout: str = "http://127.0.0.1:1"
) -> tuple[PrometheusPlan, AlertmanagerPlan]:
    """Both, with their files written; scraped every second."""
    one, other = ports.any_free(2)
    alerts = AlertmanagerPlan(
        data=folder / "alertmanager", port=one, callout=callout, token="of-source"
    )
    numbers = PrometheusPlan(
        data=folder / "prometheus",
        port=other,
        targets=targets,
        token="of-viewer",
        alertmanager=alerts.address,
        seconds=1,
    )
    alerts.write_files()
    numbers.write_files()
    return numbers, alerts


@contextlib.contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program, ended at the end."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def prometheus(plan: PrometheusPlan) -> Iterator[subprocess.Popen[bytes]]:
    with running(*plan.argv()) as process:
        yield process


@contextlib.contextmanager
def alertmanager(plan: AlertmanagerPlan) -> Iterator[None]:
    name = alertmanagers.program()
    assert name is not None, "prometheus-alertmanager is not installed (make setup-all)"
    with running(*plan.argv(name)):
        yield


def until(is_so: Callable[[], Any]) -> Any:
    """The first truth; fails loudly when there is none in time."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
            found = is_so()
            if found:
                return found
        time.sleep(0.1)
    raise AssertionError("it did not come to be in time")


class Asked:
    """Prometheus' own answers."""

    def __init__(self, url: str) -> None:
        self._url = url

    def now(self, query: str) -> list[dict[str, Any]]:
        """An instant query's series."""
        return self._ask("/api/v1/query", {"query": query})

    def at(self, query: str, when: float) -> list[dict[str, Any]]:
        """An instant query's series as they were."""
        return self._ask("/api/v1/query", {"query": query, "time": when})

    def over(self, query: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """A range query's series."""
        asked = {"query": query, "start": start, "end": end, "step": step}
        return self._ask("/api/v1/query_range", asked)

    def number(self, query: str) -> float:
        """The only value of an instant query."""
        (series,) = self.now(query)
        return float(series["value"][1])

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with how it went."""
        groups = httpx.get(f"{self._url}/api/v1/rules", timeout=10.0).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def _ask(self, path: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        answer = httpx.post(f"{self._url}{path}", data=asked, timeout=10.0).json()
        assert answer["status"] == "success", (asked["query"], answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found
