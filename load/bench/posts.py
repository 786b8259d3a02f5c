"""What would a phone system post to intake? Whole lives of contacts, as JSON with numbers in it."""

import json
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

KINDS: Final = ("arrived", "queued", "offered", "offered", "answered", "completed")
# So many contacts are on their way at once, so that the events of one come in far apart.
AT_ONCE: Final = 500


def events(seed: int) -> Iterator[bytes]:
    """Six events a contact, each contact's own in order, those of many contacts mixed."""
    rng = random.Random(seed)
    under_way: deque[tuple[str, str, int]] = deque()
    number = 0
    while True:
        while len(under_way) < AT_ONCE:
            number += 1
            caller = f"010-{rng.randrange(10_000):04}-{rng.randrange(10_000):04}"
            under_way.append((f"p{seed}-{number}", caller, 0))
        contact, caller, step = under_way.popleft()
        yield _event(contact, caller, step)
        if step + 1 < len(KINDS):
            under_way.append((contact, caller, step + 1))


def _event(contact: str, caller: str, step: int) -> bytes:
    kind = KINDS[step]
    data = {"queue": "main", "language": "ko", "country": "KR", "topic": "disaster"}
    data["caller"] = caller  # in each report, as it rings in
    if kind not in {"arrived", "queued"}:
        data["agent"] = f"a{len(contact)}"
    said = {
        "specversion": "1.0",
        "type": f"surgeline.contact.{kind}.v1",
        "id": f"{contact}-{step}",
        "source": "/phone/bench",
        "subject": contact,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
    return json.dumps(said).encode()


def requests(seed: int, token: str, events_each: int) -> Iterator[bytes]:
    """Whole HTTP requests with so many events in each."""
    source = events(seed)
    media = "cloudevents" if events_each == 1 else "cloudevents-batch"
    head = (
        "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/{media}+json\r\nAuthorization: Bearer {token}\r\n"
    )
    while True:
        body = b",".join([next(source) for _ in range(events_each)])
        if events_each > 1:
            body = b"[" + body + b"]"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
