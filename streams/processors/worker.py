"""How do several processors live in one process, and how do they end?

Each has its own Faust app (its own group, consumer and offsets) in one event loop; they share the
writer and the clock. An unknown error anywhere ends the process at once, with nothing committed
that was not finished, and the supervisor starts it again; SIGTERM finishes the batch in hand,
commits and leaves the groups.
"""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from streams.domain.centre import Centre
from streams.kafka import FollowedCentre, FollowedClock, LogWriter
from streams.processors import health
from streams.processors.contract import Processor
from streams.processors.runner import Runner
from streams.processors.settings import StreamsSettings
from streams.processors.watchdog import Watchdog

log = logging.getLogger(__name__)

# EX_SOFTWARE: the supervisor restarts on any code but 0; a person reading it knows it was on
# purpose.
FAILED: Final = 70
STOP_SECONDS: Final = 10.0
# Longer than the broker's restart, shorter than the watchdog of a second one.
WRITE_DEADLINE_SECONDS: Final = 20.0

Maker = Callable[[StreamsSettings, Centre, FollowedClock], Processor]


def die(why: str, error: BaseException | None = None) -> NoReturn:
    """End now: no handler, no commit, no flush can make it worse."""
    log.critical("worker ends itself", extra={"why": why}, exc_info=error)
    sys.stderr.flush()
    os._exit(FAILED)


class Worker:
    """The processors of one process."""

    def __init__(
        self,
        settings: StreamsSettings,
        centre: FollowedCentre,
        makers: Mapping[str, Maker],
        seal: Callable[[bytes], str],
    ) -> None:
        self._settings = settings
        self._centre = centre
        self._makers = makers
        self._clock = FollowedClock(settings.connections)
        self._writer = LogWriter(settings.connections, deadline_seconds=WRITE_DEADLINE_SECONDS)
        self._runners = [
            Runner(
                settings.connections,
                makers[name](settings, centre.centre, self._clock),
                writer=self._writer,
                clock=self._clock,
                seal=seal,
                letter_limit=settings.letter_limit,
                instance=settings.instance,
            )
            for name in settings.processors
        ]
        self._watchdog = Watchdog(
            settings.connections, self._runners, float(settings.stuck_after_seconds)
        )

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        asked_to_stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked_to_stop.set)
        await self._writer.start()
        await self._clock.start()
        self._centre.on_change(self._renew)
        await self._centre.start()
        web = await health.serve(
            self._settings.host, self._settings.port, alive=self._alive, ready=self._ready
        )
        guards = [asyncio.create_task(self._watch()), asyncio.create_task(self._bark())]
        await asyncio.gather(*(runner.start() for runner in self._runners))
        log.info("worker started", extra={"processors": list(self._settings.processors)})
        await asked_to_stop.wait()
        log.info("worker stops")
        for guard in guards:
            guard.cancel()
        faulthandler.cancel_dump_traceback_later()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*(runner.stop() for runner in self._runners))
                await self._centre.stop()
                await self._clock.stop()
                await self._writer.stop()
                await web.cleanup()
        except TimeoutError:
            die("stopping took too long")
        log.info("worker stopped")

    def _renew(self, centre: Centre) -> None:
        """Each processor begins anew by another version, from the log, as after a restart."""
        for runner in self._runners:
            maker = self._makers[runner.processor.name]
            runner.renew(maker(self._settings, centre, self._clock))

    async def _watch(self) -> None:
        """Ends the process when a runner failed, or when this loop itself no longer turns."""
        while True:
            # Whatever blocks the loop (a computation without end) blocks every other guard too;
            # this one is a thread of C's, which writes where it hangs and ends the process.
            faulthandler.dump_traceback_later(self._settings.stuck_after_seconds, exit=True)
            await asyncio.sleep(0.2)
            for runner in self._runners:
                failure = runner.failure()
                if failure is not None:
                    die(f"{runner.processor.name} failed", failure)

    async def _bark(self) -> None:
        die(await self._watchdog.run())

    def _alive(self) -> tuple[bool, dict[str, object]]:
        complaint = self._watchdog.complaint
        return complaint is None, {"complaint": complaint}

    def _ready(self) -> tuple[bool, dict[str, object]]:
        said = {
            runner.processor.name: {
                "ready": runner.ready,
                "partitions": len(runner.processor.positions()),
            }
            for runner in self._runners
        }
        return all(runner.ready for runner in self._runners), {"processors": said}
