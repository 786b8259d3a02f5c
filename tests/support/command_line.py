"""The command line as an operator runs it, for tests: a process with an environment of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.broker import ROOT


async def surgeline(
    env: Mapping[str, str], *argv: str | Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run it to its end with this input; what the test itself serves goes on meanwhile."""
    command = [sys.executable, "-m", "services.cli", *map(str, argv)]
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
