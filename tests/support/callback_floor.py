"""What the log says of the floor: agents and who is on hold, as tests and benches write it."""

from datetime import datetime
from typing import Any

from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.codec import encode
from streams.events.demand import QueueCounts, QueueData, QueuesMeasured
from streams.kafka import LogWriter, Outgoing
from streams.settings import Connections
from streams.topics import AGENTS, QUEUES


def agent(name: str, state: Any, when: datetime) -> Outgoing:
    """An agent of the shipped centre's pool `counselors`."""
    event = AgentStateChanged(
        id=f"{name}-{when.timestamp()}",
        source="phone",
        subject=name,
        time=when,
        data=AgentStateData(agent=name, pool="counselors", state=state, languages=("ko", "en")),
    )
    return Outgoing(topic=AGENTS, key=name.encode(), value=encode(event))


def on_hold(waiting: int, since: datetime, offset: int) -> Outgoing:
    """So many wait in the queue `main`, the first of them since then."""
    counts = QueueCounts(requests=waiting, waiting=waiting, oldest_waiting_since=since)
    event = QueuesMeasured(
        id=f"queues-{offset}",
        source="surgeline/tally",
        subject="0",
        time=since,
        data=QueueData(partition=0, offset=offset, counts={"2026-03-02": {"main": counts}}),
    )
    return Outgoing(topic=QUEUES, key=b"0", value=encode(event))


async def said(connections: Connections, *records: Outgoing) -> None:
    """Put it on the log."""
    writer = LogWriter(connections)
    await writer.start()
    await writer.append(records)
    await writer.stop()
