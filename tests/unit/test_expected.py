"""What boards and staffing expect: the centre file, what was learned, what people planned."""

from dataclasses import replace

import pytest
from msgspec import structs

from services.boards.fold import Fold
from services.boards.words import decision, evidence
from streams.domain.detection.expected import Expected
from streams.domain.detection.orders import planned
from streams.domain.detection.surge import SurgeWatch
from streams.domain.staffing.service_state import service_state
from streams.domain.staffing.staffing import ALL_POOLS, SeatPlanner
from streams.events.baselines import BaselineData, BaselineLearned
from streams.events.commands import PlanEvent
from streams.events.envelope import CloudEvent
from streams.events.surges import SurgeCleared
from tests.support.orders import acknowledge, declare, dismiss, plan
from tests.support.pulses import EXAMPLE, at, play

HOUR = 3600


def learned(key: str, seen: float, expected: float) -> BaselineData:
    return BaselineData(key=key, settled_until=at(0), seen=seen, expected=expected, slot=1)


def test_without_anything_learned_the_centre_file_holds() -> None:
    expected = Expected(EXAMPLE)
    total = EXAMPLE.baseline("total")
    assert total is not None
    assert expected.rate("total", at(HOUR)) == pytest.approx(
        total.rate_at(at(HOUR), EXAMPLE.timezone)
    )
    assert expected.rate("country:XX", at(HOUR)) == 0.0


def test_a_learned_level_moves_what_is_expected_of_its_key_alone() -> None:
    expected = Expected(EXAMPLE)
    before = {key: expected.rate(key, at(HOUR)) for key in ("total", "country:JP")}
    expected.learn(learned("country:JP", 400.0, 150.0))
    assert expected.rate("country:JP", at(HOUR)) == pytest.approx(2 * before["country:JP"])
    assert expected.rate("total", at(HOUR)) == before["total"]


def test_what_the_worker_writes_is_what_the_worker_expects() -> None:
    watch, expected = SurgeWatch(EXAMPLE), Expected(EXAMPLE)
    busy = [(second, ("total",)) for second in range(0, 10 * HOUR, 60)]
    play(watch, busy, 10 * HOUR, every=60)
    for event in watch.checkpoints(at(10 * HOUR)):
        if isinstance(event, BaselineLearned):
            expected.learn(event.data)
    assert expected.rate("total", at(10 * HOUR)) == pytest.approx(
        watch.expected("total", at(10 * HOUR)), rel=0.02
    )


def test_a_planned_event_is_expected_in_its_time_only() -> None:
    expected = Expected(EXAMPLE)
    usual = expected.people("total", at(0), at(3 * HOUR))
    hour = expected.people("total", at(HOUR), at(2 * HOUR))
    order = plan("total", at(0), at(HOUR), at(2 * HOUR), 4.0)
    assert isinstance(order.data.order, PlanEvent)
    expected.plan(planned(order, order.data.order))
    assert expected.people("total", at(0), at(3 * HOUR)) == pytest.approx(usual + 3 * hour)


def test_seats_are_said_by_pool_and_by_what_they_are_for() -> None:
    skilled = replace(EXAMPLE, skills=(("crisis", ("disaster",)),))
    watch = SurgeWatch(skilled)
    watch.order(declare("topic:disaster", at(HOUR), ratio=400.0))
    (surge,) = watch.obey(at(HOUR))
    planner = SeatPlanner(skilled)
    said = {need.data.pool: need.data for need in planner.observe(surge, at(HOUR))}
    # Only counselors have the skill; the volunteers' seats are for the queue they serve.
    assert said["counselors"].skills["skill:crisis"][0] > 0
    assert "skill:crisis" not in said["volunteers"].skills
    for pool in ("counselors", "volunteers"):
        lanes = said[pool].skills.values()
        assert sum(median for median, _ in lanes) == said[pool].needed


def test_a_surge_that_a_person_declared_counts_for_the_state_of_the_service() -> None:
    watch = SurgeWatch(EXAMPLE)
    watch.order(declare("country:JP", at(HOUR), ratio=30.0))
    (surge,) = watch.obey(at(HOUR))
    said = SeatPlanner(EXAMPLE).observe(surge, at(HOUR))
    (whole,) = [need.data for need in said if need.data.pool == ALL_POOLS]
    (on,) = watch.open()
    assert service_state([on], whole, all_seats=200).state == "Overloaded"
    assert service_state([on], whole, all_seats=1).state == "MajorIncidentInProgress"


def needed(*facts: CloudEvent) -> int:
    """Seats of the whole centre after these facts."""
    planner = SeatPlanner(EXAMPLE)
    said = planner.tick(at(0))
    for fact in facts:
        said += planner.observe(fact, at(HOUR))  # type: ignore[arg-type]
    said += planner.tick(at(HOUR + 60))
    return [need.data.needed for need in said if need.data.pool == ALL_POOLS][-1]


def test_more_seats_are_planned_where_more_was_learned_planned_or_declared() -> None:
    fact = BaselineLearned(
        id="l", source="s", subject="total", time=at(0), data=learned("total", 900.0, 100.0)
    )
    watch = SurgeWatch(EXAMPLE)
    watch.order(plan("total", at(0), at(HOUR), at(2 * HOUR), 5.0))
    (event,) = watch.obey(at(0))
    watch.order(declare("country:JP", at(HOUR), ratio=30.0))
    (surge,) = watch.obey(at(HOUR))
    usual = needed()
    assert all(needed(one) > usual for one in (fact, event, surge))


def test_a_person_who_declares_a_surge_without_a_size_asks_for_nobody_yet() -> None:
    watch = SurgeWatch(EXAMPLE)
    watch.order(declare("country:JP", at(HOUR)))
    (surge,) = watch.obey(at(HOUR))
    assert needed(surge) == needed()


def test_the_board_tells_what_people_ordered_by_role_in_both_languages() -> None:
    watch, fold = SurgeWatch(EXAMPLE), Fold(EXAMPLE)
    watch.order(declare("country:JP", at(60)))
    watch.order(plan("topic:visa", at(65), at(HOUR), at(2 * HOUR), 3.0))
    facts = watch.obey(at(70))
    (surge,) = watch.open()
    watch.order(acknowledge(surge, at(120)))
    watch.order(dismiss(surge, at(180)))
    facts += watch.obey(at(180))
    for offset, fact in enumerate(facts):
        fold.observe("surges", 0, offset, at(180), fact)
    told = [decision(made) for made in reversed(fold.journal.latest(None, at(HOUR), 9))]
    assert [title.en for title in told] == [
        "surge declared by a lead: Japan",
        "event planned by a lead: open day, visas ×3",
        "surge acknowledged by a lead: Japan",
        "dismissed as no surge by a lead: Japan",
    ]
    assert [title.ko for title in told] == [
        "급증 선언: 일본 (선임)",
        "예정 행사: open day, 비자 ×3 (선임)",
        "급증 확인: 일본 (선임)",
        "급증 아님: 일본 (선임)",
    ]


def test_what_a_person_declared_is_not_justified_by_numbers_that_do_not_show_it() -> None:
    watch, fold = SurgeWatch(EXAMPLE), Fold(EXAMPLE)
    watch.order(declare("country:JP", at(60)))
    (fact,) = watch.obey(at(60))
    fold.observe("surges", 0, 0, at(60), fact)
    headline = fold.levels.headline(fold.levels.active(fold.titles))
    bold, _ = evidence(headline, at(61), EXAMPLE.timezone)
    assert (bold.ko, bold.en) == ("선임 선언", "Declared by a lead")


def test_a_board_that_hears_only_of_a_surge_that_is_over_tells_nothing_of_it() -> None:
    watch, fold = SurgeWatch(EXAMPLE), Fold(EXAMPLE)
    watch.order(declare("country:JP", at(60)))
    watch.obey(at(60))
    (surge,) = watch.open()
    data = structs.replace(surge, declared_by=None, cleared_at=at(90), revision=3)
    over = SurgeCleared(id="c", source="s", subject=data.key, time=at(90), data=data)
    fold.observe("surges", 0, 0, at(90), over)
    assert fold.journal.latest(None, at(HOUR), 9) == ()
