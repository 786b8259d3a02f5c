"""MirrorMaker 2 between two brokers of this machine, set up as the chart sets up Strimzi's."""

import os
import signal
import subprocess
from pathlib import Path

from services.supervisor import offspring
from services.supervisor.kafka import LOGGING, java_command
from tests.support.broker import ROOT, Broker, end

FROM, TO = "seoul", "busan"
HEAP_MB = 384
# What a failover rests on. A test compares it with the chart (templates/strimzi.yaml).
AS_IN_THE_CHART = {
    "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
    "sync.topic.configs.enabled": "true",
    "sync.group.offsets.enabled": "true",
    "sync.group.offsets.interval.seconds": "5",
    "emit.checkpoints.interval.seconds": "5",
    "offset.lag.max": "0",
}


def mirror_jars() -> Path:
    """The jars' folder; fetched through Maven the first time."""
    script = str(ROOT / "deploy" / "machine" / "kafka.sh")
    done = subprocess.run([script, "mirror"], stdout=subprocess.PIPE, check=True, text=True)
    return Path(done.stdout.strip())


class Mirror:
    """Copies topics and the groups' offsets from one broker to another while it runs."""

    def __init__(self, folder: Path, source: Broker, target: Broker, prefix: str) -> None:
        self.folder = folder
        self.log_file = folder / "mirror.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._source = source
        self._target = target
        self._prefix = prefix

    def settings(self) -> dict[str, str]:
        """MirrorMaker's own file; news of topics and groups is looked for more often than there."""
        way = f"{FROM}->{TO}"
        one_copy = (
            "replication.factor",
            "offset-syncs.topic.replication.factor",
            "checkpoints.topic.replication.factor",
            "heartbeats.topic.replication.factor",
            "config.storage.replication.factor",
            "offset.storage.replication.factor",
            "status.storage.replication.factor",
        )
        return {
            "clusters": f"{FROM}, {TO}",
            f"{FROM}.bootstrap.servers": self._source.bootstrap,
            f"{TO}.bootstrap.servers": self._target.bootstrap,
            f"{way}.enabled": "true",
            f"{TO}->{FROM}.enabled": "false",
            f"{way}.topics": f"{self._prefix}.*",
            f"{way}.groups": f"{self._prefix}.*",
            "tasks.max": "4",
            **AS_IN_THE_CHART,
            "refresh.topics.interval.seconds": "5",
            "refresh.groups.interval.seconds": "5",
            f"{TO}.producer.max.request.size": str(4 * 1024 * 1024),
            # Scanning the jars for other plugins would take ten seconds of a start.
            "plugin.discovery": "service_load",
            "dedicated.mode.enable.internal.rest": "false",
            **dict.fromkeys(one_copy, "1"),
        }

    def start(self) -> None:
        """Start it; whoever needs its work waits for the copies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mirror.properties"
        config.write_text("".join(f"{name} = {value}\n" for name, value in self.settings().items()))
        logging = self.folder / "log4j2.properties"
        logging.write_text(LOGGING)
        argv = [
            java_command(os.environ),
            f"-Xmx{HEAP_MB}m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={logging}",
            "-cp",
            f"{mirror_jars()}/*",
            "org.apache.kafka.connect.mirror.MirrorMaker",
            str(config),
        ]
        with self.log_file.open("ab") as log:
            self.process = offspring.start(argv, os.environ, log)

    def freeze(self) -> None:
        """As when the link between the sites is lost: what is written from now on stays behind."""
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGSTOP)

    def last_words(self) -> str:
        return self.log_file.read_text(errors="replace")[-3000:]

    def stop(self, *, at_once: bool = False) -> None:
        """Ask it to end, or kill it."""
        end(self.process, signal.SIGKILL if at_once else signal.SIGTERM)
