"""How does a process say what it decided? One JSON object a line, on stderr.

`log.info("surge declared", extra={"key": "queue:main", "ratio": 10.2})`: the message is fixed, the
fields carry what differs. A contact's id may appear; a number, a name or what was said may not.
"""

import logging
import math
import sys
import traceback
from datetime import UTC, datetime
from typing import Final, TextIO

import orjson

LIBRARIES: Final = ("aiokafka", "faust", "mode", "kafka")
QUIET_SECONDS: Final = 10.0
_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, process, logger, message, then its own fields."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        """What was said, when, by whom, with the fields of `extra`."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "process": self.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in vars(record).items() if k not in _ORDINARY and k not in line}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _said(record.exc_info[1])
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class OnceInAWhile(logging.Filter):
    """A client library says the same several times a second while a broker is away, and whoever
    tries again says each time what went wrong: once in ten seconds is enough to know. Our own
    decisions always pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, ...], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        said = _repeatable(record)
        if said is None:
            return True
        again = record.created - self._said.get(said, -math.inf) >= QUIET_SECONDS
        if again:
            self._said[said] = record.created
        return again


def _repeatable(record: logging.LogRecord) -> tuple[str, ...] | None:
    """What makes a line the same as an earlier one; None for a line that always counts."""
    if record.name.startswith(LIBRARIES):
        return (record.name, str(record.msg))
    error = getattr(record, "error", None)
    if error is None or record.levelno < logging.WARNING:
        return None
    return (record.name, str(record.msg), str(error), str(getattr(record, "detail", "")))


def configure_logs(process: str, *, level: int = logging.INFO, out: TextIO | None = None) -> None:
    """Send every logger of this process, the libraries' too, to one stream as JSON lines."""
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonFormatter(process))
    handler.addFilter(OnceInAWhile())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.getLogger("aiokafka").setLevel(max(level, logging.WARNING))


def _said(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__name__,
        "text": str(error),
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }
