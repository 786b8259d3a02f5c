"""What may the platform ask of the phone system that Locust is? The same as of the scripted one.

Commands are idempotent: by contact for a withdrawal, by dial for a ring. A bearer token is needed
for everything but `/readyz`. Where several processes play, the one that listens passes each
command on to the process whose call, counselor or dial it is about.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from gevent.pywsgi import WSGIServer

from load.open_loop.play import Play
from load.phone.told import told
from load.sim.reports import Dial

Told = tuple[int, dict[str, Any]]
Obey = Callable[[str, Mapping[str, Any]], Told]
OK, NOT_ALLOWED, UNKNOWN, MALFORMED, NOT_YET = 200, 401, 404, 422, 503
_MARK: Final = re.compile(r"(?:^|-)w(\d+)-")
_STATUS: Final = "/commands/dial/"
_STATUS_LINES: Final = {
    OK: "200 OK",
    NOT_ALLOWED: "401 Unauthorized",
    UNKNOWN: "404 Not Found",
    MALFORMED: "422 Unprocessable Content",
    NOT_YET: "503 Service Unavailable",
}


def obeyed(play: Play, what: str, body: Mapping[str, Any]) -> Told:
    """Carry a command out on this process's floor."""
    if what == "withdraw":
        contact = str(body["contact"])
        return OK, {"contact": contact, "result": play.withdraw(contact, str(body["callback"]))}
    if what == "dial":
        order = Dial(
            id=body["dial"],
            callback=body["callback"],
            token=body["token"],
            agent=body["agent"],
            number=body["number"],
            first=body.get("first", "agent"),
        )
        return OK, told(play.order_dial(order))
    if what == "cancel":
        return OK, {"dial": body["dial"], "result": play.cancel(body["dial"])}
    if what == "text":
        result = "accepted" if play.knows(body["number"]) else "refused"
        return OK, {"text": body["text"], "result": result}
    known = play.dialled(body["dial"])
    return (OK, told(known)) if known else (UNKNOWN, {"detail": "no such dial was ordered here"})


def whose(what: str, body: Mapping[str, Any]) -> int:
    """The index of the process a withdrawal or a dial is for; 0 where there is only one."""
    found = _MARK.search(str(body["contact"] if what == "withdraw" else body["agent"]))
    return int(found.group(1)) if found else 0


def serve(port: int, token: str, obey: Obey) -> WSGIServer:
    """Listen for commands on this machine."""
    wanted = f"Bearer {token}".encode()

    def app(request: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        status, answer = _answered(request, wanted, obey)
        start(_STATUS_LINES[status], [("Content-Type", "application/json")])
        return [orjson.dumps(answer)]

    server = WSGIServer(("127.0.0.1", port), app, log=None)
    server.start()
    return server


def _answered(request: Mapping[str, Any], wanted: bytes, obey: Obey) -> Told:
    path = request["PATH_INFO"]
    if path == "/readyz":
        return OK, {"ready": True}
    if not hmac.compare_digest(request.get("HTTP_AUTHORIZATION", "").encode(), wanted):
        return NOT_ALLOWED, {"detail": "a bearer token is needed"}
    if path.startswith(_STATUS):
        return obey("status", {"dial": path.removeprefix(_STATUS)})
    what = path.removeprefix("/commands/")
    if what not in ("withdraw", "dial", "cancel", "text"):
        return UNKNOWN, {"detail": "no such command"}
    try:
        return obey(what, orjson.loads(request["wsgi.input"].read()))
    except (ValueError, KeyError, TypeError) as error:
        return MALFORMED, {"detail": f"not understood: {type(error).__name__}"}
