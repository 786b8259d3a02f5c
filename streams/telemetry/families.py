"""How is a metric declared, and which of them does a process show?

Each metric belongs to the processes that know its value. `registry_of("intake")` holds those of
intake, so that a gauge of another process is absent there and never a 0 that looks measured.
Label names are on a list, each with the most values it may ever have: together they bound what
Prometheus has to hold. Never a contact, a caller or a person.
"""

import importlib.metadata
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, NamedTuple

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Kind = Literal["counter", "gauge", "histogram", "summary"]


class Label(NamedTuple):
    """A value as it looks, and how many values there may be."""

    example: str
    most: int


LABELS: Final[Mapping[str, Label]] = {
    "answer": Label("accepted", 8),
    "bound": Label("high", 2),
    "ceiling": Label("open_promises", 6),
    "channel": Label("sms", 8),
    "command": Label("lease", 30),
    "decision": Label("offer_callback", 4),
    "fate": Label("written", 3),
    "first": Label("agent", 3),
    "from": Label("watch", 3),
    "group": Label("queues", 8),
    "key": Label("country:JP", 250),
    "kind": Label("yes", 12),
    "minutes": Label("30", 6),
    "outcome": Label("answered_live", 24),
    "place": Label("ready", 8),
    "pool": Label("volunteers", 20),
    "processor": Label("tally", 4),
    "provider": Label("sms-1", 12),
    "quantile": Label("0.9", 2),
    "queue": Label("main", 20),
    "reason": Label("malformed", 40),
    "result": Label("completed", 16),
    "role": Label("counselor", 12),
    "rule": Label("eleven_hours", 12),
    "service": Label("intake", 12),
    "stage": Label("tally", 6),
    "state": Label("available", 12),
    "status": Label("202", 16),
    "tier": Label("alert", 4),
    "to": Label("surge", 3),
    "topic": Label("contacts", 20),
    "urgency": Label("high", 4),
    "version": Label("0.1.0", 3),
    "what": Label("needed", 8),
}
EVERYWHERE: Final = (
    "intake",
    "streams",
    "callbacks",
    "boards",
    "admission",
    "consoles",
    "callout",
    "command",
    "audit",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: what it means, by which labels it is told apart, and who shows it."""

    kind: Kind
    name: str
    help: str
    labels: tuple[str, ...]
    processes: tuple[str, ...]
    buckets: tuple[float, ...] = ()
    # None: read off something else at the moment of a scrape, by a collector of the process.
    collector: Collector | None = None

    @property
    def series(self) -> int:
        """How many series there can be at most."""
        of_each = {"histogram": len(self.buckets) + 3, "summary": 2}.get(self.kind, 1)
        return of_each * math.prod(LABELS[label].most for label in self.labels)

    @property
    def sample_names(self) -> tuple[str, ...]:
        """The names under which Prometheus knows it."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (
            (self.name,) if self.kind != "summary" else (f"{self.name}_sum", f"{self.name}_count")
        )


CATALOGUE: Final[list[Metric]] = []


class Block:
    """The metrics of some processes; each call declares one and returns it to be used."""

    def __init__(self, *processes: str) -> None:
        self.processes = processes

    def counter(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
        """Only ever grows; the name ends in `_total`."""
        made = Counter(name, meaning, labels, registry=None)
        self.declare("counter", name, meaning, labels, collector=made)
        return made

    def gauge(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
        """As it is now."""
        made = Gauge(name, meaning, labels, registry=None)
        self.declare("gauge", name, meaning, labels, collector=made)
        return made

    def histogram(
        self, name: str, meaning: str, labels: Sequence[str] = (), *, buckets: Sequence[float]
    ) -> Histogram:
        """How often it was at most so much."""
        made = Histogram(name, meaning, labels, buckets=buckets, registry=None)
        self.declare("histogram", name, meaning, labels, buckets=buckets, collector=made)
        return made

    def declare(
        self,
        kind: Kind,
        name: str,
        meaning: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float] = (),
        collector: Collector | None = None,
    ) -> Metric:
        """Into the catalogue."""
        metric = Metric(
            kind=kind,
            name=name,
            help=meaning,
            labels=tuple(labels),
            processes=self.processes,
            buckets=tuple(buckets),
            collector=collector,
        )
        CATALOGUE.append(metric)
        return metric


class _Build(Collector):
    """Which Surgeline this is."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(_BUILD.name, _BUILD.help, labels=_BUILD.labels)
        family.add_metric([_version()], 1)
        yield family


_BUILD: Final = Block(*EVERYWHERE).declare(
    "gauge", "surgeline_build_info", "1, with the version that runs.", ["version"]
)


def registry_of(process: str) -> CollectorRegistry:
    """What this process shows: its own metrics, what it is, and Python's."""
    # When a series was made says nothing here, and would double what Prometheus holds.
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ours = [metric.collector for metric in CATALOGUE if process in metric.processes]
    python = [
        prometheus_client.PROCESS_COLLECTOR,
        prometheus_client.PLATFORM_COLLECTOR,
        prometheus_client.GC_COLLECTOR,
    ]
    for collector in [_Build(), *filter(None, ours), *python]:
        registry.register(collector)
    return registry


@cache
def _registry(process: str) -> CollectorRegistry:
    return registry_of(process)


def page_of(process: str) -> bytes:
    """What Prometheus reads off this process."""
    return prometheus_client.generate_latest(_registry(process))


def _version() -> str:
    try:
        return importlib.metadata.version("surgeline")
    except importlib.metadata.PackageNotFoundError:
        return "source"
