"""Is a child started, watched, restarted within its limit, and stopped with all it started?"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.supervisor import ports
from services.supervisor.child import Child, ChildError, RestartPolicy, environment
from tests.support import processes
from tests.support.small_platform import small

NO_PAUSE = RestartPolicy(limit=2, pauses=(0.0,))


async def nothing_needed() -> bool:
    return False


def child_of(folder: Path, behaviours: Sequence[str] = (), **more: object) -> Child:
    spec = small("small", ports.any_free()[0], behaviours, **more)
    log = folder / "small.log"
    log.touch()
    return Child(spec, environment(), log, say=lambda _: None)


@asynccontextmanager
async def running(child: Child) -> AsyncIterator[Child]:
    child.start()
    try:
        yield child
    finally:
        await child.stop()


async def until_restarted(child: Child, count: int) -> None:
    async with asyncio.timeout(20):
        while child.restarts < count:
            await asyncio.sleep(0.01)


async def test_a_child_that_was_killed_is_started_again_and_ready(tmp_path: Path) -> None:
    async with running(child_of(tmp_path)) as child:
        await child.wait_ready()
        first = child.pid
        watch = asyncio.create_task(child.watch(nothing_needed))
        child.kill()
        await until_restarted(child, 1)
        await child.wait_ready()
        watch.cancel()
        assert child.pid not in (first, None)


async def test_a_child_that_keeps_dying_is_given_up_with_its_reason(tmp_path: Path) -> None:
    child = child_of(tmp_path, ["dies-at-once"], restart=NO_PAUSE)
    async with running(child):
        with pytest.raises(ChildError, match="small ended with code 3 after 2 restarts") as raised:
            await child.watch(nothing_needed)
    assert "the reason it died" in str(raised.value)


async def test_deaths_while_what_it_needs_is_away_are_forgiven(tmp_path: Path) -> None:
    async def was_away() -> bool:
        return True

    async with running(child_of(tmp_path, ["dies-at-once"], restart=NO_PAUSE)) as child:
        watch = asyncio.create_task(child.watch(was_away))
        await until_restarted(child, 5)
        assert not watch.done()
        watch.cancel()


async def test_a_child_that_dies_before_it_is_ready_shows_its_last_words(tmp_path: Path) -> None:
    async with running(child_of(tmp_path, ["dies-at-once"])) as child:
        with pytest.raises(ChildError, match="ended with code 3 before it was ready") as raised:
            await child.wait_ready()
    assert "the reason it died" in str(raised.value)


async def test_a_child_that_never_becomes_ready_is_an_error(tmp_path: Path) -> None:
    child = child_of(tmp_path, ["never-ready"], ready_within_seconds=0.0)
    async with running(child):
        with pytest.raises(ChildError, match="was not ready after 0 s"):
            await child.wait_ready()


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    spec = replace(small("small", 1), argv=("no-such-program",))
    child = Child(spec, environment(), tmp_path / "small.log", say=lambda _: None)
    with pytest.raises(ChildError, match="no-such-program: No such file"):
        child.start()


async def test_a_deaf_child_is_killed_after_its_grace(tmp_path: Path) -> None:
    child = child_of(tmp_path, ["deaf"], grace_seconds=0.2)
    async with running(child):
        await child.wait_ready()
        pid = child.pid
    assert pid is not None
    assert pid not in processes.running()


async def test_what_a_child_started_itself_goes_with_it(tmp_path: Path) -> None:
    child = child_of(tmp_path, ["parent"], grace_seconds=0.2)
    async with running(child):
        await child.wait_ready()
        group = child.pid
        assert group is not None
    give_up = time.monotonic() + 5
    while processes.of_group(group) and time.monotonic() < give_up:
        await asyncio.sleep(0.02)
    assert processes.of_group(group) == []


async def test_stopping_twice_is_as_good_as_once(tmp_path: Path) -> None:
    async with running(child_of(tmp_path)) as child:
        await child.wait_ready()
        await child.stop()
        assert not child.alive
    assert not child.alive


async def test_a_child_does_not_hear_the_terminals_ctrl_c(tmp_path: Path) -> None:
    async with running(child_of(tmp_path)) as child:
        assert child.pid is not None
        assert os.getpgid(child.pid) != os.getpgid(0)
