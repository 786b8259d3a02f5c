"""Does every query of every Grafana board say what the log says, while the demo's surge plays?

The whole platform plays a short earthquake. Its Prometheus reads it as it would anywhere; beside it
a viewer keeps every snapshot of the board. Afterwards the log is counted anew up to the offsets of
the snapshots that Prometheus had read, and each panel is asked as it was at those moments: before
Prometheus was killed with -9 in the middle of it, and after.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from services.observability.grafana import provisioning
from streams.centre_file import load_centre
from streams.settings import Connections
from tests.support.broker import ROOT
from tests.support.demo import SHORT, Demo
from tests.support.panel_truth import EXPECTED, Moment, wrong
from tests.support.recounted import Log, Recount
from tests.support.watching import Asked

LOOK_SECONDS: Final = 0.1
# The rules of the wall, all worked out at one moment.
RULE: Final = "centre:surgeline_surge_level:max"
# A rate takes two looks at the worker; the surge may be declared before the second.
READ_TWICE: Final = 'count_over_time(surgeline_events_folded_total{processor="tally"}[20s]) >= 2'
SECONDS: Final = 2.0
Seen = tuple[float, dict[str, Any]]


@dataclass
class Viewer:
    """Somebody who keeps every snapshot that the board shows, by its number."""

    url: str
    kept: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def watch(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=10.0) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError, ValueError):
                    snapshot = (await client.get("/v1/board.json")).json()
                    if "seq" in snapshot:
                        self.kept[snapshot["seq"]] = snapshot
                await asyncio.sleep(LOOK_SECONDS)

    def seen(self, asked: Asked, at: float) -> dict[str, Any] | None:
        """The snapshot that Prometheus had read last at that moment, when it was kept."""
        found = asked.at("surgeline_board_snapshots_total", at)
        return self.kept.get(int(float(found[0]["value"][1]))) if found else None


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    scenario = tmp_path / "short-quake.toml"
    scenario.write_text(SHORT, encoding="utf-8")
    running = Demo(tmp_path / "data", scenario)
    yield running
    await running.kill_if_running()


async def until_seen_in_a_surge(asked: Asked, viewer: Viewer) -> None:
    """Until Prometheus has worked out its rules in the surge, of a snapshot that was kept."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                times = await asyncio.to_thread(rule_times, asked, viewer)
                if any(seen["headline"]["level"] == "surge" for _, seen in times):
                    return
            await asyncio.sleep(0.5)


def rule_times(asked: Asked, viewer: Viewer) -> list[Seen]:
    """When the wall's rules were worked out from a scrape whose snapshot was kept."""
    times = [float(at) for series in asked.now(f"{RULE}[1h]") for at, _ in series["values"]]
    kept = [(at, seen) for at in times if (seen := viewer.seen(asked, at)) is not None]
    return [(at, seen) for at, seen in kept if asked.at(READ_TWICE, at)]


def chosen(times: list[Seen], since: float, until: float) -> list[Seen]:
    """Of a time: the first and the last of the surge, and the last of all."""
    within = [each for each in times if since <= each[0] < until]
    surging = [each for each in within if each[1]["headline"]["level"] == "surge"]
    return list({at: (at, seen) for at, seen in (surging[0], surging[-1], within[-1])}.values())


def test_no_panel_is_without_its_truth() -> None:
    asked = {b.uid: {p.title.en: {q.legend for q in p.queries} for p in b.panels} for b in BOARDS}

    assert asked == {
        uid: {title: set(legends) for title, legends in panels.items()}
        for uid, panels in EXPECTED.items()
    }


BOARDS: Final = provisioning.BOARDS


async def test_every_panel_says_what_the_log_says_also_after_prometheus_was_killed(
    demo: Demo,
) -> None:
    await demo.start("--headless", "--keep")
    await demo.until("Surgeline is up", patience=120.0)
    env = demo.addresses() | {"SURGELINE_PREFIX": ""}
    viewer = Viewer(env["SURGELINE_BOARDS_URL"])
    watching = asyncio.create_task(viewer.watch())
    await demo.until("the manager calls in", patience=200.0)
    asked = Asked(env["SURGELINE_PROMETHEUS"])
    await until_seen_in_a_surge(asked, viewer)
    killed_at = time.time()
    demo.kill9("prometheus")
    await demo.until("the platform stays up", patience=300.0)
    assert "everything held" in demo.said, demo.said
    await asyncio.sleep(3 * SECONDS)
    watching.cancel()
    log, centre = await Log.of(Connections.from_env(env)), load_centre(ROOT / "centre.toml")
    wrongs: list[str] = []
    levels: list[tuple[str, bool]] = []
    times = await asyncio.to_thread(rule_times, asked, viewer)
    for at, snapshot in (*chosen(times, 0, killed_at), *chosen(times, killed_at, math.inf)):
        moment = Moment(at, Recount(log, centre, snapshot), asked)
        levels.append((snapshot["headline"]["level"], at < killed_at))
        for board in BOARDS:
            for panel in board.panels:
                wrongs += await asyncio.to_thread(wrong, board, panel, moment)
        wrongs += await asyncio.to_thread(counters_that_differ, moment)
    assert demo.left_behind()
    demo.interrupt()
    await demo.end(patience=60.0)

    assert not wrongs, "\n".join(wrongs)
    assert ("surge", True) in levels
    assert ("surge", False) in levels
    assert demo.left_behind() == []


def counters_that_differ(moment: Moment) -> list[str]:
    """The counters behind the rates: what Prometheus scraped is what the log amounts to."""
    recount = moment.recount
    changes = {f"{before} {after}": n for (before, after), n in recount.changes().items()}
    wanted: dict[str, dict[str, int]] = {
        "sum by (key) (surgeline_first_attempts_total)": dict(recount.people()),
        "sum by (result) (surgeline_callbacks_total)": dict(recount.closed()),
        "sum by (from, to) (surgeline_surge_transitions_total)": changes,
        "sum(surgeline_contacts_received_total)": {"": recount.queues("contacts")},
        "sum(surgeline_contacts_answered_total)": {"": recount.queues("answered")},
        "sum(surgeline_contacts_redialled_total)": {"": recount.queues("redials")},
    }
    found = {query: moment.answer(query) for query in wanted}
    return [
        f"{query}: {found[query]}, not {counts}"
        for query, counts in wanted.items()
        if {name: n for name, n in found[query].items() if n}
        != {name: n for name, n in counts.items() if n}
    ]
