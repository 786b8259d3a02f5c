"""Closing a Kafka client without waiting for a broker that may be gone."""

import asyncio
import contextlib
from typing import Any

from aiokafka.errors import KafkaError


async def close(client: Any) -> None:
    with contextlib.suppress(KafkaError, TimeoutError, OSError, AssertionError):
        await asyncio.wait_for(client.stop(), timeout=2.0)
