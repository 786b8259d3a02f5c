"""`surgeline demo`: play a crisis through the whole platform and tell what happens."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from load.provider.settings import providers_file
from load.scenario import FOLDER, Scenario, load_scenario
from load.sim.stage import check_against
from services.cli.play.narrator import Narrator
from services.cli.play.news import Reporter
from services.cli.play.proof import Check, prove
from services.cli.play.proof_of_calls import prove_call_out
from services.cli.play.stage import Stage, raise_curtain
from services.cli.up import run
from services.supervisor.platform import ROOT, Platform, PlatformSettings
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError

FINE, FELL_SHORT, WRONG_USE = 0, 1, 2
HTTP_TIMEOUT_SECONDS: Final = 10.0
# What was said last is still on its way to the log and to us.
SETTLE_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played, where, and for whom."""

    scenario: Scenario
    scenario_file: Path
    centre: Centre
    centre_file: Path
    data: Path
    ledger: Path
    stays: bool


@click.command(name="demo")
@click.option("--headless", is_flag=True, help="Without a person: check the end, then end.")
@click.option(
    "--scenario",
    "scenario_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=FOLDER / "demo-quake.toml",
    help="The scenario. Default: the earthquake that ships with the project.",
)
@click.option("--keep", is_flag=True, help="Stay up after the end, until Ctrl-C.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".surgeline/demo"),
    show_default=True,
    help="Where the demo's own data goes; what an earlier demo recorded there is forgotten.",
)
@click.option(
    "--centre",
    "centre_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=ROOT / "centre.toml",
    help="The centre file. Default: the centre that ships with the project, unaltered.",
)
@click.pass_context
def command(
    context: click.Context,
    headless: bool,
    scenario_file: Path,
    keep: bool,
    data: Path,
    centre_file: Path,
) -> None:
    """Play an earthquake: calm, a flood of calls, the alert, people called in, callbacks, calm.

    Everything is real but the people: Kafka, Redis and all services run on this machine, and a
    scripted phone system and message provider talk to them as real ones would. Event time runs
    faster than the wall clock, by the factor in the scenario. Ctrl-C stops everything and leaves no
    process behind.
    """
    try:
        scenario, centre = load_scenario(scenario_file), load_centre(centre_file)
        check_against(scenario, centre)
    except WrongSettingError as error:
        click.echo(f"surgeline: {error}", err=True)
        context.exit(WRONG_USE)
    data.mkdir(parents=True, exist_ok=True)
    play = Play(
        scenario=scenario,
        scenario_file=scenario_file.absolute(),
        centre=centre,
        centre_file=centre_file,
        data=data,
        ledger=data.absolute() / "phone-ledger.jsonl",
        stays=keep or not headless,
    )
    play.ledger.unlink(missing_ok=True)
    context.exit(run(lambda: _play(play)))


async def _play(play: Play) -> int:
    console = Console(highlight=False)
    settings = PlatformSettings(
        data=play.data, centre=play.centre_file, fresh=True, providers=providers_file
    )
    began = time.monotonic()
    console.print("starting Kafka, Redis and the services …", style="dim")
    async with Platform(settings, say=lambda line: console.print(line, markup=False)) as platform:
        started = time.monotonic() - began
        stage = await raise_curtain(
            platform, play.centre, play.scenario, play.scenario_file, play.ledger
        )
        console.print(_banner(play, stage, started))
        checks = await _until_the_end(stage, console)
        console.print(_verdict(checks, time.monotonic() - began))
        if play.stays:
            console.print("the platform stays up; Ctrl-C stops everything")
            await platform.gave_up()
    return FINE if all(check.holds for check in checks) else FELL_SHORT


async def _until_the_end(stage: Stage, console: Console) -> list[Check]:
    """Tell the story to its end, then see whether it held; a platform that gives up is an end."""
    async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS) as client:
        reporter = Reporter(stage, client)
        narrator = Narrator(stage, reporter.news, client, console)
        telling = asyncio.create_task(reporter.run(narrator.tell))
        watching = asyncio.create_task(narrator.watch())
        failing = asyncio.create_task(stage.platform.gave_up())
        parts: list[asyncio.Task[Any]] = [telling, watching, failing]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                return [Check("the platform stayed up", holds=False, found=failing.result())]
            if telling.done():
                telling.result()
            await watching
            await asyncio.sleep(SETTLE_SECONDS)
            phone = await stage.phone(client)
            called = await prove_call_out(narrator.callout)
            return [*await prove(stage, reporter.news, phone), *called]
        finally:
            for part in parts:
                part.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*parts, return_exceptions=True)


def _banner(play: Play, stage: Stage, started: float) -> Panel:
    scenario, urls = play.scenario, stage.platform.urls
    minutes = scenario.length.total_seconds() / 60
    wall = scenario.length.total_seconds() / scenario.speed / 60
    return Panel.fit(
        f"[bold]{scenario.title_en}[/bold]   {scenario.title_ko}\n"
        f"board      [bold]{urls['boards']}[/bold]\n"
        f"consoles   [bold]{urls['consoles']}[/bold]   accounts in {play.data / 'sign-in.txt'}\n"
        f"time       ×{scenario.speed:g}: {minutes:.0f} minutes in {wall:.1f}\n"
        f"plays on   {stage.scenario.starts:%A %d %B %Y, %H:%M} ({play.centre.timezone})\n"
        "Ctrl-C stops everything",
        title=f"Surgeline is up after {started:.1f} s",
    )


def _verdict(checks: list[Check], seconds: float) -> Panel:
    table = Table.grid(padding=(0, 2))
    for check in checks:
        mark = "[green]holds[/green]" if check.holds else "[bold red]FELL SHORT[/bold red]"
        table.add_row(mark, check.name, check.found)
    short = sum(not check.holds for check in checks)
    title = "everything held" if not short else f"{short} of {len(checks)} fell short"
    return Panel.fit(table, title=f"{title}, after {seconds:.0f} s in all")
