"""Run the call-out service: `python -m services.callout`."""

import sys

from services.callout.app import create_app
from services.callout.settings import Settings
from services.serving import run

GRACE_SECONDS = 5


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    return run("callout", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
