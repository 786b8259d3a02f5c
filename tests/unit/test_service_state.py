"""Each state by its written rule."""

from datetime import UTC, datetime

import pytest

from streams.domain.staffing.service_state import service_state
from streams.events.surges import SeatsData, SurgeData, Tier

NOW = datetime(2026, 3, 11, 5, 46, tzinfo=UTC)


def surge(tier: Tier) -> SurgeData:
    return SurgeData(
        episode="e",
        key="country:JP",
        tier=tier,
        started_at=NOW,
        declared_at=NOW,
        observed=11,
        expected=1.1,
        ratio=10,
        ratio_low=5,
        ratio_high=16,
        rate_per_hour=270,
        rate_low=150,
        rate_high=430,
        statistic=5e6,
        threshold=1e6,
        sentence="",
    )


def seats(needed: int, staffed: int) -> SeatsData:
    return SeatsData(
        pool="all",
        needed=needed,
        needed_low=needed - 4,
        needed_high=needed + 6,
        staffed=staffed,
        available=0,
        gap=max(0, needed - staffed),
        offered_load_erlangs=1.0,
        reason="",
    )


@pytest.mark.parametrize(
    ("tiers", "needed", "staffed", "state"),
    [
        ([], 7, 7, "Normal"),
        (["watch"], 7, 8, "Normal"),
        ([], 9, 7, "Partial"),
        (["alert"], 20, 24, "Partial"),
        (["alert"], 30, 24, "Overloaded"),
        (["alert"], 43, 39, "Overloaded"),
        (["alert"], 44, 39, "MajorIncidentInProgress"),
        ([], 60, 39, "Partial"),
    ],
)
def test_the_state_follows_from_surge_and_seats(
    tiers: list[Tier], needed: int, staffed: int, state: str
) -> None:
    standing = service_state([surge(tier) for tier in tiers], seats(needed, staffed), 39)
    assert standing.state == state


def test_the_reason_names_the_surge_and_the_seats() -> None:
    standing = service_state([surge("alert")], seats(30, 24), 39)
    assert standing.reason == "surge on country:JP: 30 seats are needed, and 24 are staffed"
