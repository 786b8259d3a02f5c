"""How long is somebody known who can no longer be called out?"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka.errors import KafkaError

from services.callout.people.people import People
from streams.errors import OverloadedError, UnknownOutcomeError

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 6 * 3600.0
AGAIN_SECONDS: Final = 30.0


async def keep_names(people: People, kept: timedelta) -> None:
    """Forget those out of service when their time is over, for ever; the time is the wall's."""
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        try:
            forgotten = await people.forget_retired(datetime.now(UTC) - kept)
        except (KafkaError, OverloadedError, UnknownOutcomeError) as error:
            log.warning("names not forgotten", extra={"error": type(error).__name__})
            continue
        if forgotten:
            log.info("people out of service forgotten", extra={"people": len(forgotten)})
        await asyncio.sleep(EVERY_SECONDS)
