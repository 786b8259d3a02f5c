"""How many people does the centre file expect at this hour?"""

from datetime import datetime

from streams.domain.centre import Centre
from streams.domain.detection.baseline import Shape
from streams.domain.detection.calendar import Calendar


class Expectations:
    """Expected first attempts per hour of every key that the centre file knows."""

    def __init__(self, centre: Centre) -> None:
        calendar = Calendar(centre.timezone)
        self._shapes = {known.key: Shape(known.week, calendar) for known in centre.baselines}

    def per_hour(self, key: str, at: datetime) -> float:
        """The rate at a moment; 0 for a key without a baseline."""
        shape = self._shapes.get(key)
        return shape.rate(int(at.timestamp())) if shape else 0.0

    def people(self, key: str, since: datetime, until: datetime) -> float:
        """First attempts expected between two moments."""
        shape = self._shapes.get(key)
        return shape.mass(int(since.timestamp()), int(until.timestamp())) if shape else 0.0
