"""Run admission: `python -m services.admission`."""

import sys

from services.admission.app import create_app
from services.admission.settings import Settings
from services.serving import run

GRACE_SECONDS = 3
# A phone system keeps its connection through quiet minutes instead of finding it closed.
KEEP_ALIVE_SECONDS = 300


def main() -> int:
    """Serve until SIGTERM; 2 when a setting cannot be used."""
    return run(
        "admission",
        Settings.from_env,
        create_app,
        grace_seconds=GRACE_SECONDS,
        keep_alive_seconds=KEEP_ALIVE_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
