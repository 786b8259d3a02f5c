"""How is Faust set up, so that it neither loses an event nor surprises anyone?

The settings of the streaming guide (1.9), each for a trap that was reproduced: no tables and no
standbys (their assignor and changelogs), no topics made by Faust, no web server, one agent at a
time, a supervisor that crashes sooner than go on, raw bytes, and the strict driver of ours.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import faust
from mode.supervisors import CrashingSupervisor

from streams.groups import group_of
from streams.processors.driver import use_strict_driver
from streams.security import PLAINTEXT, SSL
from streams.settings import Connections
from streams.topics import Topic

# Faust says each step of its own life, under the names of our subclasses too; at a worker's
# normal level that is noise. Its warnings about slow messages quote them whole: not those either.
for _name in ("faust", "mode", __name__, "streams.processors.driver"):
    logging.getLogger(_name).setLevel(logging.ERROR)

SETTINGS: Final[dict[str, Any]] = {
    "processing_guarantee": "at_least_once",
    "consumer_auto_offset_reset": "earliest",
    "broker_commit_interval": 0.5,
    "broker_commit_every": 1000,
    "broker_max_poll_records": 500,
    # Of each partition; a larger one lets a partition that is caught up with run ahead of the rest.
    "consumer_max_fetch_size": 512 * 1024,
    "broker_session_timeout": 10.0,
    "broker_heartbeat_interval": 2.0,
    "broker_rebalance_timeout": 60.0,
    "broker_request_timeout": 60.0,
    "broker_max_poll_interval": 300.0,
    "stream_buffer_maxsize": 16384,
    "stream_wait_empty": True,
    "stream_recovery_delay": 0.0,
    # Faust's stall detector compares two clocks and is of no use; the watchdog is ours.
    "stream_processing_timeout": 1e9,
    "broker_commit_livelock_soft_timeout": 1e9,
    # Nothing is produced through Faust; should it ever be, then safely.
    "producer_acks": -1,
    "producer_request_timeout": 60.0,
    "producer_threaded": False,
    "table_standby_replicas": 0,
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    "web_enabled": False,
    "store": "memory://",
    "autodiscover": False,
    "agent_supervisor": CrashingSupervisor,
}

Inlet = Callable[[Any], Awaitable[None]]


class App(faust.App):  # type: ignore[misc]
    """A Faust app that leaves no folder behind: it has no tables to put there."""

    def _create_directories(self) -> None:
        pass


def build_app(
    connections: Connections,
    processor: str,
    source: Topic,
    inlet: Inlet,
    *,
    one_owner: bool,
    instance: str = "",
) -> Any:
    """One app, one group, one agent, whose body hands each record on unacknowledged."""
    group = group_of(connections, processor)
    brokers = ";".join(f"kafka://{host}" for host in connections.kafka.split(","))
    static = {"consumer_group_instance_id": f"{group}-{instance}"} if instance else {}
    app = App(group, broker=brokers, **_credentials(connections), **SETTINGS, **static)
    use_strict_driver(app, one_owner=one_owner)
    topic = app.topic(
        connections.topic(source),
        key_type=bytes,
        key_serializer="raw",
        value_type=bytes,
        value_serializer="raw",
    )

    async def take(stream: Any) -> None:
        async for event in stream.noack().events():
            await inlet(event)

    app.agent(topic, name=f"{group}-inlet", concurrency=1)(take)
    return app


def _credentials(connections: Connections) -> dict[str, Any]:
    """The same security as every other client's, as Faust takes it."""
    security = connections.kafka_security
    if security.protocol == PLAINTEXT:
        return {}
    context = security.certificates.context()
    if security.protocol == SSL:
        return {"broker_credentials": faust.SSLCredentials(context=context)}
    return {
        "broker_credentials": faust.SASLCredentials(
            username=security.user,
            password=security.password,
            ssl_context=context,
            mechanism=security.mechanism,
        )
    }
