"""Which processors are there, by name?"""

from typing import Final

from streams.domain.centre import Centre
from streams.kafka import FollowedClock
from streams.processors.settings import StreamsSettings
from streams.processors.staffing import Staffing
from streams.processors.surge import Surge
from streams.processors.tally import Tally
from streams.processors.worker import Maker


def _tally(settings: StreamsSettings, centre: Centre, clock: FollowedClock) -> Tally:
    return Tally(settings.connections, centre, clock)


def _surge(settings: StreamsSettings, centre: Centre, clock: FollowedClock) -> Surge:
    return Surge(settings.connections, centre, clock)


def _staffing(settings: StreamsSettings, centre: Centre, clock: FollowedClock) -> Staffing:
    return Staffing(settings.connections, centre, clock)


MAKERS: Final[dict[str, Maker]] = {"tally": _tally, "surge": _surge, "staffing": _staffing}
