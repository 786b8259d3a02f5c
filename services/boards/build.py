"""How does the state become the snapshot of one moment?"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import structs

from services.boards.fold import Fold
from services.boards.poisson import middle
from services.boards.service import service_of
from services.boards.shares import shares_of
from services.boards.snapshot import (
    Arrivals,
    Callbacks,
    InTarget,
    KeyLevel,
    MissionRow,
    Shares,
    Snapshot,
    Title,
)
from services.boards.tallies import Sum
from streams.domain.centre import Centre

MINUTE: Final = timedelta(minutes=1)
SPANS: Final = (timedelta(minutes=30), timedelta(minutes=60), timedelta(minutes=90))
RECENT: Final = timedelta(minutes=10)
STRIP_CELL: Final = timedelta(minutes=5)
STRIP_CELLS: Final = 20
MISSIONS_SHOWN: Final = 6
DECISIONS_SHOWN: Final = 12


def build(fold: Fold, wall: datetime, seq: int) -> Snapshot:
    """The board at this moment of wall time."""
    at = fold.clock.at(wall)
    centre = fold.centre
    day = centre_day(centre, at)
    yesterday = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    today = fold.tallies.day(day)
    queues = fold.tallies.queues((yesterday, day)).values()
    oldest = min((s.oldest_waiting_since for s in queues if s.oldest_waiting_since), default=None)
    active = fold.levels.active(fold.titles)
    folded = fold.folded()
    ages = fold.ages.read(folded, wall)
    return Snapshot(
        seq=seq,
        wall=wall,
        at=at,
        zone=at.astimezone(centre.timezone).tzname() or "",
        speed=fold.clock.speed,
        rehearsal=not fold.clock.is_real,
        centre=Title(centre.title_ko, centre.title_en),
        centre_version=centre.version,
        headline=fold.levels.headline(active),
        service=service_of(
            fold.levels.episodes(), fold.desks.whole(), sum(pool.seats for pool in centre.pools)
        ),
        levels=active,
        waiting=sum(queue.waiting for queue in queues),
        waiting_expected=_waiting_expected(fold, at),
        longest_waiting_since=oldest,
        longest_wait_seconds=_wait(at, oldest, (ages["queues"].age or 0.0) * fold.clock.speed),
        wait_limit_seconds=centre.overflow.wait_limit.total_seconds(),
        waits=fold.waits.all(fold.titles),
        in_target=_in_target(today, centre),
        seats=structs.replace(
            fold.desks.seats(), coming=fold.coming.seats(at), filling=fold.coming.filling(at)
        ),
        callbacks=_callbacks(fold, at),
        shares=_shares(fold, day, today),
        abandoned_target=centre.target.abandoned,
        arrivals=_arrivals(fold, at),
        missions=_missions(fold, at, active),
        decisions=fold.journal.latest(
            None if fold.clock.is_real else fold.clock.event, at + MINUTE, DECISIONS_SHOWN
        ),
        ages=ages,
        offsets={
            topic: {str(partition): offset for partition, offset in sorted(parts.items())}
            for topic, parts in sorted(folded.items())
        },
    )


def centre_day(centre: Centre, at: datetime) -> str:
    """The centre's own date at a moment."""
    return at.astimezone(centre.timezone).date().isoformat()


def _waiting_expected(fold: Fold, at: datetime) -> int:
    """How many would be inside the target time at once, nearly always."""
    rate = fold.expectations.rate("total", at)
    return middle(rate / 3600 * fold.centre.target.within.total_seconds())[1]


def _wait(at: datetime, since: datetime | None, known_for: float) -> float | None:
    """The longest wait as of the moment when it was last known that they still wait."""
    if since is None:
        return None
    return max(0.0, round((at - since).total_seconds() - known_for, 1))


def _in_target(today: Sum, centre: Centre) -> InTarget:
    judged = today.judged()
    return InTarget(
        answered_in_target=today.answered_in_target,
        judged=judged,
        share=today.answered_in_target / judged if judged else None,
        target_share=centre.target.share,
        target_seconds=centre.target.within.total_seconds(),
    )


def _callbacks(fold: Fold, at: datetime) -> Callbacks:
    promises = fold.promises.open.values()
    states: dict[str, int] = {}
    for promise in promises:
        states[promise.state] = states.get(promise.state, 0) + 1
    return Callbacks(
        open=len(promises),
        overdue=sum(1 for promise in promises if promise.promised_by < at),
        oldest_promise=min((promise.promised_by for promise in promises), default=None),
        by_state=states,
        out_of_turn=len(fold.promises.out_of_turn),
    )


def _shares(fold: Fold, day: str, today: Sum) -> Shares:
    return shares_of(day, today, fold.promises.day(day))


def _arrivals(fold: Fold, at: datetime) -> Arrivals:
    last = at.astimezone(UTC).replace(second=0, microsecond=0)
    heard = fold.pulses.since()
    known = last - heard if heard else timedelta(0)
    span = next((span for span in SPANS if known <= span), SPANS[-1])
    start = last - span + MINUTE
    count = span // MINUTE
    minutes = fold.pulses.minutes("total", start, count)
    rates = [fold.expectations.rate("total", start + i * MINUTE) for i in range(count)]
    bands = [middle(rate / 60) for rate in rates]
    return Arrivals(
        start=start,
        first_attempts=tuple(first for first, _ in minutes),
        repeats=tuple(repeats for _, repeats in minutes),
        low=tuple(low for low, _ in bands),
        high=tuple(high for _, high in bands),
        expected_per_hour=rates[-1],
    )


def _missions(fold: Fold, at: datetime, active: tuple[KeyLevel, ...]) -> tuple[MissionRow, ...]:
    """The missions of the centre file, and other countries that are up, the worst first."""
    centre = fold.centre
    zones = {f"country:{mission.country}": mission.timezone.key for mission in centre.missions}
    up = [level.key for level in active if level.key.startswith("country:")]
    keys = list(dict.fromkeys([*up, *zones]))[:MISSIONS_SHOWN]
    return tuple(_mission(fold, at, key, zones.get(key, "")) for key in ["total", *keys])


def _mission(fold: Fold, at: datetime, key: str, zone: str) -> MissionRow:
    since = at.replace(second=0, microsecond=0) - RECENT + MINUTE
    return MissionRow(
        key=key,
        title=fold.titles.of(key),
        timezone=zone,
        people=fold.pulses.people(key, since, at),
        expected=round(fold.expectations.people(key, since, at), 1),
        level=fold.levels.level(key),
        strip=fold.levels.strip(key, at, STRIP_CELL, STRIP_CELLS),
    )
