"""Run the boards: `python -m services.boards`.

`python -m services.boards kiosk-link --name lobby --days 30` prints a link for a screen on a wall,
`kiosk-links` lists them, `kiosk-revoke --name lobby` closes it.
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from services.boards.app import create_app
from services.boards.kiosks import SETTING, Kiosks
from services.boards.settings import PORT, Settings
from services.serving import listening, run
from streams.errors import WrongSettingError

GRACE_SECONDS = 3


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m services.boards", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", *KIOSK_COMMANDS], default="serve")
    parser.add_argument("--days", type=int, default=30, help="how long a new link is good (30)")
    parser.add_argument("--name", default="screen", help="the screen, or the id of its link")
    asked = parser.parse_args()
    if asked.command == "serve":
        return run("boards", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)
    try:
        return KIOSK_COMMANDS[asked.command](_kiosks(), asked)
    except WrongSettingError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _kiosks() -> Kiosks:
    kiosks = Kiosks.from_env(os.environ)
    if kiosks is None:
        raise WrongSettingError(f"set {SETTING} to the path of the links file first")
    return kiosks


def _link(kiosks: Kiosks, asked: argparse.Namespace) -> int:
    given = kiosks.make(asked.name, datetime.now(UTC) + timedelta(days=asked.days))
    where = listening(os.environ, PORT)
    sys.stdout.write(f"http://{where['host']}:{where['port']}/kiosk/{given}\n")
    return 0


def _links(kiosks: Kiosks, _: argparse.Namespace) -> int:
    for link in kiosks.all():
        state = "revoked" if link.revoked else f"until {link.until:%Y-%m-%d %H:%MZ}"
        sys.stdout.write(f"{link.id}  {link.name}  {state}\n")
    return 0


def _revoke(kiosks: Kiosks, asked: argparse.Namespace) -> int:
    if kiosks.revoke(asked.name):
        return 0
    sys.stderr.write(f"no good link has the name or id {asked.name}\n")
    return 1


KIOSK_COMMANDS: Final[dict[str, Callable[[Kiosks, argparse.Namespace], int]]] = {
    "kiosk-link": _link,
    "kiosk-links": _links,
    "kiosk-revoke": _revoke,
}


if __name__ == "__main__":
    sys.exit(main())
