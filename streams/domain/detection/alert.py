"""What does an alert say, and when is more to be said?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from streams.domain.detection import sentences
from streams.domain.detection.gamma import rise_interval
from streams.domain.detection.mixture import Rise
from streams.events.surges import SurgeData, Tier

# A revision is due when the evidence has grown by half, and at these intervals at the latest.
GROWTH = 1.5
_PAUSES = (
    (timedelta(minutes=15), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=5)),
)
_LATER = timedelta(minutes=15)
# What is measured anew at each revision.
_NUMBERS = (
    "key",
    "observed",
    "expected",
    "ratio",
    "ratio_low",
    "ratio_high",
    "rate_per_hour",
    "rate_low",
    "rate_high",
    "statistic",
    "threshold",
    "covers",
    "also",
    "usual_per_hour",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one key at one moment: its rise, and the strength of the case."""

    key: str
    tier: Tier
    rise: Rise
    rate_now: float
    statistic: float
    threshold: float
    covers: float = 1.0
    also: tuple[str, ...] = ()


def describe(
    evidence: Evidence, episode: str, now: datetime, before: SurgeData | None = None
) -> SurgeData:
    """The alert's words and numbers; `before` is what was last said of the same episode.

    What people ordered about it stays as it is.
    """
    rise = evidence.rise
    ratio = rise.calls / rise.mass if rise.mass > 0 else 0.0
    low, high = rise_interval(rise.calls, rise.mass) if rise.mass > 0 else (0.0, 0.0)
    observed = round(rise.calls)
    data = SurgeData(
        episode=episode,
        key=evidence.key,
        tier=evidence.tier,
        started_at=datetime.fromtimestamp(rise.start, UTC),
        declared_at=now,
        observed=observed,
        expected=round(rise.mass, 4),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        # The first call marks the start and tells nothing of the rate (see `rise_interval`).
        rate_per_hour=max(rise.calls - 1, 0.0) / rise.mass * evidence.rate_now if ratio else 0.0,
        rate_low=low * evidence.rate_now,
        rate_high=high * evidence.rate_now,
        statistic=evidence.statistic,
        threshold=evidence.threshold,
        sentence=sentences.evidence(observed, rise.mass, ratio, low, high)
        + sentences.coverage(evidence.covers, evidence.also),
        alerted_at=now if evidence.tier == "alert" else None,
        covers=round(evidence.covers, 3),
        also=evidence.also,
        usual_per_hour=round(evidence.rate_now, 4),
    )
    if before is not None:
        data = _going_on(data, before)
    return replace(data, next_update_due=now + _pause(now - data.declared_at))


def _going_on(data: SurgeData, before: SurgeData) -> SurgeData:
    """The new numbers of an episode that is known. What was declared is never taken back by a
    revision: an alert stays an alert, and what a person declared stays declared.
    """
    alert = before.tier == "alert"
    by_a_person = before.declared_by is not None
    sentence, started_at = data.sentence, data.started_at
    if by_a_person:
        sentence = sentences.by_a_person(data.sentence)
        started_at = min(started_at, before.declared_at)
    return replace(
        before,
        **{name: getattr(data, name) for name in _NUMBERS},
        tier="alert" if alert else data.tier,
        alerted_at=before.alerted_at or data.alerted_at,
        started_at=started_at,
        sentence=sentence,
        revision=before.revision + 1,
    )


def grown(before: SurgeData, rise: Rise) -> bool:
    """True when there is so much more evidence that it should be said at once."""
    return rise.calls >= GROWTH * before.observed


def _pause(age: timedelta) -> timedelta:
    return next((pause for until, pause in _PAUSES if age < until), _LATER)
