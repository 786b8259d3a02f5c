"""Real servers for tests: a Kafka broker and a Redis, on free ports, data in a scratch folder."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import redis as redis_client
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.supervisor import offspring, ports
from services.supervisor.kafka import KafkaPlan, java_command, new_cluster_id
from services.supervisor.redis import RedisPlan

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


def kafka_jars() -> Path:
    """The jars' folder; fetched through Maven the first time."""
    script = str(ROOT / "deploy" / "machine" / "kafka.sh")
    done = subprocess.run([script], stdout=subprocess.PIPE, check=True, text=True)
    return Path(done.stdout.strip())


class Broker:
    """One Kafka broker that a test may kill and start again with its data."""

    def __init__(self, folder: Path) -> None:
        port, controller_port = ports.any_free(2)
        self.plan = KafkaPlan(
            jars=kafka_jars(),
            data=folder,
            port=port,
            controller_port=controller_port,
            java=java_command(os.environ),
        )
        self.log_file = folder / "broker.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return self.plan.bootstrap

    def start(self) -> None:
        """Start it and wait until it can be used. Blocks; formats its folder the first time."""
        self.launch(new_cluster_id())
        self.wait()

    def launch(self, cluster_id: str) -> None:
        """Start it; the id is its cluster's, should its folder be empty."""
        self.plan.write_files()
        with self.log_file.open("ab") as log:
            if not self.plan.meta_file.exists():
                argv = self.plan.format_argv(cluster_id)
                subprocess.run(argv, stdout=log, stderr=log, check=True)
            self.process = offspring.start(self.plan.argv(), os.environ, log)

    def wait(self) -> None:
        """Block until it can be used."""
        assert self.process is not None
        wait_until(self._answers, f"Kafka on {self.bootstrap}", self.log_file, self.process)

    def _answers(self) -> bool:
        if ports.is_free(self.plan.port):
            return False
        # In a thread of its own, so that it also works while a test's event loop runs.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, _has_brokers(self.bootstrap)).result()

    def kill9(self) -> None:
        """As if the machine's memory had run out."""
        end(self.process, signal.SIGKILL)

    def stop(self) -> None:
        end(self.process, signal.SIGTERM)


async def _has_brokers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await admin.close()


class RedisServer:
    """One Redis that a test may kill, wipe and start again."""

    def __init__(self, folder: Path) -> None:
        self.plan = RedisPlan(data=folder, port=ports.any_free()[0])
        self.log_file = folder / "redis.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.plan.url

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, empty, and wait until it answers. Blocks some 50 ms."""
        self.plan.write_files()
        with self.log_file.open("ab") as log:
            self.process = offspring.start(self.plan.argv(), os.environ, log)
        wait_until(self._answers, f"Redis on {self.url}", self.log_file, self.process)

    def _answers(self) -> bool:
        with redis_client.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis_client.RedisError:
                return False

    def kill(self) -> None:
        """kill -9. Redis keeps nothing on disk, so this also empties it."""
        end(self.process, signal.SIGKILL)

    def restart(self, *, wipe: bool = True) -> None:
        """Away and back: empty with another run_id, or (wipe=False) with what it held."""
        dump = self.plan.data / "dump.rdb"
        dump.unlink(missing_ok=True)
        if self.alive and not wipe:
            with redis_client.Redis.from_url(self.url) as client:
                client.save()
        self.kill()
        self.start()
        dump.unlink(missing_ok=True)

    def stop(self) -> None:
        end(self.process, signal.SIGTERM)
        shutil.rmtree(self.plan.data, ignore_errors=True)


def end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    """Signal a child and wait for its end; after 20 s it is killed."""
    if process is None or process.poll() is not None:
        return
    offspring.signal_group(process.pid, how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        offspring.signal_group(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(
    ready: Callable[[], bool], what: str, log_file: Path, process: subprocess.Popen[bytes]
) -> None:
    """Wait for a server, and show its last words when it does not come."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > give_up:
            words = log_file.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{what} did not start:\n{words}")
        time.sleep(0.05)
