"""Is one key's demand in surge, whatever order its contacts were heard of in?

Counts are kept per second and partition for as long as they may still change (the allowed
lateness). After each of those seconds the state is kept too, so that something late is folded in
by going back to the second before it. The state is therefore always the fold of the counts in
the order of their seconds: any order of arrival, any repeat and any split over partitions ends
in the same bits. Alarms do not wait for that; a surge is closed only on counts that can no
longer change.
"""

from bisect import bisect_left

from streams.domain.detection.counts import Counts, together
from streams.domain.detection.level import HourTally, Level
from streams.domain.detection.mixture import Rise
from streams.domain.detection.standing import Rules, Standing, closes_at, fold
from streams.events.surges import Tier

_NEVER_DUE = 1 << 62


class Detector:
    """One key: what is settled, and the counts and states of the seconds that are not yet."""

    __slots__ = (
        "_cells", "_seconds", "_states", "_totals", "due", "expected", "hour", "rules", "settled",
    )  # fmt: skip

    def __init__(self, expected: Level, rules: Rules, settled: Standing | None = None) -> None:
        self.expected = expected
        self.rules = rules
        self.settled = settled
        self.hour = HourTally()
        self._seconds: list[int] = []
        self._cells: list[dict[int, Counts]] = []
        # Summed and folded only when somebody asks: what is said at once is looked at once.
        self._totals: list[Counts | None] = []
        self._states: list[Standing] = []
        # Before the frontier is there, nothing can be settled.
        self.due = 0

    @property
    def live(self) -> Standing | None:
        """The state with everything heard so far."""
        if len(self._states) < len(self._seconds):
            self._fold_on()
        return self._states[-1] if self._states else self.settled

    @property
    def raised(self) -> bool:
        """True while the key is in surge, on everything heard so far."""
        live = self.live
        return live is not None and live.episode is not None

    @property
    def tier(self) -> Tier:
        """The tier its evidence has reached."""
        live = self.live
        episode = live.episode if live else None
        return "alert" if episode is not None and episode.alerted is not None else "watch"

    @property
    def evidence(self) -> float:
        """The statistic after the last contacts; in an alert, as it was when that began."""
        live = self.live
        if live is None:
            return 0.0
        if live.episode is not None:
            return live.episode.evidence
        scores = live.scores
        mass = self.expected.mass(scores.at, scores.at + self.rules.width)
        return self.rules.mixture.evidence(scores, mass)

    def rise(self, until: int) -> Rise:
        """The episode's contacts since its start, or the likeliest start of one, up to `until`."""
        live = self.live
        if live is None:
            return Rise(until, 0.0, 0.0)
        scores, episode = live.scores, live.episode
        end = max(until, scores.at + self.rules.width)
        if episode is None:
            return self.rules.mixture.rise(scores, self.expected.mass(scores.at, end))
        quiet = self.expected.mass(scores.at + self.rules.width, end)
        return Rise(episode.start, episode.calls, episode.mass + quiet)

    def lately(self, until: int) -> tuple[float, float]:
        """Contacts of the seconds that are not settled, up to `until`, and those expected then."""
        if not self._seconds:
            return 0.0, 0.0
        calls = float(sum(self._total(place).first_attempts for place in range(len(self._cells))))
        return calls, self.expected.mass(self._seconds[0], max(until, self._seconds[-1] + 1))

    def closed_at(self, frontier: int) -> int | None:
        """When the surge ended, as far as settled counts tell; None while it is on."""
        settled = self.settled
        if settled is not None and settled.episode is not None:
            return closes_at(settled, frontier, self.expected, self.rules)
        return None if self.raised else frontier

    @property
    def idle(self) -> bool:
        """True when all is settled and learned, and no surge is on."""
        nothing = not self._seconds and self.hour.slot < 0 and not self.expected.pending
        return nothing and not self.raised

    def observe(self, second: int, partition: int, counts: Counts) -> bool:
        """Take a partition's counts of a second; False when they tell nothing new."""
        seconds = self._seconds
        index = len(seconds)
        if seconds and second <= seconds[-1]:
            index = bisect_left(seconds, second)
        if index < len(seconds) and seconds[index] == second:
            cell = self._cells[index]
            known = cell.get(partition)
            if known is not None and not counts.later_than(known):
                return False
            cell[partition] = counts
            self._totals[index] = None
        else:
            seconds.insert(index, second)
            self._cells.insert(index, {partition: counts})
            self._totals.insert(index, counts)
            self.due = min(self.due, second + 1)
        del self._states[index:]
        return True

    def settle(self, frontier: int) -> None:
        """Make final what lies before `frontier`: nothing will be heard of it any more."""
        if frontier < self.due:
            return
        count = bisect_left(self._seconds, frontier) if self._seconds else 0
        if count:
            self._fold_on()
            for place in range(count):
                slot = self.expected.calendar.slot(self._seconds[place])
                first = self._total(place).first_attempts
                alarmed = self._states[place].episode is not None
                self.hour.add(slot, first, self.expected, alarmed=alarmed)
            self.settled = self._states[count - 1]
            del self._seconds[:count], self._cells[:count]
            del self._totals[:count], self._states[:count]
        calendar, hour = self.expected.calendar, self.hour
        if hour.slot >= 0:
            hour.close(calendar.slot(frontier), self.expected)
        waits = [second + 1 for second in self._seconds[:1]]
        if hour.slot >= 0:
            waits.append(calendar.begins(hour.slot + 1))
        self.due = min(waits, default=_NEVER_DUE)

    def go_on(self, hour: HourTally) -> None:
        """The hour that was not over before a restart."""
        self.hour = hour
        self.due = 0

    def refold(self) -> None:
        """Fold anew what is not settled: what was expected has changed."""
        self._states.clear()
        self._fold_on()

    def silence_before(self, second: int) -> int | None:
        """The first silent second before one with contacts in it; None if nothing came before."""
        index = bisect_left(self._seconds, second)
        if index:
            return self._seconds[index - 1] + 1
        return self.settled.heard + 1 if self.settled is not None else None

    def heard_after(self, second: int) -> int | None:
        """The next second with contacts in it."""
        index = bisect_left(self._seconds, second + 1)
        return self._seconds[index] if index < len(self._seconds) else None

    def _fold_on(self) -> None:
        states = self._states
        before = states[-1] if states else self.settled
        for place in range(len(states), len(self._seconds)):
            second = self._seconds[place]
            if before is None:
                before = Standing(self.rules.mixture.begin(second), heard=second)
            before = fold(before, second, self._total(place), self.expected, self.rules)
            states.append(before)

    def _total(self, place: int) -> Counts:
        total = self._totals[place]
        if total is None:
            total = self._totals[place] = together(self._cells[place])
        return total
