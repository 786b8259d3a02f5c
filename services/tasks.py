"""How does a task in the background end for certain?

A cancellation can be swallowed on its way through a library (`asyncio.wait_for` of Python 3.11
does, when what it waits for is done at the same moment), so it is repeated until the task is over.
"""

import asyncio
from typing import Any, Final

AGAIN_SECONDS: Final = 0.5


async def end(task: "asyncio.Task[Any] | None") -> None:
    """Cancel it until it has ended."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)
