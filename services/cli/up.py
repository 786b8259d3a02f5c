"""`surgeline up`: start everything on this machine and say where it is."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.panel import Panel

from services.supervisor.addresses import is_loopback
from services.supervisor.child import ChildError
from services.supervisor.folder import FolderError
from services.supervisor.platform import ROOT, Platform, PlatformSettings
from streams.centre_file import load_centre
from streams.errors import WrongSettingError

FINE, FELL_SHORT, WRONG_USE = 0, 1, 2


@click.command(name="up")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".surgeline"),
    show_default=True,
    help="Where keys, tokens, logs and Kafka's data are kept.",
)
@click.option(
    "--centre",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ROOT / "centre.toml",
    help="The centre file. Default: the centre.toml that comes with the project.",
)
@click.option("--live", is_flag=True, help="Real time only: replays and clock changes are refused.")
@click.option("--fresh", is_flag=True, help="Forget what was recorded; keys and tokens stay.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where boards, intake and callbacks listen. Kafka and Redis stay on loopback.",
)
@click.option("--no-prometheus", is_flag=True, help="Do without Prometheus even if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses for a program.")
@click.pass_context
def command(
    context: click.Context,
    data: Path,
    centre: Path,
    live: bool,
    fresh: bool,
    host: str,
    no_prometheus: bool,
    as_json: bool,
) -> None:
    """Start the whole platform on this machine; Ctrl-C stops it.

    Kafka, Redis, Prometheus (when installed) and Surgeline's services run as children of this
    process: what dies is started again, and nothing is left when this ends.
    """
    settings = PlatformSettings(
        data=data,
        centre=centre,
        host=host,
        live=live,
        fresh=fresh,
        prometheus=not no_prometheus,
    )
    context.exit(run(lambda: _up(settings, as_json=as_json)))


def run(work: Callable[[], Awaitable[int]]) -> int:
    """Run a command that starts children: signals end it in order, errors are one sentence."""
    try:
        return asyncio.run(_until_told(work))
    except (FolderError, ChildError) as error:
        click.echo(f"surgeline: {error}", err=True)
        return FELL_SHORT
    except WrongSettingError as error:
        click.echo(f"surgeline: {error}", err=True)
        return WRONG_USE


async def _until_told(work: Callable[[], Awaitable[int]]) -> int:
    """SIGINT, SIGTERM and a closed terminal cancel the work, which then stops its children.

    Being asked to stop is no failure. A second signal cuts the grace of each child short.
    """
    task = asyncio.ensure_future(work())
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return FINE


async def _up(settings: PlatformSettings, *, as_json: bool) -> int:
    # A wrong centre file is better heard of before anything starts.
    queue = load_centre(settings.centre).queues[0].name
    console = Console(stderr=True, highlight=False)
    if not is_loopback(settings.host):
        console.print(
            f"boards, intake and callbacks listen on {settings.host}: every request needs a token,"
            " but nothing is encrypted; put TLS in front",
            style="yellow",
        )
    started = time.monotonic()
    console.print(f"starting Surgeline in {settings.data} …")
    async with Platform(settings, say=lambda line: console.print(line, markup=False)) as platform:
        if as_json:
            click.echo(orjson.dumps({"urls": platform.urls, "data": str(settings.data)}))
        else:
            console.print(_welcome(platform, time.monotonic() - started))
            # Not in the box, and never wrapped: it is there to be copied.
            console.print(_how_to_send(platform, queue), markup=False, soft_wrap=True)
        try:
            sentence = await platform.gave_up()
        except asyncio.CancelledError:
            console.print("stopping …")
            raise
        console.print(f"surgeline: {sentence}", style="red", markup=False)
        return FELL_SHORT


def _welcome(platform: Platform, seconds: float) -> Panel:
    urls, settings, data = platform.urls, platform.settings, platform.settings.data
    rows = [
        ("board", urls["boards"]),
        ("intake", urls["intake"]),
        ("callbacks", urls["callbacks"]),
        ("admission", urls["admission"]),
        ("command", urls["command"]),
        ("prometheus", urls.get("prometheus", "not here (apt-get install prometheus)")),
        (
            "alerts",
            urls.get("alertmanager", "not here (apt-get install prometheus-alertmanager)"),
        ),
        ("clock", "real time only" if settings.live else "replays and rehearsals allowed"),
        ("consoles", urls["consoles"]),
        ("sign in", str(data / "sign-in.txt")),
        ("tokens", str(data / "tokens.env")),
        ("logs", str(data / "logs")),
    ]
    table = "\n".join(f"[bold]{name:<11}[/bold]{value}" for name, value in rows)
    return Panel.fit(table, title=f"Surgeline is up after {seconds:.1f} s")


def _how_to_send(platform: Platform, queue: str) -> str:
    return (
        "Send an event:\n"
        f"  . {platform.settings.data / 'tokens.env'}\n"
        f"  curl {platform.urls['intake']}/v1/events \\\n"
        '    -H "Authorization: Bearer $SURGELINE_SOURCE_TOKEN" \\\n'
        "    -H 'Content-Type: application/cloudevents+json' \\\n"
        f"    -d '{_example(queue)}'\n"
        "Prove that nobody was lost:\n"
        f"  . {platform.settings.data / 'addresses.env'} && surgeline audit\n"
        "Ctrl-C stops everything."
    )


def _example(queue: str) -> str:
    """An event for the shell, with an id and a time of the moment it is sent."""
    return (
        """{"specversion":"1.0","source":"curl","id":"try-'$(date +%s)'","""
        """"type":"surgeline.contact.arrived.v1","subject":"try-'$(date +%s)'","""
        """"time":"'$(date -u +%FT%TZ)'","data":{"queue":"""
        f'"{queue}"}}}}'
    )
