"""Run the command service: `python -m services.command`."""

import sys

from services.command.app import create_app
from services.command.settings import Settings
from services.serving import run

GRACE_SECONDS = 10


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    return run("command", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
