"""Is the process in this container ready? `python -m services.probe [PATH]`, as a health check."""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

PATIENCE_SECONDS: Final = 3.0


def main(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """0 when it answers well on its own port; 1 otherwise."""
    path = arguments[0] if arguments else "/readyz"
    try:
        port = int(env.get("SURGELINE_PORT", ""))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, ValueError, http.client.HTTPException) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
