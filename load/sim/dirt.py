"""What does a bad line do to the reports on their way: repeats, latecomers, hang-ups never told?

And an adapter that is away for a while: what happened then is told when it is back.
"""

import random
from collections.abc import Iterable, Iterator
from typing import Final

from load.scenario import Faults
from load.sim.reports import ContactReport

_AT_ONCE: Final = (0.0,)


class DirtyLine:
    """Says when each report arrives at the platform: never, now, later, or more than once."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self._faults = faults
        self.is_clean = faults == Faults()
        self._chance = random.Random(f"{seed}/dirt")
        self.repeated = 0
        self.late = 0
        self.lost = 0

    def delays(self, report: ContactReport) -> Iterable[float]:
        """Seconds after which a copy of the report arrives; nothing when it is lost."""
        return _AT_ONCE if self.is_clean else self._of_a_dirty_line(report)

    def _of_a_dirty_line(self, report: ContactReport) -> Iterator[float]:
        faults = self._faults
        ends = report.kind in ("abandoned", "completed")
        if ends and self._chance.random() < faults.hang_ups_lost:
            self.lost += 1
            return
        away = self._away_for(report.at)
        if away > 0:
            self.late += 1
            yield away
        elif self._chance.random() < faults.late:
            self.late += 1
            yield self._chance.uniform(1.0, max(1.0, faults.late_at_most.total_seconds()))
        else:
            yield 0.0
        if self._chance.random() < faults.repeated:
            self.repeated += 1
            yield away + self._chance.uniform(0.0, 5.0)

    def _away_for(self, at: float) -> float:
        """Seconds until the adapter, if it is away, tells again."""
        since = self._faults.adapter_away_at
        if since is None:
            return 0.0
        gone = at - since.total_seconds()
        lasts = self._faults.adapter_away_for.total_seconds()
        return lasts - gone if 0 <= gone < lasts else 0.0
