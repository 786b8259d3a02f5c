"""Is one key's demand in surge, whatever order its contacts were heard of in?

Counts are kept per second and partition for as long as they may still change (the allowed
lateness). After each of those seconds the state is kept too, so that something late is folded in
by going back to the second before it. The state is therefore always the fold of the counts in
the order of their seconds: any order of arrival, any repeat and any split over partitions ends
in the same bits. Alarms do not wait for that; a surge is closed only on counts that can no
longer change.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from math import exp, log
from typing import NamedTuple, Protocol

from streams.domain.detection.counts import Counts, together
from streams.domain.detection.incidents import IncidentRule, Memory, weighed
from streams.domain.detection.level import HourTally, Level
from streams.domain.detection.mixture import Mixture, Rise, Scores
from streams.events.surges import Tier

# Closing asks for the mirrored question: is demand back from 1.5 times the baseline to 1.0?
CLOSING_RATIO = 1.5
_SLOPE = CLOSING_RATIO - 1.0
_FLOOR = CLOSING_RATIO / _SLOPE
_NATS_PER_CALL = log(CLOSING_RATIO)
_MOST_NATS = 690.0
# Withheld numbers are corrected by the identified callers' redial share of the last ten minutes,
# as if five more callers had been seen who did not redial.
_MEMORY_SECONDS = 600.0
_NEVER_DUE = 1 << 62
# A third of the cost of calling the class.
_new = tuple.__new__
_CAUTION = 5.0


class Episode(NamedTuple):
    """A surge of one key: since when, when it was certain, and what has come since the start.

    `fall` is the mirrored statistic: evidence that demand is back below the closing ratio.
    """

    start: int
    watched: int
    alerted: int | None
    calls: float
    mass: float
    fall: float
    evidence: float


class Standing(NamedTuple):
    """One key after a second with contacts in it.

    `identified` and `repeats` are recent first attempts with a number, and redials and
    reconnects, forgotten over ten minutes: the share by which withheld numbers are corrected.
    `incidents` are the places and topics that were reported lately.
    """

    scores: Scores
    episode: Episode | None = None
    identified: float = 0.0
    repeats: float = 0.0
    heard: int = 0
    incidents: Memory = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where watch and alert begin, and the evidence that closes a surge.

    The first two follow from the budgets and the baselines. `release` is 50 expected contacts:
    a demand that stays at 1.5 times its baseline is called calm once in 50 contacts' worth or
    more, one at three times practically never, and one back at its baseline after about 13.
    """

    watch: float
    alert: float
    release: float = 50.0


class Expectation(Protocol):
    """What is expected of a key: the detector's clock."""

    def mass(self, start: int, end: int) -> float:
        """Expected contacts from `start` up to, not including, `end`."""

    def rate(self, second: int) -> float:
        """Expected contacts per hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What all keys of a centre share. `width` is the length of a count's bin in seconds."""

    mixture: Mixture
    thresholds: Thresholds
    distinct_callers: int = 8
    width: int = 1
    incidents: IncidentRule = field(default_factory=IncidentRule)


def fold(
    before: Standing, second: int, counts: Counts, expected: Expectation, rules: Rules
) -> Standing:
    """The state after a second's counts, from the state after the last second that had any."""
    first, redials, reconnects, withheld, _, reports = counts
    scores, episode, identified, repeats, heard, memory = before
    if second > heard:
        kept = exp((heard - second) / _MEMORY_SECONDS)
        identified *= kept
        repeats *= kept
    identified += first - withheld
    repeats += redials + reconnects
    if not first:
        return Standing(scores, episode, identified, repeats, second, memory)
    calls: float = first
    if withheld:
        calls -= withheld * repeats / (identified + repeats + _CAUTION)
    if reports:
        memory, less = weighed(memory, second, reports, rules.incidents)
        calls = max(0.0, calls - less)
    scores, episode = advance(scores, episode, second, calls, expected, rules)
    return _new(Standing, (scores, episode, identified, repeats, second, memory))


def advance(
    scores: Scores,
    episode: Episode | None,
    second: int,
    calls: float,
    expected: Expectation,
    rules: Rules,
) -> tuple[Scores, Episode | None]:
    """Scores and episode after `calls` first attempts at `second`."""
    if episode is not None:
        scores, episode = _fold_episode(scores, episode, second, calls, expected, rules)
        if episode is not None:
            return scores, episode
    scores = rules.mixture.step(scores, second, expected.mass(scores.at, second), calls)
    # The mean can be no higher than the highest.
    if max(scores.scores) >= rules.thresholds.watch:
        episode = _enter(scores, expected, rules)
    return scores, episode


def fold_bin(
    before: Standing, begin: int, calls: float, expected: Expectation, rules: Rules
) -> Standing:
    """The state after a whole bin (`rules.width` long), where only counts per bin are known."""
    end = begin + rules.width
    mass = expected.mass(begin, end)
    scores, episode = before.scores, before.episode
    if episode is not None:
        quiet = expected.mass(scores.at, begin)
        episode = _age(episode, quiet, mass, calls, rules)
        if episode is None:
            scores = rules.mixture.begin(scores.at)
        elif episode.alerted is not None:
            return Standing(scores._replace(at=end), episode)
    scores = rules.mixture.step_bin(scores, begin, end, mass, calls)
    evidence = sum(scores.scores) / len(scores.scores)
    rise = rules.mixture.rise(scores, 0.0)
    if evidence < rules.thresholds.watch or rise.calls < rules.distinct_callers:
        return Standing(scores, episode)
    alerted = begin if evidence >= rules.thresholds.alert else None
    if episode is None:
        episode = Episode(rise.start, begin, alerted, rise.calls, rise.mass, 0.0, evidence)
    elif alerted is not None:
        episode = episode._replace(
            start=rise.start, alerted=alerted, calls=rise.calls, mass=rise.mass, evidence=evidence
        )
    return Standing(scores, episode)


def closes_at(standing: Standing, until: int, expected: Expectation, rules: Rules) -> int | None:
    """The second at which quiet closes the episode, if that is no later than `until`."""
    episode = standing.episode
    if episode is None:
        return None
    begin = standing.scores.at + rules.width
    needed = _mass_to_close(episode.fall, rules.thresholds.release)
    if until <= begin or expected.mass(begin, until) < needed:
        return None
    low, high = begin, until
    while low < high:
        middle = (low + high) // 2
        if expected.mass(begin, middle) < needed:
            low = middle + 1
        else:
            high = middle
    return high


def _enter(scores: Scores, expected: Expectation, rules: Rules) -> Episode | None:
    """An episode, if the evidence at the end of this second and the callers are enough."""
    mass = expected.mass(scores.at, scores.at + rules.width)
    evidence = rules.mixture.evidence(scores, mass)
    if evidence < rules.thresholds.watch:
        return None
    rise = rules.mixture.rise(scores, mass)
    if rise.calls < rules.distinct_callers:
        return None
    alerted = scores.at if evidence >= rules.thresholds.alert else None
    return Episode(rise.start, scores.at, alerted, rise.calls, rise.mass, 0.0, evidence)


def _fold_episode(
    scores: Scores,
    episode: Episode,
    second: int,
    calls: float,
    expected: Expectation,
    rules: Rules,
) -> tuple[Scores, Episode | None]:
    """The episode with this second's calls in it, or its end in the quiet before them."""
    quiet = expected.mass(scores.at + rules.width, second)
    mass = expected.mass(second, second + rules.width)
    aged = _age(episode, quiet, mass, calls, rules)
    if aged is None:
        return rules.mixture.begin(scores.at), None
    if aged.alerted is not None:
        return scores._replace(at=second), aged
    scores = rules.mixture.step(scores, second, expected.mass(scores.at, second), calls)
    evidence = rules.mixture.evidence(scores, mass)
    rise = rules.mixture.rise(scores, mass)
    if evidence >= rules.thresholds.alert and rise.calls >= rules.distinct_callers:
        aged = aged._replace(start=rise.start, alerted=second, calls=rise.calls, mass=rise.mass)
    return scores, aged._replace(evidence=evidence)


def _age(episode: Episode, quiet: float, mass: float, calls: float, rules: Rules) -> Episode | None:
    """The episode after `quiet` and then `calls` in `mass`; None when it is over before them."""
    release = rules.thresholds.release
    if quiet > 0 and quiet >= _mass_to_close(episode.fall, release):
        return None
    fall = (episode.fall + _FLOOR) * exp(_SLOPE * quiet) - _FLOOR
    nats = _SLOPE * mass - calls * _NATS_PER_CALL
    fall = (fall + CLOSING_RATIO * mass) * exp(min(nats, _MOST_NATS))
    if fall >= release:
        return None
    return episode._replace(
        calls=episode.calls + calls, mass=episode.mass + quiet + mass, fall=fall
    )


def _mass_to_close(fall: float, release: float) -> float:
    """The quiet, in expected contacts, that takes the mirrored statistic to its threshold."""
    return log((release + _FLOOR) / (fall + _FLOOR)) / _SLOPE if fall < release else 0.0


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
