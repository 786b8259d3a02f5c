"""`python -m streams [--only tally,surge,staffing]`: the worker that computes from the log."""

import asyncio
import os
import sys

import click
import uvloop

from streams.collector import look_seldom
from streams.errors import WrongSettingError
from streams.kafka import FollowedCentre
from streams.processors.catalogue import MAKERS
from streams.processors.settings import StreamsSettings
from streams.processors.worker import Worker, die
from streams.sealing import Sealer
from streams.secret_files import opened
from streams.telemetry.logs import configure_logs


@click.command()
@click.option("--only", help="Which processors to run, such as tally,surge. All by default.")
def main(only: str | None) -> None:
    """Fold contacts into counts, surges and seats, until SIGTERM."""
    configure_logs("streams")
    try:
        env = opened(os.environ)
        settings = StreamsSettings.from_env(env, only)
        centre = FollowedCentre(settings.connections)
        sealer = Sealer.from_env(env)
    except (WrongSettingError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    look_seldom()
    # Faust's consumer threads take their loops from the policy.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

    async def run() -> None:
        await Worker(settings, centre, MAKERS, sealer.seal).run()

    try:
        asyncio.run(run())
    except Exception as error:  # noqa: BLE001  whatever it is, the supervisor starts us again
        die("the worker failed", error)


if __name__ == "__main__":
    main()
