"""Run the callbacks service: `python -m services.callbacks`."""

import logging
import os
import sys

from services.callbacks.app import create_app
from services.callbacks.settings import Settings
from services.serving import serve
from streams.errors import WrongSettingError
from streams.telemetry.logs import configure_logs

log = logging.getLogger("services.callbacks")

GRACE_SECONDS = 5


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    configure_logs("callbacks")
    # One line a decision is ours to write; a client library's line a request is not.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = Settings.from_env(os.environ)
    except WrongSettingError as error:
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2
    serve(create_app(settings), settings.host, settings.port, grace_seconds=GRACE_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
