"""The demo as a person would start it: real Kafka, Redis and services, a short earthquake."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.demo import SHORT, Demo


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    scenario = tmp_path / "short-quake.toml"
    scenario.write_text(SHORT, encoding="utf-8")
    running = Demo(tmp_path / "data", scenario)
    yield running
    await running.kill_if_running()


async def test_the_headless_demo_tells_its_story_proves_the_end_and_leaves_nothing(
    demo: Demo,
) -> None:
    await demo.start("--headless")
    code = await demo.end(patience=300.0)
    story = [
        "Surgeline is up",
        "the ground shakes",
        "surge declared on *",
        "seats asked",
        "the manager calls in 10 volunteers",
        "promised a callback",
        "nobody is waiting any more",
        "all callbacks are worked off",
        "everything held",
    ]
    places = [demo.said.find(words) for words in story]
    assert -1 not in places, demo.said
    assert places == sorted(places), demo.said
    assert code == 0, demo.said
    assert demo.left_behind() == []


async def test_ctrl_c_stops_the_demo_and_everything_it_started(demo: Demo) -> None:
    await demo.start()
    await demo.until("Ctrl-C stops everything", patience=120.0)
    assert demo.left_behind()
    demo.interrupt()
    await demo.end(patience=60.0)
    assert demo.left_behind() == []


async def test_a_wrong_scenario_is_named_before_anything_starts(demo: Demo) -> None:
    demo.scenario.write_text(SHORT.replace("patience", "patiense"), encoding="utf-8")
    await demo.start("--headless")
    assert await demo.end(patience=60.0) == 2
    assert "did you mean patience?" in demo.said
    assert not demo.data.exists() or not list(demo.data.iterdir())
