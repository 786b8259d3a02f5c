"""Do the board's shares add up, whatever happened, and are they those of the audit?"""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.boards.promises import Promises
from services.boards.shares import add_up, shares_of, whole_percents
from services.boards.tallies import Sum
from streams.domain.contacts import outcomes
from streams.events.callbacks import CallbackData, Request
from streams.events.contacts import Caller
from streams.events.demand import QueueCounts

DAY = "2026-03-11"
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
FEW = st.integers(min_value=0, max_value=30)
OUTCOMES = (None, "completed", "reached_us_first", "withdrawn", "expired", "unreachable", "blocked")


def callback(number: int, version: int, requests: list[int], outcome: str | None) -> CallbackData:
    return CallbackData(
        id=f"cb-{number}",
        version=version,
        state="closed" if outcome else "due",
        requests=tuple(Request(id=f"r{one}", arrived_at=NOON, queue="main") for one in requests),
        origin=NOON,
        reason="abandoned",
        queue="main",
        caller=Caller(key="k", key_id="p1"),
        contact="c",
        requested_at=NOON,
        promised_by=NOON,
        due_at=NOON,
        expires_at=NOON,
        outcome=outcome,  # type: ignore[arg-type]
        outcome_reason="asked" if outcome == "withdrawn" else None,
        closed_at=NOON + timedelta(seconds=number * 7 + version) if outcome else None,
    )


callbacks = st.lists(
    st.builds(
        callback,
        st.integers(0, 8),
        st.integers(1, 4),
        st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True),
        st.sampled_from(OUTCOMES),
    ),
    max_size=25,
)
queue_counts = st.builds(
    lambda waiting, live, handed, deflected, lost: QueueCounts(
        requests=waiting + live + handed + deflected + lost,
        waiting=waiting,
        answered_live=live,
        handed_over=handed,
        deflected=deflected,
        lost={"no_number": lost} if lost else {},
    ),
    FEW,
    FEW,
    FEW,
    FEW,
    FEW,
)


def growing(made: list[CallbackData]) -> list[CallbackData]:
    """Only those that add a request to what the callback had: a callback never forgets one."""
    kept: dict[str, CallbackData] = {}
    grown = []
    for one in made:
        known = kept.get(one.id)
        if known is None or {r.id for r in known.requests} <= {r.id for r in one.requests}:
            grown.append(one)
            if known is None or one.version > known.version:
                kept[one.id] = one
    return grown


@settings(deadline=None)
@given(counts=queue_counts, made=callbacks)
def test_the_board_counts_as_the_audit_does(counts: QueueCounts, made: list[CallbackData]) -> None:
    promises, queues = Promises(UTC), Sum()
    queues.add(counts)
    latest: dict[str, CallbackData] = {}
    for one in growing(made):
        promises.observe(one)
        if one.id not in latest or one.version > latest[one.id].version:
            latest[one.id] = one

    ours = add_up(queues, promises.day(DAY))
    theirs = outcomes.shares([counts], latest.values())

    assert ours.as_counts() == theirs.as_counts()
    assert ours.requests == theirs.requests
    assert {name: n for name, n in ours.reasons.items() if n} == theirs.reasons


@settings(deadline=None)
@given(counts=queue_counts, made=callbacks)
def test_the_shares_add_up_to_everyone(counts: QueueCounts, made: list[CallbackData]) -> None:
    promises, queues = Promises(UTC), Sum()
    queues.add(counts)
    for one in made:
        promises.observe(one)

    shares = shares_of(DAY, queues, promises.day(DAY))

    assert sum(part.people for part in shares.parts) == shares.total
    assert sum(part.percent for part in shares.parts) == (100 if shares.total else 0)
    assert all(part.people >= 0 for part in shares.parts)


@given(parts=st.lists(st.integers(0, 100_000), min_size=1, max_size=9))
def test_no_percent_is_further_than_one_from_the_truth(parts: list[int]) -> None:
    percents = whole_percents(parts)

    assert all(
        abs(percent - 100 * part / max(1, sum(parts))) < 1
        for part, percent in zip(parts, percents, strict=True)
    )
