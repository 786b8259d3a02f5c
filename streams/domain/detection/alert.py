"""What does an alert say, and when is more to be said?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
    """The alert's words and numbers; `before` is what was last said of the same episode."""
    rise = evidence.rise
    ratio = rise.calls / rise.mass if rise.mass > 0 else 0.0
    low, high = rise_interval(rise.calls, rise.mass) if rise.mass > 0 else (0.0, 0.0)
    observed = round(rise.calls)
    # What was declared is never taken back by a revision: an alert stays an alert.
    tier: Tier = "alert" if before is not None and before.tier == "alert" else evidence.tier
    alerted_at = before.alerted_at if before is not None else None
    if tier == "alert" and alerted_at is None:
        alerted_at = now
    declared_at = before.declared_at if before is not None else now
    sentence = sentences.evidence(observed, rise.mass, ratio, low, high)
    return SurgeData(
        episode=episode,
        key=evidence.key,
        tier=tier,
        started_at=datetime.fromtimestamp(rise.start, UTC),
        declared_at=declared_at,
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
        sentence=sentence + sentences.coverage(evidence.covers, evidence.also),
        next_update_due=now + _pause(now - declared_at),
        alerted_at=alerted_at,
        revision=before.revision + 1 if before is not None else 0,
        covers=round(evidence.covers, 3),
        also=evidence.also,
    )


def grown(before: SurgeData, rise: Rise) -> bool:
    """True when there is so much more evidence that it should be said at once."""
    return rise.calls >= GROWTH * before.observed


def _pause(age: timedelta) -> timedelta:
    return next((pause for until, pause in _PAUSES if age < until), _LATER)
