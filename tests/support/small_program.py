"""A program as small as can be that the supervisor may start: it answers /readyz on a port.

    python -m tests.support.small_program PORT [BEHAVIOUR ...]

dies-at-once      says why and ends with code 3 before it is ready
dies-with=FILE    ends with code 4 when it was asked whether it is ready, and at once when FILE
                  says that it has done so before
never-ready       answers, and says each time that it is not ready
deaf              takes no notice of SIGTERM
parent            starts a child of its own that takes no notice of SIGTERM either
"""

import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class _Ready(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(port: int, behaviours: set[str]) -> int:
    """Serve until told to stop; the exit code."""
    if "dies-at-once" in behaviours:
        sys.stderr.write("the reason it died\n")
        return 3
    if "never-ready" in behaviours:
        _Ready.status = 503
    if behaviours & {"deaf", "parent"}:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if "parent" in behaviours:
        subprocess.Popen([sys.executable, "-m", __spec__.name, str(port + 1), "deaf"])
    mark = next((Path(b.removeprefix("dies-with=")) for b in behaviours if "=" in b), None)
    if mark is not None and mark.exists():
        return 4
    server = HTTPServer(("127.0.0.1", port), _Ready)
    sys.stderr.write("listening\n")
    if mark is not None:
        server.handle_request()
        mark.touch()
        return 4
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), set(sys.argv[2:])))
