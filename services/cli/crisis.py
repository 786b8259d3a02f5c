"""`surgeline crisis`: rehearse a crisis over HTTP, with Locust's page and a verdict."""

import asyncio
import sys
import webbrowser
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.panel import Panel

from load.open_loop.choice import Choice, chosen
from load.provider.settings import providers_file
from load.sim.stage import check_against
from services.cli.up import run
from services.supervisor import offspring
from services.supervisor.child import environment
from services.supervisor.platform import ROOT, Platform, PlatformSettings
from services.supervisor.ports import next_free
from streams.centre_file import load_centre
from streams.errors import WrongSettingError

WRONG_USE: Final = 2
GRACE_SECONDS: Final = 20.0
LOCUST_PORT: Final = 8089
TOKENS: Final = ("source", "counselor", "viewer", "rehearsal", "phone")
URLS: Final = ("intake", "admission", "callbacks", "boards")


@click.command(name="crisis")
@click.argument("scenario", default="maysak")
@click.option("--headless", is_flag=True, help="Without Locust's page: play, judge, end.")
@click.option("--speed", type=float, default=0.0, help="Event seconds in a second; 0: ten minutes.")
@click.option("--peak", type=float, default=1.0, help="So many times as many callers.")
@click.option(
    "--hold", type=float, default=0.0, help="Only its height, for so many minutes of event time."
)
@click.option("--processes", type=click.IntRange(1, 16), default=1, help="Locust's processes.")
@click.option("--browser", is_flag=True, help="Open Locust's page in a browser.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".surgeline/crisis"),
    show_default=True,
    help="Where the platform's own data goes; what an earlier crisis recorded there is forgotten.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/crisis"),
    show_default=True,
    help="Where the verdicts are written: a page and a JSON file for each run.",
)
@click.option(
    "--centre",
    "centre_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=ROOT / "centre.toml",
    help="The centre file. Default: the centre that ships with the project.",
)
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    headless: bool,
    speed: float,
    peak: float,
    hold: float,
    processes: int,
    browser: bool,
    data: Path,
    results: Path,
    centre_file: Path,
) -> None:
    """Start the platform and play SCENARIO against it over HTTP, as a phone system would.

    Locust makes the callers, who do not wait for one another; its page shows the run and the
    verdict, and can play another scenario. On this machine only, at most two hours of wall time and
    a hundred times a scenario's callers. Exit codes are Locust's: 0 fine, 1 requests failed, 2
    wrong use, 3 load not achieved, 4 an objective missed, 5 a caller lost or called twice.
    """
    try:
        choice, centre = chosen(scenario, speed, peak, hold), load_centre(centre_file)
        check_against(choice.scenario, centre)
    except WrongSettingError as error:
        click.echo(f"surgeline: {error}", err=True)
        context.exit(WRONG_USE)
    data.mkdir(parents=True, exist_ok=True)
    settings = PlatformSettings(data=data, centre=centre_file, fresh=True, providers=providers_file)
    options = ["--results", str(results.absolute())]
    if processes > 1:
        options += ["--processes", str(processes)]
    port = None if headless else next_free(LOCUST_PORT, (), "127.0.0.1")
    if port is None:
        options += ["--headless", "--only-summary"]
    else:
        options += ["--autostart", "--web-host", "127.0.0.1", "--web-port", str(port)]
    context.exit(run(lambda: _play(settings, choice, scenario, options, port, browser)))


async def _play(
    settings: PlatformSettings,
    choice: Choice,
    name: str,
    options: list[str],
    port: int | None,
    browser: bool,
) -> int:
    console = Console(stderr=True, highlight=False)
    console.print("starting Kafka, Redis and the services …", style="dim")
    async with Platform(settings, say=lambda line: console.print(line, markup=False)) as platform:
        console.print(_banner(choice, platform, port))
        argv = [
            *(sys.executable, "-m", "locust", "-f", str(ROOT / "load" / "locustfile.py")),
            *("--scenario", name, "--speed", f"{choice.speed:g}", "--peak", f"{choice.peak:g}"),
            *("--hold", f"{choice.hold:g}"),
            *options,
        ]
        locust = offspring.start(argv, {**environment(), **_told(platform)}, sys.stderr.buffer)
        if browser and port is not None:
            webbrowser.open(f"http://127.0.0.1:{port}")
        playing = asyncio.create_task(offspring.ended(locust))
        failing = asyncio.create_task(platform.gave_up())
        try:
            await asyncio.wait([playing, failing], return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                console.print(f"surgeline: {failing.result()}", style="red", markup=False)
                return 1
            return playing.result()
        finally:
            failing.cancel()
            playing.cancel()
            await offspring.end(locust, grace_seconds=GRACE_SECONDS)


def _told(platform: Platform) -> dict[str, str]:
    """What Locust must know of the platform."""
    urls = {f"SURGELINE_{name.upper()}_URL": platform.urls[name] for name in URLS}
    tokens = {f"SURGELINE_{name.upper()}_TOKEN": platform.tokens[name] for name in TOKENS}
    port = platform.urls["phone"].rpartition(":")[2]
    more = {"PYTHONPATH": str(ROOT), "SURGELINE_PHONE_PORT": port}
    if "prometheus" in platform.urls:
        more["SURGELINE_PROMETHEUS"] = platform.urls["prometheus"]
    return {**platform.env, **urls, **tokens, **more}


def _banner(choice: Choice, platform: Platform, port: int | None) -> Panel:
    scenario = choice.scenario
    where = "without a page" if port is None else f"http://127.0.0.1:{port}"
    return Panel.fit(
        f"[bold]{scenario.title_en}[/bold]   {scenario.title_ko}\n"
        f"board      [bold]{platform.urls['boards']}[/bold]\n"
        f"Locust     [bold]{where}[/bold]\n"
        f"time       ×{choice.speed:g}: {scenario.length} in {choice.minutes:.1f} minutes\n"
        f"height     ×{choice.peak:g}\n"
        "This machine only. Ctrl-C stops everything.",
        title=f"{choice.name}: the platform is up",
    )
