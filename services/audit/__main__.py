"""Run the standing audit: `python -m services.audit`."""

import sys

from services.audit.app import create_app
from services.audit.settings import Settings
from services.serving import run

GRACE_SECONDS = 3


def main() -> int:
    """Audit until SIGTERM; 2 when a setting cannot be used."""
    return run("audit", Settings.from_env, create_app, grace_seconds=GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
