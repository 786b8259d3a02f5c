"""Run the boards: `python -m services.boards`.

`python -m services.boards kiosk-link --days 30` prints a link for a screen on a wall.
"""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta

from services.boards.access import Kiosk
from services.boards.app import create_app
from services.boards.settings import Settings
from services.serving import run
from streams.errors import WrongSettingError

GRACE_SECONDS = 3


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m services.boards", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "kiosk-link"], default="serve")
    parser.add_argument("--days", type=int, default=30, help="how long the link is good (30)")
    asked = parser.parse_args()
    if asked.command == "serve":
        return run("boards", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)
    try:
        return _link(asked.days)
    except WrongSettingError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _link(days: int) -> int:
    kiosk = Kiosk.from_env(os.environ)
    if kiosk is None:
        raise WrongSettingError("set SURGELINE_KIOSK_KEY to base64url of 32 random bytes first")
    settings = Settings.from_env(os.environ)
    given = kiosk.sign(datetime.now(UTC) + timedelta(days=days))
    sys.stdout.write(f"http://{settings.host}:{settings.port}/kiosk/{given}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
