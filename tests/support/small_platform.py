"""A platform of real Kafka and Redis with small programs in place of the services.

    python -m tests.support.small_platform DATA [BEHAVIOUR ...]

It says "ready" with the addresses as one JSON line, and runs until it is told to stop.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from services.cli.up import run
from services.supervisor import ports
from services.supervisor.addresses import Ports
from services.supervisor.child import ChildSpec
from services.supervisor.platform import Platform, PlatformSettings


def small(name: str, port: int, behaviours: Sequence[str] = (), **more: object) -> ChildSpec:
    """One small program as a child."""
    argv = (sys.executable, "-m", "tests.support.small_program", str(port), *behaviours)
    ready = f"http://127.0.0.1:{port}/readyz"
    return ChildSpec(name=name, argv=argv, ready=ready, **more)  # type: ignore[arg-type]


def settings_for(
    data: Path, behaviours: Sequence[str] = (), *, prometheus: bool = False
) -> PlatformSettings:
    """Free ports, so that it runs beside anything else on this machine.

    The first program, with the behaviours, is on intake's port, the second on the worker's.
    """
    names = [part.name for part in fields(Ports)]
    needs = ("kafka", "redis")
    return PlatformSettings(
        data=data,
        ports=Ports(**dict(zip(names, ports.any_free(len(names)), strict=True))),
        prometheus=prometheus,
        services=lambda chosen, _host, _env: [
            small("first", chosen.intake, behaviours, needs=needs),
            small("second", chosen.streams, needs=needs),
        ],
    )


async def _main(data: Path, behaviours: Sequence[str]) -> int:
    async with Platform(settings_for(data, behaviours)) as platform:
        pids = {name: child.pid for name, child in platform.children.items()}
        print(json.dumps({"ready": platform.urls, "pids": pids}), flush=True)  # noqa: T201
        sentence = await platform.gave_up()
        print(sentence, flush=True)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(run(lambda: _main(Path(sys.argv[1]), sys.argv[2:])))
