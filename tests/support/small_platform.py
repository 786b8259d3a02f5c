"""A platform of real Kafka and Redis with small programs in place of the services.

    python -m tests.support.small_platform DATA PORT [BEHAVIOUR ...]

It says "ready" with the addresses as one JSON line, and runs until it is told to stop.
"""

import json
import sys
from collections.abc import Sequence
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


def settings_for(data: Path, port: int, behaviours: Sequence[str] = ()) -> PlatformSettings:
    """Free ports, so that it runs beside anything else on this machine."""
    names = ("boards", "intake", "callbacks", "streams", "phone")
    names += ("kafka", "controller", "redis", "prometheus")
    wanted = Ports(**dict(zip(names, ports.any_free(len(names)), strict=True)))
    return PlatformSettings(
        data=data,
        ports=wanted,
        prometheus=False,
        services=lambda *_: [
            small("first", port, behaviours, needs=("kafka", "redis")),
            small("second", port + 1, needs=("kafka", "redis")),
        ],
    )


async def _main(data: Path, port: int, behaviours: Sequence[str]) -> int:
    async with Platform(settings_for(data, port, behaviours)) as platform:
        pids = {name: child.pid for name, child in platform.children.items()}
        print(json.dumps({"ready": platform.urls, "pids": pids}), flush=True)  # noqa: T201
        sentence = await platform.gave_up()
        print(sentence, flush=True)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(run(lambda: _main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
