"""Run the scripted provider: `python -m load.provider [SCRIPT.json]`."""

import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from load.provider.courier import Courier
from load.provider.exchange import Exchange
from load.provider.server import make_app
from load.provider.settings import ProviderSettings
from streams.errors import WrongSettingError
from streams.telemetry.logs import configure_logs

log = logging.getLogger("load.provider")


def main() -> int:
    """Be a provider until SIGTERM; 2 when a setting cannot be used."""
    configure_logs("provider")
    # Its line per request would show every answer link.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = ProviderSettings.read(sys.argv[1:], os.environ)
    except WrongSettingError as error:
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2
    uvicorn.run(
        provider_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return 0


def provider_app(settings: ProviderSettings) -> FastAPI:
    """The app, whose deliveries end with it."""
    exchange = Exchange(settings.script, Courier(settings.token), settings.platform)
    app = make_app(exchange, settings.token)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await exchange.stop()

    app.router.lifespan_context = lifespan
    return app


if __name__ == "__main__":
    sys.exit(main())
