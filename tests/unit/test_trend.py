"""What a surge's counts, revision by revision, say about the present rate."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.domain.staffing.histories import Range, Stretch, present_ratio
from streams.domain.staffing.trend import MOST_STRETCHES, Trend
from streams.events.surges import SurgeData

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
USUAL = 27.0


def told(
    minutes: float, observed: int, *, key: str = "total", start: datetime = START
) -> SurgeData:
    """What is said so many minutes after the start, with `observed` calls since then."""
    expected = USUAL * minutes / 60
    ratio = observed / expected
    return SurgeData(
        episode="e1",
        key=key,
        tier="alert",
        started_at=start,
        declared_at=start,
        observed=observed,
        expected=expected,
        ratio=ratio,
        ratio_low=ratio,
        ratio_high=ratio,
        rate_per_hour=ratio * USUAL,
        rate_low=ratio * USUAL,
        rate_high=ratio * USUAL,
        statistic=1e6,
        threshold=1e5,
        sentence="",
    )


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def trend_of(*counts: tuple[float, int]) -> Trend:
    trend = Trend()
    for minutes, observed in counts:
        trend.observe(told(minutes, observed), after(minutes))
    return trend


def test_a_steady_surge_is_estimated_at_its_ratio() -> None:
    trend = trend_of(*((m, round(m * 4.5)) for m in range(2, 31)))
    ratio = trend.ratio(after(30))
    assert ratio.low < 10 < ratio.high
    assert ratio.middle == pytest.approx(10, rel=0.1)


def test_demand_that_still_grows_is_estimated_above_its_mean() -> None:
    """A ramp to 10 in 30 minutes: the mean since the start is half of what comes at its end."""
    calls = [(m, round(USUAL / 60 * (m + 9 * m * m / 60))) for m in range(5, 31)]
    ratio = trend_of(*calls).ratio(after(30))
    mean = calls[-1][1] / (USUAL / 2)
    assert mean < 6
    assert ratio.low < 10 < ratio.high
    assert ratio.middle > 8


def test_demand_that_falls_is_estimated_below_its_mean() -> None:
    calls, seen = [], 0.0
    for minute in range(1, 121):
        seen += 0.45 * (20 if minute <= 40 else max(2.0, 20 - 18 * (minute - 40) / 40))
        calls.append((minute, round(seen)))
    ratio = trend_of(*calls).ratio(after(120))
    assert calls[-1][1] / (USUAL * 2) > 9
    assert ratio.middle < 5


def test_more_evidence_narrows_the_range() -> None:
    early, late = trend_of((2, 9)), trend_of(*((m, round(m * 4.5)) for m in range(2, 21)))
    widths = [r.high / r.low for r in (early.ratio(after(2)), late.ratio(after(20)))]
    assert widths[0] > 1.5 * widths[1]


def test_the_declaration_alone_is_estimated_below_its_naive_ratio() -> None:
    """The alarm chose the moment: its own calls make the naive ratio too high."""
    assert trend_of((2, 10)).ratio(after(2)).middle < 10 / (USUAL * 2 / 60)


def test_the_same_again_changes_nothing() -> None:
    once, twice = trend_of((2, 10), (3, 14)), trend_of((2, 10), (2, 10), (3, 14), (3, 14))
    assert once.ratio(after(3)) == twice.ratio(after(3))


def test_another_key_or_another_start_begins_anew() -> None:
    trend = trend_of((2, 10), (3, 14))
    trend.observe(told(4, 15, key="country:JP"), after(4))
    assert len(trend.stretches) == 1
    moved = told(3, 16, key="country:JP", start=START + timedelta(minutes=1))
    trend.observe(moved, after(5))
    assert trend.stretches[0].end == 240


def test_a_revision_that_counts_fewer_begins_anew() -> None:
    trend = trend_of((2, 10))
    trend.observe(msgspec.structs.replace(told(3, 8), expected=1.35), after(3))
    assert [stretch.calls for stretch in trend.stretches] == [6]


def test_a_long_surge_keeps_a_bounded_memory_and_all_its_calls() -> None:
    trend = trend_of(*((m, m * 5) for m in range(2, 200)))
    assert len(trend.stretches) == MOST_STRETCHES
    assert sum(stretch.calls for stretch in trend.stretches) == 199 * 5 - 2


def test_what_is_in_the_house_follows_the_calls_with_the_handle_time() -> None:
    """270 an hour for long enough, 8 minutes each, are 36 erlangs, 3.6 of them usual."""
    trend = trend_of(*((m, round(m * 4.5)) for m in range(2, 91)))
    at_first = trend_of((2, 9)).in_house(after(2), 480.0)
    settled = trend.in_house(after(90), 480.0)
    assert settled.middle == pytest.approx(32.4, rel=0.03)
    assert at_first.middle < settled.middle / 3
    assert settled.low < settled.middle < settled.high


def test_between_revisions_calls_are_taken_to_go_on_coming() -> None:
    trend = trend_of(*((m, round(m * 4.5)) for m in range(2, 31)))
    assert trend.in_house(after(35), 480.0).middle == pytest.approx(
        trend.in_house(after(30), 480.0).middle, rel=0.05
    )


def test_nothing_told_is_nothing_more_than_usual() -> None:
    assert Trend().ratio(START) == Range(low=1.0, middle=1.0, high=1.0)
    assert Trend().in_house(START, 270.0) == Range(low=0.0, middle=0.0, high=0.0)


def test_the_posterior_of_one_steady_stretch_is_wider_than_the_gamma_law_of_its_counts() -> None:
    """Not knowing the shape costs width; the middle stays."""
    rng = random.Random(1)
    for _ in range(20):
        calls = rng.randint(8, 400)
        ratio = present_ratio([Stretch(0.0, 600.0, float(calls), 4.5)], 600.0)
        assert ratio.low < calls / 4.5 < ratio.high
        assert ratio.high / ratio.low > 1 + 2 * 1.5 / calls**0.5
