"""Run admission: `python -m services.admission`."""

import logging
import os
import signal
import sys

import uvicorn

from services.admission.app import create_app
from services.admission.settings import Settings
from streams.errors import WrongSettingError
from streams.telemetry.logs import configure_logs

log = logging.getLogger("services.admission")

GRACE_SECONDS = 3
# A phone system keeps its connection through quiet minutes instead of finding it closed.
KEEP_ALIVE_SECONDS = 300


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    configure_logs("admission")
    try:
        settings = Settings.from_env(os.environ)
    except WrongSettingError as error:
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2
    # uvicorn raises the signal once more when it has stopped; by then everything is done.
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: None)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
