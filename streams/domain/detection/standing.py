"""What do a second's contacts do to a key's standing: its scores, and the surge it may be in?

Everything is a value: the state after a second follows from the state before it and from the
counts of that second, so that something late is folded in by going back to the second before it.
"""

from dataclasses import dataclass, field
from math import exp, log
from typing import NamedTuple, Protocol

from streams.domain.detection.counts import Counts
from streams.domain.detection.incidents import IncidentRule, Memory, weighed
from streams.domain.detection.mixture import Mixture, Scores

# Closing asks for the mirrored question: is demand back from 1.5 times the baseline to 1.0?
CLOSING_RATIO = 1.5
_SLOPE = CLOSING_RATIO - 1.0
_FLOOR = CLOSING_RATIO / _SLOPE
_NATS_PER_CALL = log(CLOSING_RATIO)
_MOST_NATS = 690.0
# Withheld numbers are corrected by the identified callers' redial share of the last ten minutes,
# as if five more callers had been seen who did not redial.
_MEMORY_SECONDS = 600.0
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
    begin = scores.at + rules.width
    quiet = expected.mass(begin, second) if second > begin else 0.0
    mass = expected.mass(second, second + rules.width)
    aged = _age(episode, quiet, mass, calls, rules)
    if aged is None:
        return rules.mixture.begin(scores.at), None
    if aged.alerted is not None:
        return _new(Scores, (second, *scores[1:])), aged
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
    start, watched, alerted, seen, expected, _, evidence = episode
    counted = (start, watched, alerted, seen + calls, expected + quiet + mass, fall, evidence)
    return _new(Episode, counted)


def _mass_to_close(fall: float, release: float) -> float:
    """The quiet, in expected contacts, that takes the mirrored statistic to its threshold."""
    return log((release + _FLOOR) / (fall + _FLOOR)) / _SLOPE if fall < release else 0.0
