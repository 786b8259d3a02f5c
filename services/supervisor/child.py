"""What is one child process told, when is it ready, and how often may it be started again?"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from services.supervisor import offspring
from services.supervisor.folder import Say
from streams.errors import SurgelineError

LOOK_EVERY_SECONDS: Final = 0.05
LAST_WORDS: Final = 12


class ChildError(SurgelineError):
    """A child could not be kept running; the message says which and shows its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """A child that dies is started again, but not for ever: what dies at once, five times in a
    minute, will die a sixth time, and the person in charge must hear of it.
    """

    limit: int = 5
    within_seconds: float = 60.0
    # The first restart is at once; a child that keeps dying waits longer each time.
    pauses: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One child: its command, its additions to the environment, and how to see it is ready.

    `ready` is a URL that must answer 2xx, or tcp://HOST:PORT that must accept. `needs` names the
    children without which it cannot live: while one of them is away its own deaths are forgiven.
    An `optional` one is given up with a line instead of taking the platform down.
    """

    name: str
    argv: tuple[str, ...]
    ready: str
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    ready_within_seconds: float = 60.0
    grace_seconds: float = 10.0
    restart: RestartPolicy = RestartPolicy()
    optional: bool = False


class Child:
    """A running child, watched: a death is seen within a tenth of a second."""

    def __init__(self, spec: ChildSpec, env: Mapping[str, str], log: Path, say: Say) -> None:
        self.spec = spec
        self.restarts = 0
        self.log = log
        self._env = {**env, **spec.env}
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: deque[float] = deque()

    @property
    def pid(self) -> int | None:
        """The process' id while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """How it ended last; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start it. Must be called in the main thread (see offspring)."""
        with self.log.open("ab") as log:
            try:
                self._process = offspring.start(self.spec.argv, self._env, log)
            except OSError as error:
                raise ChildError(
                    f"{self.spec.name} cannot be started: {self.spec.argv[0]}: {error.strerror}"
                ) from None

    async def wait_ready(self) -> None:
        """Until it is ready; a death or too long a wait is an error with its last words."""
        give_up = time.monotonic() + self.spec.ready_within_seconds
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            while not await answers(self.spec.ready, client):
                if not self.alive:
                    raise ChildError(f"{self._ended()} before it was ready{self.last_words()}")
                if time.monotonic() > give_up:
                    raise ChildError(
                        f"{self.spec.name} was not ready after"
                        f" {self.spec.ready_within_seconds:.0f} s{self.last_words()}"
                    )
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def watch(self, wait_for_needs: Callable[[], Awaitable[bool]]) -> None:
        """Start it again whenever it dies, until cancelled or it died too often (an error).

        `wait_for_needs` waits until what it needs is there, and tells whether that was away.
        """
        while True:
            if self._process is not None:
                await offspring.ended(self._process)
            ended = self._ended()
            forgiven = await wait_for_needs()
            await asyncio.sleep(self._count_death(ended, forgiven=forgiven))
            self.restarts += 1
            self._say(f"{ended} and is started again")
            self.start()

    def _count_death(self, ended: str, *, forgiven: bool) -> float:
        """How long to wait before the next start."""
        policy, now = self.spec.restart, time.monotonic()
        while self._deaths and now - self._deaths[0] > policy.within_seconds:
            self._deaths.popleft()
        if not forgiven:
            self._deaths.append(now)
        if len(self._deaths) > policy.limit:
            raise ChildError(
                f"{ended} after {policy.limit} restarts within {policy.within_seconds:.0f} s;"
                f" given up{self.last_words()}"
            )
        return policy.pauses[min(max(len(self._deaths) - 1, 0), len(policy.pauses) - 1)]

    def _ended(self) -> str:
        code = self._process.returncode if self._process is not None else None
        if code is None:
            return f"{self.spec.name} was not started"
        if code < 0:
            return f"{self.spec.name} was ended by {signal.Signals(-code).name}"
        return f"{self.spec.name} ended with code {code}"

    def last_words(self) -> str:
        """The end of its log, for an error."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:]
        return f"; its last words ({self.log}):\n  " + "\n  ".join(lines) if lines else ""

    def kill(self) -> None:
        """Kill it with -9, as the machine might; the watch starts it again."""
        if self.pid is not None:
            offspring.signal_group(self.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end; after its grace it is killed."""
        if self._process is not None:
            await offspring.end(self._process, self.spec.grace_seconds)


async def answers(ready: str, client: httpx.AsyncClient) -> bool:
    """Whether the address says ready now."""
    parts = urlsplit(ready)
    if parts.scheme == "tcp":
        return accepts(parts.hostname or "127.0.0.1", parts.port or 0)
    try:
        return (await client.get(ready)).is_success
    except httpx.HTTPError:
        return False


def accepts(host: str, port: int) -> bool:
    """Whether something listens there; on loopback the answer comes at once."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.5):
        return True
    return False


def environment() -> dict[str, str]:
    """What every child inherits: ours without Surgeline's own settings, which are made anew."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SURGELINE_")}
    # A child's log must show its last line even when it is killed.
    return {**kept, "PYTHONUNBUFFERED": "1"}
