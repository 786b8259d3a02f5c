"""The parts of the drill: variants, intervals, the verdict, recordings, drawings."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from load.drill.drawing import Line, Plot, drawn
from load.drill.found import found, read, table, write
from load.drill.judge import judged, span
from load.drill.outcome import Declared, Outcome
from load.drill.play import interval
from load.drill.recorded import RecordedCall, as_scenario, first_calls, of_key
from load.drill.variant import Variant
from load.drill.verdicts import lines
from load.drill.whatif import percent, variants
from load.scenario import Verdict, load_scenario
from streams.centre_file import load_centre

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
MINUTE = timedelta(minutes=1)
OUTCOME = Outcome(
    seed=1,
    people=100,
    calls=150,
    live=0.9,
    callback=0.06,
    promised=0.0,
    waiting=0.0,
    lost=0.04,
    helped_within_1h=0.93,
    burst_live=0.54,
    answered_calls=0.6,
    worst_day_answered=0.09,
    abandoned_calls=0.3,
    mean_wait=30.0,
    promises=10,
    kept=0.9,
    kept_within_1h=0.5,
    kept_within_4h=0.9,
    oldest_promise=7200.0,
    double_dials=0,
    declared=(
        Declared(key="total", tier="alert", at_minutes=65, after_seconds=80.0, after_calls=12),
    ),
    false_declarations=0,
    seats_asked=40,
    most_present=30,
    called_out=20,
    came=8,
    recovered=3600.0,
)


def holding(verdict: Verdict, run: Outcome = OUTCOME) -> list[bool]:
    return [bar.holds for bar in judged(verdict, [run], [run])]


def test_a_row_says_what_is_different_in_words() -> None:
    row = Variant(seats=24, reserve=30, call_up=45 * MINUTE, callbacks_from=3 * MINUTE)
    assert row.label == (
        "24 seats, reserve of 30, call-up 45 min, callbacks from 3 min, with Surgeline"
    )


def test_every_combination_of_the_choices_is_a_row() -> None:
    rows = variants(seats=(10, 20), reserve=(0, 5, 9), phones=())
    assert [(row.seats, row.reserve) for row in rows] == [
        (10, 0),
        (10, 5),
        (10, 9),
        (20, 0),
        (20, 5),
        (20, 9),
    ]


def test_a_named_reserve_comes_in_the_place_of_everyone_else() -> None:
    given = load_scenario("S5-centre")
    changed = Variant(seats=9, reserve=7, phones=12, peak=2).scenario(given)
    assert [(staff.pool, staff.people) for staff in changed.staff] == [("counselors", 9)]
    assert changed.callout is not None
    assert (changed.callout.people, changed.response, changed.desk.phones) == (7, (), 12)
    assert changed.bursts[0].peak_per_hour == 2 * given.bursts[0].peak_per_hour


def test_a_variant_that_changes_nothing_is_the_scenario_as_it_stands() -> None:
    for name in ("S0", "S5-centre", "S4"):
        assert Variant().scenario(load_scenario(name)) == load_scenario(name)
    assert Variant().centre(CENTRE) == CENTRE


def test_a_promise_is_never_made_for_longer_than_it_lives() -> None:
    changed = Variant(promise_lives=timedelta(hours=1)).centre(CENTRE).overflow
    assert (changed.expiry, changed.promise) == (timedelta(hours=1), timedelta(hours=1))


def test_the_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    # t(4, 97.5 %) = 2.776, s = 1.5811: 2.776 * 1.5811 / sqrt 5.
    assert found.mean == 3.0
    assert found.half_width == pytest.approx(1.963, abs=0.001)
    assert math.isinf(interval([7.0]).half_width)


@pytest.mark.parametrize(
    ("verdict", "holds"),
    [
        (Verdict(lost_at_most=0.04), True),
        (Verdict(lost_at_most=0.039), False),
        (Verdict(live_share=0.53, live_share_within=0.03), True),
        (Verdict(live_share=0.60, live_share_within=0.03), False),
        (Verdict(answered_share=0.09, answered_share_within=0.01), True),
        (Verdict(answered_share=0.2, answered_share_within=0.01), False),
        (Verdict(declarations_at_most=0), False),
        (Verdict(declarations_at_least=1), True),
        (Verdict(declarations_at_least=2), False),
        (Verdict(declared_within=timedelta(seconds=80)), True),
        (Verdict(declared_within=timedelta(seconds=79)), False),
        (Verdict(declared_within_calls=11), False),
        (Verdict(helped_at_least=0.96), True),
        (Verdict(live_at_least=0.91), False),
        (Verdict(helped_within_1h_at_least=0.94), False),
        (Verdict(calls_answered_at_least=0.09), True),
        (Verdict(calls_answered_at_least=0.095), False),
        (Verdict(oldest_promise_at_most=timedelta(hours=2)), True),
        (Verdict(recovered_within=timedelta(minutes=59)), False),
    ],
)
def test_each_bar_is_judged_by_what_was_played(verdict: Verdict, holds: bool) -> None:
    # The bar on people rung twice is always there, and holds.
    assert sorted(holding(verdict)) == sorted([holds, True])


def test_what_was_found_of_a_scenario_takes_the_place_of_what_was_found_before(
    tmp_path: Path,
) -> None:
    file = tmp_path / "found.json"
    worse = replace(OUTCOME, lost=0.5, declared=())
    one, other = load_scenario("S1"), load_scenario("S2")
    kept = found(one, CENTRE, [OUTCOME], platform=True)
    write([found(other, CENTRE, [worse], platform=True), kept], file)
    bars = judged(Verdict(lost_at_most=0.1), [OUTCOME, worse])
    both = [found(other, CENTRE, [OUTCOME, worse], platform=True, bars=bars)]
    write(both, file)
    assert read(file) == [kept, *both]
    lost = round((OUTCOME.lost + 0.5) / 2, 4)
    assert (both[0].lost, both[0].lost_at_most, both[0].runs) == (lost, 0.5, 2)
    assert f"{lost:.2%} (at most 50.00%)" in list(table(read(file)))[-1]
    [_, (name, verdict, *_)] = lines(read(file))
    assert (name, verdict) == ("S2", f"missed: people lost {lost:.2%}, wanted ≤ 10.0%")


def test_someone_rung_twice_is_never_good_enough() -> None:
    assert holding(Verdict(), replace(OUTCOME, double_dials=1)) == [False]


def test_a_crisis_that_was_never_declared_or_never_over_is_missed() -> None:
    silent = replace(OUTCOME, declared=(), recovered=None)
    hour = timedelta(hours=1)
    assert holding(Verdict(declared_within=hour, recovered_within=hour), silent).count(False) == 2


def test_who_rang_again_within_the_window_is_one_person() -> None:
    calls = [
        RecordedCall(at=100.0, caller="a", known=of_key("country:JP")),
        RecordedCall(at=160.0, caller="b"),
        RecordedCall(at=130.0, caller="a"),
        RecordedCall(at=9000.0, caller="a"),
        RecordedCall(at=170.0),
        RecordedCall(at=171.0),
    ]
    found = first_calls(calls, 100.0, timedelta(hours=1))
    assert [at for at, _, _, _ in found] == [0.0, 60.0, 70.0, 71.0, 8900.0]
    assert found[0][3].country == {"JP": 1.0}


def test_a_surge_key_that_says_nothing_of_a_person_is_left_out() -> None:
    assert of_key("queue:main") == of_key("total") == of_key("country:") == ()


def test_a_recorded_day_keeps_the_staff_and_loses_the_bursts() -> None:
    given = load_scenario("S5-centre")
    day = as_scenario(given, "monday", 1_000_000.0, 1_003_600.0)
    assert (day.staff, day.bursts, day.length) == (given.staff, (), timedelta(hours=1))
    assert day.starts == datetime.fromtimestamp(1_000_000, UTC)


@pytest.mark.parametrize(
    ("share", "said"), [(0.47, "47 %"), (0.042, "4.2 %"), (0.0031, "0.31 %"), (0.0, "0.0 %")]
)
def test_shares_are_told_with_the_figures_that_matter(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(45, "45 s"), (270, "4.5 min"), (11_520, "3.2 h"), (259_200, "3 d")]
)
def test_times_are_told_as_people_say_them(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_a_plot_is_sound_xml_whatever_the_names_hold() -> None:
    plot = Plot(
        title="a < b & c",
        starts=datetime(2026, 3, 2, tzinfo=UTC),
        zone=UTC,
        step=600.0,
        lines=[Line("<calls>", [0.0, 5.0, 12.0])],
        marks=[(600.0, "surge: <x>")],
    )
    tree = ET.fromstring(drawn(plot))  # noqa: S314 - our own text
    assert tree.tag.endswith("svg")
    assert plot.top == 20
