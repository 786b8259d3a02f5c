"""Orders may be heard of before or after the pulses: once settled, the same episodes are there.

Among themselves they come in the order in which they were given, as they stand on the log.
"""

from datetime import timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streams.domain.detection.surge import SurgeWatch
from streams.events.commands import OrderGiven
from streams.events.demand import PulseData
from streams.events.surges import EventPlanned, SurgeData
from tests.support.orders import (
    acknowledge,
    cancel,
    close,
    declare,
    dismiss,
    extend,
    plan,
)
from tests.support.pulses import EXAMPLE, at, pulses

FLOOD_BEGINS, FLOOD_ENDS, END = 1200, 2400, 7200
SEEN_AFTER = FLOOD_BEGINS + 300
LATE = int(EXAMPLE.alerts.lateness.total_seconds()) - 60
CONTACTS = [
    # One key: which of several names a surge depends on which was heard of first.
    (second, ("total",))
    for second in range(0, END, 15)
    if second % 75 == 0 or FLOOD_BEGINS <= second < FLOOD_ENDS
]
PULSES = pulses(CONTACTS)


def live(orders: list[OrderGiven], delay: int, delays: list[int]) -> SurgeWatch:
    """Hear all orders with one delay, each pulse with one of its own; two ticks a minute."""
    watch = SurgeWatch(EXAMPLE)
    things: list[PulseData | OrderGiven] = [*PULSES, *orders]
    begun = [t.second if isinstance(t, PulseData) else t.time for t in things]

    def late(number: int) -> timedelta:
        if number >= len(PULSES):
            return timedelta(seconds=delay)
        # What people gave orders about they had seen on the board.
        seen = begun[number] < at(SEEN_AFTER)
        return timedelta(seconds=0 if seen else delays[number % len(delays)])

    arrivals = sorted((moment + late(number), number) for number, moment in enumerate(begun))
    for second in range(0, END + LATE + 30, 30):
        now = at(second)
        while arrivals and arrivals[0][0] <= now:
            thing = things[arrivals.pop(0)[1]]
            if isinstance(thing, OrderGiven):
                watch.order(thing)
            else:
                watch.observe(thing, now)
        watch.obey(now)
        watch.tick(now)
    return watch


def surge_of(watch: SurgeWatch) -> SurgeData:
    """The one surge of the story, as a person saw it while it was on."""
    for pulse in (pulse for pulse in PULSES if pulse.second < at(FLOOD_ENDS)):
        watch.observe(pulse, pulse.second)
    (surge,) = watch.open()
    return surge


SEEN = surge_of(SurgeWatch(EXAMPLE))
# Both while the surge is on and while its end is near.
moments = st.integers(SEEN_AFTER, FLOOD_ENDS + 300)


def told(watch: SurgeWatch) -> list[tuple[object, ...]]:
    """What became of every episode. (Its tier is that of the evidence there was when it ended.)"""
    return sorted(
        (
            data.key,
            str(data.declared_by),
            str(data.acknowledged_at),
            str(data.held_until),
            str(data.ended),
            # By the numbers' own end the last word may differ by seconds that were not settled.
            str(data.cleared_at if data.ended else data.cleared_at is None),
        )
        for data in watch.episodes()
    )


@st.composite
def ordered(draw: st.DrawFn) -> list[OrderGiven]:
    found = {
        "acknowledge": lambda now: acknowledge(SEEN, now),
        "dismiss": lambda now: dismiss(SEEN, now),
        "close": lambda now: close(SEEN, now),
        "extend": lambda now: extend(SEEN, now, now + timedelta(hours=1)),
        "declare": lambda now: declare(SEEN.key, now, hold=timedelta(minutes=50)),
    }
    kinds = draw(st.lists(st.sampled_from(sorted(found)), min_size=1, max_size=4, unique=True))
    times = draw(st.lists(moments, min_size=len(kinds), max_size=len(kinds), unique=True))
    return [found[kind](at(second)) for kind, second in zip(kinds, times, strict=True)]


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(ordered(), st.integers(0, LATE), st.lists(st.integers(0, LATE), min_size=1, max_size=7))
def test_orders_and_pulses_in_any_order_end_in_the_same_episodes(
    orders: list[OrderGiven], delay: int, delays: list[int]
) -> None:
    assert told(live(orders, delay, delays)) == told(live(orders, 0, [0]))


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, FLOOD_ENDS), st.floats(0.2, 40.0), st.booleans(), st.integers(0, LATE))
def test_a_planned_event_that_is_heard_of_late_ends_in_the_same_bits(
    begins: int, ratio: float, called_off: bool, delay: int
) -> None:
    event = plan("total", at(0), at(begins), at(FLOOD_ENDS), ratio)
    orders = [event, cancel(event, at(begins // 2 + 60))] if called_off else [event]

    def settled(watch: SurgeWatch) -> list[str]:
        return sorted(
            (repr(written.data) for written in watch.checkpoints(at(END + LATE))),
        )

    late, soon = live(orders, delay, [0]), live(orders, 0, [0])
    assert settled(late) == settled(soon)
    assert EventPlanned not in {type(fact) for fact in late.obey(at(END + LATE))}
