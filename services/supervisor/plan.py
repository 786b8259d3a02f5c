"""Which processes make the platform, what does each need, and when is it ready?"""

import shutil
import sys
from collections.abc import Mapping
from typing import Final

from services.supervisor import alertmanager
from services.supervisor.addresses import LOOPBACK, Ports, is_outside, urls
from services.supervisor.alertmanager import AlertmanagerPlan
from services.supervisor.child import ChildSpec
from services.supervisor.kafka import KafkaPlan
from services.supervisor.prometheus import PrometheusPlan
from services.supervisor.redis import RedisPlan

# Name to module. They start together once Kafka and Redis are there, and stop in reverse.
SERVICES: Final[Mapping[str, str]] = {
    "intake": "services.intake",
    "streams": "streams",
    "callbacks": "services.callbacks",
    "boards": "services.boards",
    "admission": "services.admission",
    "command": "services.command",
    "callout": "services.callout",
    "consoles": "services.consoles",
    "audit": "services.audit",
}


def kafka_spec(plan: KafkaPlan) -> ChildSpec:
    """The broker. A folder that was killed under load takes a while to check itself."""
    return ChildSpec(
        name="kafka",
        argv=tuple(plan.argv()),
        ready=f"tcp://{plan.bootstrap}",
        ready_within_seconds=120.0,
        grace_seconds=20.0,
    )


def redis_spec(plan: RedisPlan) -> ChildSpec:
    return ChildSpec(name="redis", argv=tuple(plan.argv()), ready=f"tcp://{LOOPBACK}:{plan.port}")


def prometheus_spec(plan: PrometheusPlan) -> ChildSpec | None:
    """Prometheus when Debian's package is there."""
    if shutil.which("prometheus") is None:
        return None
    return ChildSpec(
        name="prometheus",
        argv=tuple(plan.argv()),
        ready=f"{plan.url}/-/ready",
        optional=True,
    )


def alertmanager_spec(plan: AlertmanagerPlan) -> ChildSpec | None:
    """Alertmanager when Debian's package is there."""
    name = alertmanager.program()
    if name is None:
        return None
    return ChildSpec(
        name="alertmanager",
        argv=tuple(plan.argv(name)),
        ready=f"http://{plan.address}/-/ready",
        optional=True,
    )


def scrape_targets(ports: Ports, host: str = LOOPBACK) -> dict[str, str]:
    """host:port of everything that has /metrics."""
    found = urls(ports, SERVICES, host)
    return {name: url.removeprefix("http://") for name, url in found.items()}


def service_specs(ports: Ports, host: str, env: Mapping[str, str]) -> list[ChildSpec]:
    """Our own processes, each with its port."""
    found = urls(ports, SERVICES, host)
    return [
        ChildSpec(
            name=name,
            argv=(sys.executable, "-m", module),
            ready=f"{found[name]}/readyz",
            env={
                **env,
                "SURGELINE_HOST": host if is_outside(name) else LOOPBACK,
                "SURGELINE_PORT": str(getattr(ports, name)),
                # There is one of each on one machine: killed, it takes its partitions up again
                # at once, without waiting until its former self is missed.
                "SURGELINE_INSTANCE": "0",
            },
            needs=("kafka", "redis"),
        )
        for name, module in SERVICES.items()
    ]
