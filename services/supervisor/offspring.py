"""How does a child process die with its parent, even one that was killed with -9?

Linux sends a signal of our choice to a child whose parent thread is gone. Children also get a
session of their own: Ctrl-C then reaches only the parent, which stops them in the right order.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1
PARENT_WAS_GONE: Final = 127
LOOK_EVERY_SECONDS: Final = 0.02

# Loaded once here: between fork and exec a child must not open files or take locks.
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> Callable[[], None]:
    """What a child runs between fork and exec. Call this in the parent's main thread."""
    parent = os.getpid()

    def between_fork_and_exec() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
            if os.getppid() != parent:  # it died while we were being made
                os._exit(PARENT_WAS_GONE)

    return between_fork_and_exec


def start(
    argv: Sequence[str], env: Mapping[str, str], log: IO[bytes], cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a child that writes to `log`, reads nothing, and dies with us."""
    return subprocess.Popen(  # noqa: S603 - the command lines are our own
        argv,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only calls prctl and getppid
    )


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal a child and whatever it started itself; one that is already gone is fine."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for its end, which is seen at the next look; the exit code (negative: the signal)."""
    # A look costs a microsecond; a thread or a signal handler for each child costs more thought.
    while process.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return process.returncode


async def end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Ask it to end, and kill it after its grace. Whatever it started itself goes too."""
    if process.poll() is None:
        signal_group(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(ended(process), grace_seconds)
    except (TimeoutError, asyncio.CancelledError):
        # Out of patience: its own, or that of a person who pressed Ctrl-C a second time.
        pass
    finally:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
