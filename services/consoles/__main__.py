"""Run the consoles: `python -m services.consoles`."""

import sys

from services.consoles.app import create_app
from services.consoles.settings import Settings
from services.serving import run

GRACE_SECONDS = 3


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    return run("consoles", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
