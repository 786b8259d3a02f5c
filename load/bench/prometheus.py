"""What does a real Prometheus say when it is given a past?

Debian's Prometheus on a free loopback port, over blocks that `promtool` made of series with
timestamps. Recording rules are recorded over the whole past, each before those that rest on it: the
same evaluations at the same moments as if it had run all that time.
"""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from load.bench.adaptive import CALLS, MINUTE, OUTSIDE, STAGES, Array, Recorded, counter, fired

BEGINS: Final = 1_767_225_600  # 2026-01-01, a whole number of weeks is not needed
_POINTS: Final = 10_000
_PATIENCE: Final = 60.0
Series = Mapping[str, Array]


def is_here() -> bool:
    """Whether Prometheus and its tool are installed."""
    return bool(shutil.which("prometheus") and shutil.which("promtool"))


def version() -> str:
    """Which Prometheus this is."""
    said = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
    return said.stdout.split(" (")[0].replace(", version", "")


def alerts_of(streams: Mapping[str, Array], seconds: float) -> dict[str, list[float]]:
    """The seconds at which the adaptive rules fire on each stream of calls."""
    with tempfile.TemporaryDirectory(prefix="surgeline-prometheus-") as folder:
        past = Past(Path(folder))
        past.remember(
            CALLS, "counter", ((name, counter(times, seconds)) for name, times in streams.items())
        )
        minutes = int(seconds // MINUTE)
        for stage in STAGES:
            with past.asked() as prometheus:
                recorded = [(rule, prometheus.evaluate(rule, minutes)) for rule in stage]
            for rule, series in recorded:
                past.remember(rule.name, "gauge", series.items())
        beyond = recorded[0][1] if recorded[0][0].name == OUTSIDE else {}
    return {
        name: list(fired(~np.isnan(beyond[name]))) if name in beyond else [] for name in streams
    }


class Past:
    """Series with timestamps, as blocks on disk; values are by minute, NaN where there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blocks = folder / "tsdb"
        self._blocks.mkdir()
        (folder / "prometheus.yml").write_text("global: {}\n")

    def remember(self, name: str, kind: str, series: Iterable[tuple[str, Array]]) -> None:
        """Write a metric's samples as OpenMetrics, and have them made into blocks."""
        text = self._folder / "samples.txt"
        with text.open("w") as lines:
            lines.write(f"# TYPE {name.removesuffix('_total')} {kind}\n")
            for stream, values in series:
                label = f'{name}{{stream="{stream}"}}'
                lines.writelines(
                    f"{label} {value!r} {BEGINS + minute * MINUTE}\n"
                    for minute, value in enumerate(values.tolist())
                    if value == value  # noqa: PLR0124 - not a number is no sample
                )
            lines.write("# EOF\n")
        argv = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=720h"]
        argv += ["openmetrics", "--quiet", str(text), str(self._blocks)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)  # noqa: S603

    @contextlib.contextmanager
    def asked(self) -> Iterator["Asked"]:
        """A Prometheus over what is remembered so far, for as long as it is asked."""
        address = f"127.0.0.1:{_free_port()}"
        argv = [
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._blocks}",
            "--storage.tsdb.retention.time=100y",
            "--query.max-samples=500000000",
            f"--web.listen-address={address}",
            "--log.level=warn",
        ]
        with (self._folder / "log").open("a") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log)  # noqa: S603
            try:
                with httpx.Client(base_url=f"http://{address}", timeout=300) as client:
                    _wait_until_ready(client, process)
                    yield Asked(client)
            finally:
                process.terminate()
                process.wait(timeout=_PATIENCE)


class Asked:
    """Evaluates an expression at every step of the past."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def evaluate(self, rule: Recorded, minutes: int) -> dict[str, Array]:
        """The values by minute of each stream; NaN where the expression has none."""
        found: dict[str, Array] = {}
        stride = rule.step // MINUTE
        for first in range(0, minutes + 1, _POINTS * stride):
            last = min(first + (_POINTS - 1) * stride, minutes)
            for series in self._ask(rule, first, last):
                name = series["metric"]["stream"]
                values = found.setdefault(name, np.full(minutes + 1, np.nan))
                for at, value in series["values"]:
                    values[(int(at) - BEGINS) // MINUTE] = float(value)
        return found

    def _ask(self, rule: Recorded, first: int, last: int) -> list[dict[str, Any]]:
        answer = self._client.get(
            "/api/v1/query_range",
            params={
                "query": rule.expr,
                "start": BEGINS + first * MINUTE,
                "end": BEGINS + last * MINUTE,
                "step": rule.step,
                "timeout": "5m",
            },
        )
        answer.raise_for_status()
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    patience = time.monotonic() + _PATIENCE
    while time.monotonic() < patience:
        if process.poll() is not None:
            raise SystemExit("Prometheus ended before it was ready")
        with contextlib.suppress(httpx.HTTPError):
            if client.get("/-/ready").is_success:
                return
        time.sleep(0.1)
    raise SystemExit("Prometheus was not ready in time")
