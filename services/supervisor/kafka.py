"""How is a Kafka broker run on this machine, from jars, without ZooKeeper or containers?

One is what a machine needs; several that copy each other's records are for tests of their loss.
Pure: texts and command lines. Who starts processes (the supervisor, the tests) reads them here.
"""

import base64
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KAFKA_VERSION: Final = "4.3.1"

# Log4j would otherwise write megabytes of INFO lines about partitions being made.
LOGGING: Final = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c{1})%n
logger.start.name = kafka.server.KafkaRaftServer
logger.start.level = info
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaPlan:
    """One combined broker and controller on loopback, its data in one folder.

    `node` is its number among its like, and `voters` are all of their addresses as controllers;
    without any it is alone.
    """

    jars: Path
    data: Path
    port: int
    controller_port: int
    heap_mb: int = 512
    java: str = "java"
    node: int = 1
    voters: tuple[str, ...] = ()

    @property
    def bootstrap(self) -> str:
        """What clients connect to."""
        return f"127.0.0.1:{self.port}"

    @property
    def config_file(self) -> Path:
        return self.data / "server.properties"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def meta_file(self) -> Path:
        """What `format` writes last; without it the folder is not Kafka's."""
        return self.logs / "meta.properties"

    def config(self) -> str:
        """The broker's settings, as its properties file."""
        return "".join(f"{name}={value}\n" for name, value in self._settings().items())

    def _settings(self) -> dict[str, str]:
        voters = self.voters or (f"127.0.0.1:{self.controller_port}",)
        # One machine: nobody else could hold a second copy. Of three, two must have what counts.
        copies, in_step = str(len(voters)), str(len(voters) // 2 + 1)
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node),
            # Voters from the file, not from the log: the port may differ from run to run.
            "controller.quorum.voters": ",".join(
                f"{number}@{voter}" for number, voter in enumerate(voters, 1)
            ),
            "listeners": (
                f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}"
            ),
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.logs),
            "min.insync.replicas": in_step,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_step,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_step,
            # A broker that was killed may register again only when its last session has run out.
            "broker.heartbeat.interval.ms": "1000",
            "broker.session.timeout.ms": "3000",
            # Topics come from streams/topics.py; a misspelt name must fail.
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "log.segment.delete.delay.ms": "1000",
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            # As much as streams/kafka.py may send in one request.
            "message.max.bytes": str(4 * 1024 * 1024),
            "num.network.threads": "2",
            "num.io.threads": "4",
        }

    def write_files(self) -> None:
        """Put the settings where the command lines below look for them."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(self.config())
        (self.data / "log4j2.properties").write_text(LOGGING)

    def _java(self, *more: str) -> list[str]:
        return [self.java, *more, "-cp", f"{self.jars}/*"]

    def _logging(self) -> str:
        return f"-Dlog4j2.configurationFile={self.data / 'log4j2.properties'}"

    def format_argv(self, cluster_id: str) -> list[str]:
        """Prepare an empty folder; refuses one that is already formatted."""
        quick = ("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", self._logging())
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id]
        return [*self._java(*quick), *tool, "-c", str(self.config_file)]

    def argv(self) -> list[str]:
        """Run the broker in the foreground."""
        heap = (f"-Xms{self.heap_mb}m", f"-Xmx{self.heap_mb}m")
        # The first compiler only: with two cores the optimising one takes the machine away
        # from everyone else for the first minute.
        jvm = (*heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", self._logging())
        return [*self._java(*jvm), "kafka.Kafka", str(self.config_file)]


def new_cluster_id() -> str:
    """A cluster id as Kafka makes them: 16 random bytes in URL-safe base64, no dash in front."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def cache_folder(env: Mapping[str, str], root: Path) -> Path:
    """Where deploy/machine/kafka.sh keeps the jars."""
    base = Path(env["SURGELINE_CACHE"]) if env.get("SURGELINE_CACHE") else root / ".cache"
    return base / f"kafka-{KAFKA_VERSION}"


def java_command(env: Mapping[str, str]) -> str:
    """The Java to use: JAVA_HOME's when set, otherwise the one on the PATH."""
    home = env.get("JAVA_HOME", "")
    candidate = Path(home) / "bin" / "java"
    return str(candidate) if home and os.access(candidate, os.X_OK) else "java"
