"""Run the scripted phone system: `python -m load.phone SCENARIO`."""

import asyncio
import logging
import os
import sys

import httpx
import uvicorn

from load.phone.commands import make_app
from load.phone.desk import CallbackDesk
from load.phone.exchange import Exchange
from load.phone.faults import Unreliable
from load.phone.ledger import Ledger
from load.phone.outbox import Outbox
from load.phone.settings import PhoneSettings
from load.sim.wire import event_clock
from streams.errors import WrongSettingError
from streams.telemetry.logs import configure_logs

log = logging.getLogger("load.phone")

HTTP_TIMEOUT_SECONDS = 10.0
LAST_REPORTS_SECONDS = 5.0


def main() -> int:
    """Play until SIGTERM; 2 when a setting cannot be used."""
    configure_logs("phone")
    # Its line per request would name every dial and callback, and say nothing else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = PhoneSettings.read(sys.argv[1:], os.environ)
    except WrongSettingError as error:
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2
    asyncio.run(play(settings))
    return 0


async def play(settings: PhoneSettings) -> None:
    """The exchange, its HTTP side and its counselors, until told to stop or one of them fails."""
    ledger = Ledger(settings.ledger, event_clock(settings.scenario.starts))
    async with httpx.AsyncClient(timeout=HTTP_TIMEOUT_SECONDS) as client:
        outbox = Outbox(client, settings.intake, settings.source_token)
        exchange = Exchange(settings, outbox, ledger)
        desk = CallbackDesk(client, settings, exchange.hall, exchange.player.catch_up)
        exchange.employ(desk, desk)
        server = _server(settings, exchange)
        parts = [exchange.player.run(), outbox.run(), desk.run()]
        await _until_stopped(server, [asyncio.create_task(part) for part in parts])
        await outbox.drain(LAST_REPORTS_SECONDS)
    ledger.close()


def _server(settings: PhoneSettings, exchange: Exchange) -> uvicorn.Server:
    scenario = settings.scenario
    return uvicorn.Server(
        uvicorn.Config(
            Unreliable(make_app(exchange, settings.token), scenario.faults, scenario.seed),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
    )


async def _until_stopped(server: uvicorn.Server, parts: list[asyncio.Task[None]]) -> None:
    serving = asyncio.create_task(server.serve())
    await asyncio.wait([serving, *parts], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    ended = [part for part in parts if part.done()]
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    for part in ended:
        part.result()


if __name__ == "__main__":
    sys.exit(main())
