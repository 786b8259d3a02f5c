"""Run the callbacks service: `python -m services.callbacks`."""

import sys

from services.callbacks.app import create_app
from services.callbacks.settings import Settings
from services.serving import run

GRACE_SECONDS = 5


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    return run("callbacks", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
