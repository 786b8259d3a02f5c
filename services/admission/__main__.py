"""Run admission: `python -m services.admission`."""

import logging
import os
import signal
import sys

from services.admission.app import create_app
from services.admission.settings import Settings
from services.serving import serve
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
    serve(
        create_app(settings),
        settings.host,
        settings.port,
        grace_seconds=GRACE_SECONDS,
        keep_alive_seconds=KEEP_ALIVE_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
