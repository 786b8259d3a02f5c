"""`surgeline report SURGE`: the after-action report of one surge, from the log alone.

One HTML file with its plots, styles and words inside: to print, to mail, to keep. It needs no
board and no network, and holds no name and no number.
"""

import asyncio
import os
from pathlib import Path

import click
from aiokafka.errors import KafkaError

from services.boards.case import Case
from services.boards.case_page import LANGUAGES, CasePages
from services.boards.inquiry import read_case
from streams.domain.centre import Centre
from streams.errors import SurgelineError
from streams.events.codec import decode_known
from streams.events.surges import SurgeCleared, SurgeData, SurgeDeclared, SurgeRevised
from streams.kafka import FollowedCentre, read_to_end
from streams.settings import Connections
from streams.topics import SURGES

FINE, FELL_SHORT = 0, 1


@click.command(name="report")
@click.argument("surge", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the report goes. Default: surge-SURGE.html.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default="both", show_default=True)
@click.pass_context
def command(context: click.Context, surge: str | None, out: Path | None, lang: str) -> None:
    """Write the after-action report of one surge; without SURGE, list those on the log.

    SURGE is an episode's id, the last part of its page's address. Reads SURGELINE_KAFKA,
    SURGELINE_PREFIX and SURGELINE_CENTRE like every service.
    """
    try:
        connections = Connections.from_env(os.environ)
        context.exit(asyncio.run(_report(connections, surge, out, lang)))
    except (SurgelineError, KafkaError) as error:
        raise click.ClickException(str(error)) from None


async def _report(
    connections: Connections, surge: str | None, out: Path | None, language: str
) -> int:
    if surge is None:
        for known in (await _known(connections)).values():
            over = f"{known.cleared_at:%H:%MZ}" if known.cleared_at else "still on"
            click.echo(
                f"{known.episode}  {known.tier:5}  {known.declared_at:%Y-%m-%d %H:%MZ} to {over}"
                f"  {known.key}"
            )
        return FINE
    centre, case = await _read(connections, surge)
    if case is None:
        click.echo(f"surgeline: no surge {surge} on the log", err=True)
        return FELL_SHORT
    target = out or Path(f"surge-{surge}.html")
    text = CasePages(centre).report(case, language)
    await asyncio.to_thread(target.write_text, text, "utf-8")
    click.echo(f"{target}: {case.counted.people:,} people counted, {len(case.findings)} findings")
    return FINE


async def _read(connections: Connections, surge: str) -> tuple[Centre, Case | None]:
    followed = FollowedCentre(connections)
    await followed.start()
    try:
        return followed.centre, await read_case(connections, followed.centre, surge)
    finally:
        await followed.stop()


async def _known(connections: Connections) -> dict[str, SurgeData]:
    known: dict[str, SurgeData] = {}
    async for record in read_to_end(connections, SURGES):
        event = decode_known(record.value)
        if isinstance(event, SurgeDeclared | SurgeRevised | SurgeCleared):
            known[event.data.episode] = event.data
    return known
