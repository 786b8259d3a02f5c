"""How does a detector go on after a restart as if nothing had happened?

What is settled is written down whole, floats to the last bit; what is not settled is heard again
from the log.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from streams.domain.detection.detector import Detector
from streams.domain.detection.in_force import InForce, Weeks
from streams.domain.detection.level import HourTally, Learned
from streams.domain.detection.mixture import Scores
from streams.domain.detection.outage import Outages
from streams.domain.detection.season import Season, Week
from streams.domain.detection.standing import Episode, Standing
from streams.events.baselines import (
    BaselineData,
    DetectorData,
    EpisodeState,
    SeasonState,
    WeeksState,
    WeekState,
)


def standing_data(key: str, standing: Standing, settled_until: datetime) -> DetectorData:
    """A settled state, as written down."""
    scores, episode = standing.scores, standing.episode
    return DetectorData(
        key=key,
        settled_until=settled_until,
        at=scores.at,
        heard=standing.heard,
        scores=scores.scores,
        calls=scores.calls,
        mass=scores.mass,
        runs=scores.runs,
        identified=standing.identified,
        repeats=standing.repeats,
        incidents=standing.incidents,
        episode=EpisodeState(**episode._asdict()) if episode is not None else None,
    )


def standing_of(data: DetectorData) -> Standing:
    """A settled state, as it was."""
    episode = data.episode
    return Standing(
        Scores(data.at, data.scores, data.calls, data.mass, data.runs),
        Episode(
            episode.start,
            episode.watched,
            episode.alerted,
            episode.calls,
            episode.mass,
            episode.fall,
            episode.evidence,
        )
        if episode is not None
        else None,
        data.identified,
        data.repeats,
        data.heard,
        data.incidents,
    )


def baseline_data(key: str, detector: Detector, settled_until: datetime) -> BaselineData:
    """A key's level as written down."""
    level, hour = detector.expected, detector.hour
    slot = level.calendar.slot(int(settled_until.timestamp()))
    levels = level.recent(slot)
    learned = level.learned
    return BaselineData(
        key=key,
        settled_until=settled_until,
        seen=learned.seen if learned else 0.0,
        expected=learned.expected if learned else 0.0,
        slot=learned.slot if learned else None,
        hour_slot=hour.slot,
        hour_count=hour.count,
        hour_frozen=hour.frozen,
        pending=tuple(level.pending),
        levels=levels,
    )


def with_shared(data: BaselineData, force: InForce, outages: Outages) -> BaselineData:
    """The total's level, and what all keys share beside it."""
    return replace(
        data,
        season=season_data(force.season, force.weeks),
        season_pending=(force.last,) if force.last is not None else (),
        outages=tuple(outages.settled(int(data.settled_until.timestamp()))),
    )


def level_data(key: str, learned: Learned | None, settled_until: datetime) -> BaselineData:
    """The level of a key that is quiet."""
    seen, expected, slot = learned if learned is not None else (0.0, 0.0, None)
    return BaselineData(
        key=key, settled_until=settled_until, seen=seen, expected=expected, slot=slot
    )


def season_data(season: Season, weeks: Weeks | None = None) -> SeasonState:
    """What the season knows, as written down, and the weeks that are in force."""
    return SeasonState(
        counts=tuple(season.counts),
        exposure=tuple(season.weeks),
        level_seen=season.level[0],
        level_expected=season.level[1],
        learned_hours=season.learned_hours,
        upto=season.upto,
        days=dict(sorted(season.days.items())),
        leaning=tuple(season.pool[0]) if season.pool else None,
        leaning_weight=season.pool[1] if season.pool else 0.0,
        in_force=_in_force(weeks) if weeks is not None else None,
    )


def _in_force(weeks: Weeks) -> WeeksState:
    before, now = (WeekState(**week._asdict()) for week in (weeks.before, weeks.now))
    return WeeksState(before=before, now=now, since=weeks.since, decided=weeks.decided)


def restore_baseline(data: BaselineData, detector: Detector) -> None:
    """Give a new detector the level it had."""
    if data.slot is not None:
        detector.expected.learned = Learned(data.seen, data.expected, data.slot)
    detector.expected.pending.extend(data.pending)
    detector.expected.go_on(data.levels)
    detector.go_on(HourTally(data.hour_slot, data.hour_count, frozen=data.hour_frozen))


def restore_shared(data: BaselineData, force: InForce, outages: Outages) -> None:
    """Give what all keys share to those who begin anew."""
    if data.season is not None:
        restore_season(data.season, force, data.season_pending)
    for begin, end in data.outages:
        outages.add(begin, end)


def restore_season(
    state: SeasonState, force: InForce, pending: Sequence[tuple[int, float, bool]] = ()
) -> None:
    """Give a new season what was learned, and put in force what was."""
    season = force.season
    season.counts[:] = state.counts
    season.weeks[:] = state.exposure
    season.level = (state.level_seen, state.level_expected)
    season.learned_hours = state.learned_hours
    season.upto = state.upto
    season.days = dict(state.days)
    season.pool = (list(state.leaning), state.leaning_weight) if state.leaning else None
    weeks = state.in_force
    known = None
    if weeks is not None:
        before, now = (Week(w.hours, w.days, w.unseen) for w in (weeks.before, weeks.now))
        known = Weeks(before, now, weeks.since, weeks.decided)
    force.restore(known, pending[-1] if pending else None)
