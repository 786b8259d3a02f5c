"""How does a detector go on after a restart as if nothing had happened?

What is settled is written down whole, floats to the last bit; what is not settled is heard again
from the log.
"""

from datetime import datetime

from streams.domain.detection.detector import Detector, Episode, Standing
from streams.domain.detection.level import HourTally, Learned
from streams.domain.detection.mixture import Scores
from streams.domain.detection.season import Season
from streams.events.baselines import BaselineData, DetectorData, EpisodeState, SeasonState


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


def baseline_data(
    key: str, detector: Detector, settled_until: datetime, season: Season | None
) -> BaselineData:
    """A key's level as written down, with the season where the key carries it."""
    level, hour = detector.expected, detector.hour
    slot = level.calendar.slot(int(settled_until.timestamp()))
    levels = level.recent(slot)
    state = season_data(season, slot) if season is not None else None
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
        season=state,
        season_pending=tuple(season.pending) if season is not None else (),
    )


def level_data(key: str, learned: Learned | None, settled_until: datetime) -> BaselineData:
    """The level of a key that is quiet."""
    seen, expected, slot = learned if learned is not None else (0.0, 0.0, None)
    return BaselineData(
        key=key, settled_until=settled_until, seen=seen, expected=expected, slot=slot
    )


def season_data(season: Season, slot: int) -> SeasonState:
    """The plain week, as written down."""
    rates = season.recent(slot)
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
        rates=rates,
    )


def restore_baseline(data: BaselineData, detector: Detector, season: Season) -> None:
    """Give a new detector the level it had."""
    if data.slot is not None:
        detector.expected.learned = Learned(data.seen, data.expected, data.slot)
    detector.expected.pending.extend(data.pending)
    detector.expected.go_on(data.levels)
    detector.hour = HourTally(data.hour_slot, data.hour_count, frozen=data.hour_frozen)
    if data.season is not None:
        restore_season(data.season, season)
        season.pending.extend(data.season_pending)


def restore_season(state: SeasonState, season: Season) -> None:
    """Give a new season what was learned."""
    season.counts[:] = state.counts
    season.weeks[:] = state.exposure
    season.level = (state.level_seen, state.level_expected)
    season.learned_hours = state.learned_hours
    season.upto = state.upto
    season.days = dict(state.days)
    season.pool = (list(state.leaning), state.leaning_weight) if state.leaning else None
    season.go_on(state.rates)
