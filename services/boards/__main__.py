"""Run the boards: `python -m services.boards`.

`python -m services.boards kiosk-link --days 30` prints a link for a screen on a wall.
"""

import argparse
import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from types import FrameType

import uvicorn

from services.boards.access import Kiosk
from services.boards.app import create_app
from services.boards.settings import Settings
from streams.errors import WrongSettingError
from streams.telemetry.logs import configure_logs

log = logging.getLogger("services.boards")

GRACE_SECONDS = 3


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m services.boards", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "kiosk-link"], default="serve")
    parser.add_argument("--days", type=int, default=30, help="how long the link is good (30)")
    asked = parser.parse_args()
    configure_logs("boards")
    try:
        return _link(asked.days) if asked.command == "kiosk-link" else _serve()
    except WrongSettingError as error:
        log.error("wrong setting", extra={"detail": str(error)})  # noqa: TRY400
        return 2


def _link(days: int) -> int:
    kiosk = Kiosk.from_env(os.environ)
    if kiosk is None:
        raise WrongSettingError("set SURGELINE_KIOSK_KEY to base64url of 32 random bytes first")
    settings = Settings.from_env(os.environ)
    given = kiosk.sign(datetime.now(UTC) + timedelta(days=days))
    sys.stdout.write(f"http://{settings.host}:{settings.port}/kiosk/{given}\n")
    return 0


class _Server(uvicorn.Server):
    """Ends the live streams as soon as it is told to stop, not when their patience ends."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        end_streams = getattr(self.config.app.state, "end_streams", None)  # type: ignore[union-attr]
        if end_streams is not None:
            end_streams()
        super().handle_exit(sig, frame)


def _serve() -> int:
    settings = Settings.from_env(os.environ)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Server(config).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
