"""One of our own services as a real process, for tests that start, kill and read it."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import httpx

from services.supervisor import offspring, ports
from tests.support.broker import ROOT, end


class ServiceProcess:
    """`python -m MODULE ARGS`, with its settings in `env`, on a free port unless env says which.

    `start`, `kill9` and `log_text` return at once; `wait_ready` and `stop` are awaited, so that
    what the test itself serves goes on meanwhile. `async with` starts, waits and stops.
    """

    def __init__(
        self,
        module: str,
        env: Mapping[str, str],
        args: Sequence[str] = (),
        *,
        ready_path: str = "/readyz",
    ) -> None:
        self.module = module
        self.args = list(args)
        self.env = {"SURGELINE_PORT": str(ports.any_free()[0]), **env}
        self.ready_path = ready_path
        # Beside all others of this test run; pytest's own folder is not known here.
        handle, name = tempfile.mkstemp(prefix=f"surgeline-{module}-", suffix=".log")
        os.close(handle)
        self.log_file = Path(name)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['SURGELINE_PORT']}"

    @property
    def returncode(self) -> int | None:
        return None if self.process is None else self.process.poll()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; again after kill9 or stop, on the same port and into the same log."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SURGELINE_")}
        argv = [sys.executable, "-m", self.module, *self.args]
        with self.log_file.open("ab") as log:
            self.process = offspring.start(argv, inherited | self.env, log, cwd=ROOT)

    async def wait_ready(self, patience_seconds: float = 40.0) -> None:
        """Until it says it is ready; if it ends or takes too long, its last words."""
        give_up = time.monotonic() + patience_seconds
        async with httpx.AsyncClient(base_url=self.url, timeout=5.0) as client:
            while not await self._is_ready(client):
                if not self.alive or time.monotonic() > give_up:
                    raise RuntimeError(f"{self.module} is not ready:\n{self.log_text()[-4000:]}")
                await asyncio.sleep(0.05)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(self.ready_path)).is_success
        except httpx.HTTPError:
            return False

    async def wait_end(self, patience_seconds: float = 20.0) -> int:
        """Until it ends by itself; its exit code."""
        give_up = time.monotonic() + patience_seconds
        while self.alive:
            if time.monotonic() > give_up:
                raise RuntimeError(f"{self.module} has not ended:\n{self.log_text()[-4000:]}")
            await asyncio.sleep(0.05)
        code = self.returncode
        if code is None:
            raise RuntimeError(f"{self.module} was never started")
        return code

    def kill9(self) -> None:
        end(self.process, signal.SIGKILL)

    async def stop(self) -> int | None:
        """Ask it to end, as the supervisor does; its exit code."""
        await asyncio.to_thread(end, self.process, signal.SIGTERM)
        return self.returncode

    def log_text(self) -> str:
        return self.log_file.read_text(errors="replace")

    async def __aenter__(self) -> Self:
        self.start()
        await self.wait_ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self.log_file.unlink(missing_ok=True)
