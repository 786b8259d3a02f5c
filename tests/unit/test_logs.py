"""A log line is one JSON object; libraries do not drown it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from streams.telemetry.logs import configure_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is written, with the root logger put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("intake", out=out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


def written(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_holds_what_was_said_by_whom_and_its_own_fields(lines: io.StringIO) -> None:
    logging.getLogger("surge").warning("surge declared", extra={"key": "queue:main", "ratio": 10.2})
    [line] = written(lines)
    del line["time"]
    assert line == {
        "level": "warning",
        "process": "intake",
        "logger": "surge",
        "message": "surge declared",
        "key": "queue:main",
        "ratio": 10.2,
    }


def test_an_error_is_told_with_its_type_and_where_it_came_from(lines: io.StringIO) -> None:
    try:
        raise ValueError("no such pool")  # noqa: TRY301
    except ValueError:
        logging.getLogger("x").exception("stopped")
    [line] = written(lines)
    assert (line["error"]["type"], line["error"]["text"]) == ("ValueError", "no such pool")
    assert line["error"]["where"][-1].endswith("came_from")


def test_a_message_of_several_lines_stays_one_line(lines: io.StringIO) -> None:
    logging.getLogger("x").info("one\ntwo %s", object())
    assert len(written(lines)) == 1


def test_what_a_library_repeats_is_said_once_and_what_we_repeat_every_time(
    lines: io.StringIO,
) -> None:
    for node in range(5):
        logging.getLogger("aiokafka.consumer.fetcher").error("node %s is not ready", node)
        logging.getLogger("services.intake").info("events refused")
    said = [line["message"] for line in written(lines)]
    assert (said.count("node 0 is not ready"), said.count("events refused")) == (1, 5)
    assert len(said) == 6


def test_trying_again_says_each_reason_once_in_a_while(lines: io.StringIO) -> None:
    for reason in ("ConnectionError", "ConnectionError", "AuthenticationError"):
        logging.getLogger("services.callbacks").warning("not yet open", extra={"error": reason})
    said = [line["error"] for line in written(lines)]
    assert said == ["ConnectionError", "AuthenticationError"]
