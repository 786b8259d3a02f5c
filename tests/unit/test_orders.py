"""What people in command order about surges, and what the watch makes of it."""

from collections.abc import Sequence
from datetime import timedelta

from streams.domain.detection.surge import Said, SurgeWatch
from streams.events.baselines import BaselineLearned
from streams.events.commands import OrderGiven
from streams.events.surges import EventPlanned, SurgeCleared, SurgeData, SurgeDeclared
from tests.support.orders import acknowledge, cancel, close, declare, dismiss, extend, plan
from tests.support.pulses import DOMESTIC, EXAMPLE, Contact, at, pulses

HOUR = 3600
MINUTE = 60


def steady(gap: int, begin: int, until: int) -> list[Contact]:
    """One contact every `gap` seconds."""
    return [(second, DOMESTIC) for second in range(begin, until, gap)]


def command(
    watch: SurgeWatch,
    contacts: Sequence[Contact],
    orders: Sequence[OrderGiven],
    begin: int,
    until: int,
) -> list[Said]:
    """Hear contacts and orders as they come, with a tick every five seconds."""
    said: list[Said] = []
    waiting = pulses(contact for contact in contacts if begin <= contact[0] < until)
    left = sorted(orders, key=lambda order: order.time)
    for second in range(begin, until, 5):
        now = at(second + 5)
        while left and left[0].time < now:
            watch.order(left.pop(0))
        while waiting and waiting[0].second < now:
            pulse = waiting.pop(0)
            said += watch.obey(pulse.second)
            said += watch.observe(pulse, pulse.second)
        said += watch.obey(now)
        said += watch.tick(now)
    return said


def last(said: Sequence[Said]) -> dict[str, SurgeData]:
    """The last word on each episode."""
    return {f.data.episode: f.data for f in said if not isinstance(f, EventPlanned)}


def declared(said: Sequence[Said]) -> list[SurgeData]:
    return [fact.data for fact in said if isinstance(fact, SurgeDeclared)]


# A domestic flood: ten times the usual of the morning, from 10:00 on.
FLOOD = [*steady(75, 0, HOUR), *steady(5, HOUR, 3 * HOUR)]
CALM = steady(75, 0, 6 * HOUR)


def in_flood(watch: SurgeWatch) -> SurgeData:
    said = command(watch, FLOOD, [], 0, HOUR + 5 * MINUTE)
    (surge,) = declared(said)
    return surge


def test_a_person_can_declare_what_the_numbers_do_not_show() -> None:
    watch = SurgeWatch(EXAMPLE)
    order = declare("country:JP", at(HOUR), ratio=5.0)
    (surge,) = declared(command(watch, CALM, [order], 0, HOUR + MINUTE))
    assert (surge.key, surge.tier, surge.declared_by) == ("country:JP", "alert", "lead")
    assert (surge.declared_at, surge.ratio_said) == (at(HOUR), 5.0)
    assert surge.sentence.startswith("declared by a person; ")
    assert surge.orders == (order.id,)


def test_what_a_person_declared_is_over_when_its_time_is_up_and_all_is_calm() -> None:
    watch = SurgeWatch(EXAMPLE)
    order = declare("country:JP", at(HOUR), hold=timedelta(minutes=30))
    said = command(watch, CALM, [order], 0, 2 * HOUR)
    (cleared,) = [fact.data for fact in said if isinstance(fact, SurgeCleared)]
    assert cleared.cleared_at == at(HOUR + 30 * MINUTE)
    assert cleared.ended is None


def test_a_surge_that_is_on_and_declared_by_a_person_too_is_one_surge() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = declare(surge.key, at(HOUR + 6 * MINUTE))
    said = command(watch, FLOOD, [order], HOUR + 5 * MINUTE, 2 * HOUR)
    assert declared(said) == []
    assert set(last(said)) == {surge.episode}
    assert last(said)[surge.episode].declared_by == "lead"


def test_a_dismissed_surge_is_over_and_not_declared_again_while_its_excess_lasts() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = dismiss(surge, at(HOUR + 6 * MINUTE))
    said = command(watch, FLOOD, [order], HOUR + 5 * MINUTE, 3 * HOUR)
    assert declared(said) == []
    ended = last(said)[surge.episode]
    assert (ended.ended, ended.ended_by) == ("dismissed", "lead")
    assert ended.cleared_at == order.time
    assert watch.open() == []


def test_a_dismissed_surge_is_declared_anew_when_demand_is_twice_what_it_was() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = dismiss(surge, at(HOUR + 6 * MINUTE))
    worse = [*FLOOD, *steady(1, HOUR + 30 * MINUTE, 2 * HOUR)]
    said = command(watch, sorted(worse), [order], HOUR + 5 * MINUTE, 2 * HOUR)
    (again,) = declared(said)
    assert again.episode != surge.episode
    assert again.declared_at > at(HOUR + 30 * MINUTE)


def test_a_dismissed_surge_is_declared_anew_when_its_quiet_time_is_up() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = dismiss(surge, at(HOUR + 6 * MINUTE), quiet=timedelta(minutes=20))
    said = command(watch, FLOOD, [order], HOUR + 5 * MINUTE, 2 * HOUR)
    (again,) = declared(said)
    assert timedelta(0) <= again.declared_at - at(HOUR + 26 * MINUTE) < timedelta(seconds=10)


def test_after_calm_a_new_rise_is_a_new_surge_although_the_last_was_dismissed() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = dismiss(surge, at(HOUR + 6 * MINUTE))
    until = HOUR + 10 * MINUTE
    contacts = [c for c in FLOOD if c[0] < until]
    contacts += [*steady(75, until, 4 * HOUR), *steady(5, 4 * HOUR, 5 * HOUR)]
    said = command(watch, contacts, [order], HOUR + 5 * MINUTE, 5 * HOUR)
    (again,) = declared(said)
    assert again.started_at >= at(4 * HOUR - 5 * MINUTE)


def test_a_surge_that_was_extended_is_not_over_before() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = extend(surge, at(HOUR + 6 * MINUTE), at(4 * HOUR))
    contacts = [c for c in FLOOD if c[0] < HOUR + 10 * MINUTE]
    contacts += steady(75, HOUR + 10 * MINUTE, 5 * HOUR)
    said = command(watch, contacts, [order], HOUR + 5 * MINUTE, 5 * HOUR)
    cleared = [fact.data.cleared_at for fact in said if isinstance(fact, SurgeCleared)]
    assert cleared == [at(4 * HOUR)]


def test_an_order_to_extend_that_crosses_with_the_end_takes_the_end_back() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    contacts = [c for c in FLOOD if c[0] < HOUR + 10 * MINUTE]
    contacts += steady(75, HOUR + 10 * MINUTE, 5 * HOUR)
    said = command(watch, contacts, [], HOUR + 5 * MINUTE, 3 * HOUR)
    (cleared,) = [fact for fact in said if isinstance(fact, SurgeCleared)]
    order = extend(surge, cleared.time - timedelta(seconds=1), at(4 * HOUR))
    watch.order(order)
    (resumed,) = watch.obey(at(3 * HOUR))
    assert [surge.episode] == [data.episode for data in watch.open()]
    assert not isinstance(resumed, EventPlanned)
    assert resumed.data.cleared_at is None


def test_a_surge_that_was_closed_is_over_at_that_moment() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    order = close(surge, at(HOUR + 6 * MINUTE))
    said = command(watch, FLOOD, [order], HOUR + 5 * MINUTE, 2 * HOUR)
    (cleared,) = [fact.data for fact in said if isinstance(fact, SurgeCleared)]
    assert (cleared.ended, cleared.cleared_at) == ("closed", order.time)


def test_who_acknowledged_first_stays_on_the_episode() -> None:
    watch = SurgeWatch(EXAMPLE)
    surge = in_flood(watch)
    second, first = (acknowledge(surge, at(HOUR + n * MINUTE)) for n in (8, 7))
    watch.order(second)
    watch.obey(at(HOUR + 9 * MINUTE))
    watch.order(first)
    watch.obey(at(HOUR + 9 * MINUTE))
    (open_one,) = watch.open()
    assert (open_one.acknowledged_by, open_one.acknowledged_at) == ("lead", first.time)


def test_the_same_order_twice_is_obeyed_once() -> None:
    watch = SurgeWatch(EXAMPLE)
    order = declare("total", at(HOUR))
    watch.order(order)
    watch.order(order)
    assert len(watch.obey(at(HOUR))) == 1
    watch.order(order)
    assert watch.obey(at(HOUR + 1)) == []


def test_an_order_is_not_obeyed_before_its_time() -> None:
    watch = SurgeWatch(EXAMPLE)
    watch.order(declare("total", at(HOUR)))
    assert watch.obey(at(HOUR - 1)) == []


def test_a_planned_event_is_no_surge_and_expected_at_all_that_contains_it() -> None:
    watch = SurgeWatch(EXAMPLE)
    before = {
        key: watch.expected(key, at(HOUR)) for key in ("total", "topic:visa", "topic:passport")
    }
    watch.order(plan("topic:visa", at(0), at(HOUR), at(3 * HOUR), 11.0))
    (fact,) = watch.obey(at(0))
    assert isinstance(fact, EventPlanned)
    after = {key: watch.expected(key, at(HOUR)) for key in before}
    more = 10 * before["topic:visa"]
    assert after["topic:visa"] - before["topic:visa"] == more
    assert abs(after["total"] - before["total"] - more) < 1e-9
    assert after["topic:passport"] == before["topic:passport"]


def test_the_same_flood_is_a_surge_only_where_it_was_not_planned() -> None:
    order = plan("total", at(0), at(HOUR), at(3 * HOUR), 30.0)
    assert declared(command(SurgeWatch(EXAMPLE), FLOOD, [], 0, 2 * HOUR))
    assert not declared(command(SurgeWatch(EXAMPLE), FLOOD, [order], 0, 2 * HOUR))


def test_a_planned_event_that_is_called_off_is_expected_no_more() -> None:
    watch = SurgeWatch(EXAMPLE)
    usual = watch.expected("total", at(2 * HOUR))
    order = plan("total", at(0), at(HOUR), at(3 * HOUR), 30.0)
    watch.order(order)
    watch.order(cancel(order, at(HOUR + MINUTE)))
    said = watch.obey(at(HOUR + 2 * MINUTE))
    assert [fact.data.orders[-1] for fact in said][-1].startswith("cancel")
    assert watch.expected("total", at(2 * HOUR)) == usual
    assert watch.expected("total", at(HOUR + 30)) == 30 * watch.expected("total", at(HOUR + 90))


def test_nothing_is_learned_from_hours_of_a_declared_surge_or_a_planned_event() -> None:
    orders = {
        "declared": declare("country:JP", at(HOUR), hold=timedelta(hours=2)),
        "planned": plan("country:JP", at(0), at(HOUR), at(3 * HOUR), 1.0),
    }
    # Somewhat more than usual, for hours: not a surge, and a lesson.
    busy = [*steady(75, 0, HOUR), *steady(55, HOUR, 3 * HOUR), *steady(75, 3 * HOUR, 6 * HOUR)]

    def taught(given: list[OrderGiven]) -> float:
        watch = SurgeWatch(EXAMPLE)
        command(watch, busy, given, 0, 6 * HOUR)
        learned = [
            event.data
            for event in watch.checkpoints(at(6 * HOUR))
            if isinstance(event, BaselineLearned) and event.data.key == "total"
        ]
        return learned[0].expected

    plain = taught([])
    assert all(taught([order]) < plain for order in orders.values())


def test_after_a_restart_a_dismissed_surge_stays_dismissed() -> None:
    watch = SurgeWatch(EXAMPLE)
    said = command(watch, FLOOD, [], 0, HOUR + 5 * MINUTE)
    (surge,) = declared(said)
    order = dismiss(surge, at(HOUR + 6 * MINUTE))
    said += command(watch, FLOOD, [order], HOUR + 5 * MINUTE, HOUR + 20 * MINUTE)
    again = SurgeWatch(EXAMPLE)
    again.restore(watch.checkpoints(at(HOUR + 20 * MINUTE)), said)
    again.order(order)
    later = command(again, FLOOD, [], HOUR + 10 * MINUTE, 2 * HOUR)
    assert later == []


def test_after_a_restart_an_order_that_was_not_obeyed_yet_is_obeyed() -> None:
    watch = SurgeWatch(EXAMPLE)
    said = command(watch, FLOOD, [], 0, HOUR + 5 * MINUTE)
    (surge,) = declared(said)
    again = SurgeWatch(EXAMPLE)
    again.restore(watch.checkpoints(at(HOUR + 5 * MINUTE)), said)
    again.order(dismiss(surge, at(HOUR + 5 * MINUTE)))
    (ended,) = again.obey(at(HOUR + 6 * MINUTE))
    assert not isinstance(ended, EventPlanned)
    assert ended.data.ended == "dismissed"


def test_after_a_restart_a_silent_feed_that_is_back_is_said_to_be_back() -> None:
    watch = SurgeWatch(EXAMPLE)
    command(watch, steady(60, 0, HOUR), [], 0, HOUR)
    silent = watch.feed(at(3 * HOUR))
    again = SurgeWatch(EXAMPLE)
    again.restore(watch.checkpoints(at(3 * HOUR)), silent)
    assert again.feed(at(3 * HOUR + 1)) == []
    command(again, [(3 * HOUR + 2, DOMESTIC)], [], 3 * HOUR, 3 * HOUR + 5)
    (back,) = again.feed(at(3 * HOUR + 5))
    assert back.data.resumed_at == at(3 * HOUR + 2)
