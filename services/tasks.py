"""How do tasks in the background begin, go on and end for certain?"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka.errors import KafkaError

from streams.errors import SurgelineError

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 0.5
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
SAY_AGAIN_SECONDS: Final = 60.0


async def end(task: "asyncio.Task[Any] | None") -> None:
    """Cancel it until it has ended.

    A cancellation can be swallowed on its way through a library: `asyncio.wait_for` of Python 3.11
    does, when what it waits for is done at the same moment.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)


def end_process_on_error(task: "asyncio.Task[Any]", what: str) -> None:
    """Whatever unknown ends this task ends the process, and the supervisor starts a new one: who
    no longer reads must not go on answering. `what` says on the log what cannot go on.
    """

    def ended(over: "asyncio.Task[Any]") -> None:
        if not over.cancelled() and (error := over.exception()) is not None:
            end_process(error, what)

    task.add_done_callback(ended)


def end_process(error: BaseException, what: str) -> None:
    """At once, with the reason on the log."""
    log.critical(what, exc_info=error)
    os._exit(1)


async def until_done(message: str, act: Callable[[], Awaitable[None]]) -> None:
    """Try again, with longer and longer pauses, while the log or Redis is away.

    Each reason is one line, and one more a minute later.
    """
    pause = FIRST_PAUSE_SECONDS
    said, said_at = "", 0.0
    while True:
        try:
            await act()
        except (KafkaError, SurgelineError, OSError) as error:
            detail, now = str(error), time.monotonic()
            if detail != said or now - said_at >= SAY_AGAIN_SECONDS:
                said, said_at = detail, now
                log.warning(message, extra={"error": type(error).__name__, "detail": detail})
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            return
