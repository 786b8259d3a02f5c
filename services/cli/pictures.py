"""`surgeline pictures`: photograph the board while a crisis plays, for the README and the docs.

Nothing is drawn: the whole platform runs, the demo's scenario plays, and Chromium takes the
pictures when the board itself says that the moment has come.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import httpx
from rich.console import Console

from load.provider.settings import providers_file
from load.scenario import FOLDER, load_scenario
from services.cli.chromium import Browser, BrowserError, Screen, browser
from services.cli.console_pictures import photograph_consoles
from services.cli.play.narrator import Narrator
from services.cli.play.news import Reporter, look_at_board
from services.cli.play.stage import Stage, raise_curtain
from services.cli.up import run
from services.supervisor.platform import ROOT, Platform, PlatformSettings
from streams.centre_file import load_centre

FINE, FELL_SHORT = 0, 1
LOOK_SECONDS: Final = 0.25
# A page that has just opened has its first update from the stream after a second.
SETTLE_SECONDS: Final = 1.5
STUCK_SECONDS: Final = 14.0
WALL: Final = Screen()
PHONE: Final = Screen(width=390, height=844, scale=2.0, mobile=True)

DESK: Final = Screen(width=1600, height=1000)
EVIDENCE: Final = "/surges/{episode}"
# What Chromium can show as: the three kinds of colour blindness, and no colour at all.
EYES: Final = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")

Board = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: its file, the page and its language, the screen, as which eyes see it.

    `frozen`: while the board is stuck. `whole`: what would have to be scrolled to as well.
    """

    name: str
    path: str = "/"
    language: str = "both"
    screen: Screen = WALL
    vision: str = ""
    whole: bool = False
    frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the board must show for its pictures to be taken, or those of the consoles."""

    says: str
    has_come: Callable[[Board], bool]
    shots: tuple[Shot, ...] = ()
    consoles: bool = False


def is_calm(board: Board) -> bool:
    """An ordinary quarter of an hour, some of it on the chart."""
    arrivals = board["arrivals"]["first_attempts"]
    return bool(board["headline"]["level"] == "normal" and sum(arrivals) >= ENOUGH_CALLS)


def is_in_full_surge(board: Board) -> bool:
    """Declared, promises open, and enough people helped for the shares to show it."""
    people = {part["name"]: part["people"] for part in board["shares"]["parts"]}
    return bool(
        board["headline"]["level"] == "surge"
        and board["callbacks"]["open"] >= ENOUGH_CALLS
        and people["callback_completed"] + people["answered_live"] >= ENOUGH_ANSWERED
    )


def has_promises(board: Board) -> bool:
    """Some promise is open, so that there is something to ring."""
    return bool(board["callbacks"]["open"])


def is_worked_off(board: Board) -> bool:
    """Nobody waits and every promise has come to its end."""
    return not board["waiting"] and not board["callbacks"]["open"]


ENOUGH_CALLS: Final = 8
ENOUGH_ANSWERED: Final = 50
MOMENTS: Final = (
    Moment(says="calm", has_come=is_calm, shots=(Shot(name="board-calm"),)),
    Moment(
        says="the surge",
        has_come=is_in_full_surge,
        shots=(
            Shot(name="board-surge"),
            Shot(name="board-surge-ko", language="ko"),
            Shot(name="board-surge-en", language="en"),
            Shot(name="board-surge-phone", screen=PHONE),
            Shot(name="board-floor", path="/floor"),
            Shot(name="board-evidence", path=EVIDENCE, screen=DESK, whole=True),
            *(Shot(name=f"board-{eyes}", vision=eyes) for eyes in EYES),
        ),
    ),
    Moment(says="the consoles", has_come=has_promises, consoles=True),
    Moment(
        says="a board that hangs",
        has_come=lambda _: True,
        shots=(Shot(name="board-stale", frozen=True),),
    ),
    Moment(says="all worked off", has_come=is_worked_off, shots=(Shot(name="board-after"),)),
)


@click.command(name="pictures")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "docs" / "pictures",
    help="Where the pictures go. Default: docs/pictures.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".surgeline/pictures"),
    show_default=True,
    help="Where the platform's own data goes.",
)
@click.pass_context
def command(context: click.Context, out: Path, data: Path) -> None:
    """Play the demo's earthquake and photograph the board and the consoles.

    Takes about as long as the demo. Needs Chromium and a Korean font (make pictures installs both).
    """
    out.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    ledger = data.absolute() / "phone-ledger.jsonl"
    ledger.unlink(missing_ok=True)
    context.exit(run(lambda: _photograph(out, data, ledger)))


async def _photograph(out: Path, data: Path, ledger: Path) -> int:
    console = Console(highlight=False)
    scenario_file, centre_file = FOLDER / "demo-quake.toml", ROOT / "centre.toml"
    scenario, centre = load_scenario(scenario_file), load_centre(centre_file)
    settings = PlatformSettings(
        data=data, centre=centre_file, fresh=True, prometheus=False, providers=providers_file
    )
    async with Platform(settings, say=lambda line: console.print(line, markup=False)) as platform:
        stage = await raise_curtain(platform, centre, scenario, scenario_file, ledger)
        try:
            return await _beside_the_play(stage, out, console)
        except BrowserError as error:
            console.print(f"surgeline: {error}", style="red", markup=False)
            return FELL_SHORT


async def _beside_the_play(stage: Stage, out: Path, console: Console) -> int:
    """Take the pictures while the narrator tells the story and calls people in."""
    async with httpx.AsyncClient(timeout=10.0) as client:
        reporter = Reporter(stage, client)
        narrator = Narrator(stage, reporter.news, client, console)
        telling = asyncio.create_task(reporter.run(narrator.tell))
        watching = asyncio.create_task(narrator.watch())
        failing = asyncio.create_task(stage.platform.gave_up())
        taking = asyncio.create_task(_all_moments(stage, client, out, console))
        try:
            await asyncio.wait((taking, telling, failing), return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
            console.print("surgeline: the play ended before all pictures were taken", style="red")
            return FELL_SHORT
        finally:
            tasks = (taking, telling, watching, failing)
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def _all_moments(stage: Stage, client: httpx.AsyncClient, out: Path, console: Console) -> int:
    complaints: list[str] = []
    async with browser() as camera:
        for moment in MOMENTS:
            board = await _until(moment, stage, client)
            for shot in moment.shots:
                complaints += await _take(shot, stage, board, out, camera)
                console.print(f"           picture of {moment.says}: {shot.name}", style="cyan")
            if moment.consoles:
                url, data = stage.platform.urls["consoles"], stage.platform.settings.data
                complaints += await photograph_consoles(url, data, out, camera)
                console.print(f"           pictures of {moment.says}", style="cyan")
    for complaint in complaints:
        console.print(f"surgeline: the page complains: {complaint}", style="red", markup=False)
    return FELL_SHORT if complaints else FINE


async def _until(moment: Moment, stage: Stage, client: httpx.AsyncClient) -> Board:
    while True:
        board = await look_at_board(stage, client)
        if board and moment.has_come(board):
            return board
        await asyncio.sleep(LOOK_SECONDS)


async def _take(shot: Shot, stage: Stage, board: Board, out: Path, camera: Browser) -> list[str]:
    """Take one picture; what the page complained of meanwhile."""
    key = board["headline"]["key"]
    path = shot.path.format(episode=key["episode"] if key else "")
    async with camera.tab(shot.screen) as page:
        if shot.vision:
            await page.command("Emulation.setEmulatedVisionDeficiency", type=shot.vision)
        await page.open(f"{stage.platform.urls['boards']}{path}?lang={shot.language}")
        await asyncio.sleep(SETTLE_SECONDS)
        complaints = page.complaints
        with _stuck(stage) if shot.frozen else contextlib.nullcontext():
            await asyncio.sleep(STUCK_SECONDS if shot.frozen else 0)
            picture = await page.picture(whole=shot.whole or shot.screen.mobile)
    await asyncio.to_thread((out / f"{shot.name}.png").write_bytes, picture)
    return complaints


@contextlib.contextmanager
def _stuck(stage: Stage) -> Iterator[None]:
    """The board's process stands still, as on a machine that hangs."""
    pid = stage.platform.children["boards"].pid
    if pid is None:
        raise BrowserError("the board is not running")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
