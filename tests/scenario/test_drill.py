"""Whole drills: the floor of 1339 reproduced and beaten, what-if rows, the command itself."""

import csv
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from load.drill.play import play, play_often
from load.drill.variant import Variant
from load.drill.whatif import what_if
from load.scenario import Callout, Scenario, Staff, load_scenario
from services.cli.drill import command
from streams.centre_file import load_centre

ROOT = Path(__file__).parents[2]
CENTRE = load_centre(ROOT / "centre.toml")
ALONE = Variant(helps="nothing")


def landfall(hours: float = 4) -> Scenario:
    """The landfall hour and what follows, without the long tail."""
    return replace(load_scenario("S5-centre"), length=timedelta(hours=hours))


def test_the_floor_of_1339_is_reproduced_with_the_people_it_had() -> None:
    scenario = load_scenario("S4")
    found = play(scenario, CENTRE, scenario.seed, ALONE)
    bar, within = scenario.verdict.answered_share, scenario.verdict.answered_share_within
    assert bar is not None
    assert within is not None
    assert found.outcome.worst_day_answered == pytest.approx(bar, abs=within)
    # The record has 20,923 calls on that day.
    per_day = len(found.timeline.calls) // 3
    on_the_day = found.timeline.calls[2 * per_day] - found.timeline.calls[per_day]
    assert on_the_day == pytest.approx(20_923, rel=0.1)


def test_the_same_people_are_lost_less_often_with_callbacks_and_more_people() -> None:
    rows = what_if(
        landfall(),
        CENTRE,
        [Variant(helps=helps) for helps in ("callbacks", "all")],
        [1],
    )
    without = rows[0].history[0]
    callbacks, everything = (row.outcomes[0] for row in rows)
    assert without.people == callbacks.people == everything.people
    assert everything.lost < callbacks.lost < without.lost
    assert everything.lost < 0.02
    # No more phones than history had.
    assert everything.most_present <= 67
    assert everything.double_dials == callbacks.double_dials == 0


def test_who_is_called_out_comes_after_the_call_up_and_no_more_than_are_asked() -> None:
    quiet = replace(
        landfall(3),
        response=(),
        callout=Callout(people=30, call_up=timedelta(minutes=30), yes_share=1.0),
    )
    found = play(quiet, CENTRE, 1)
    declared = found.outcome.declared[0].at_minutes
    present = found.timeline.present
    first = next(n for n, count in enumerate(present) if count > 24) * found.timeline.step / 60
    assert first >= declared + 30
    assert 0 < found.outcome.came <= found.outcome.called_out <= 30


def test_a_need_that_nobody_filled_in_time_is_asked_for_anew() -> None:
    # Three hours after the alarm the need expires; seats are still missing then.
    nobody = replace(
        landfall(6),
        response=(),
        staff=(Staff(pool="counselors", people=4),),
        callout=Callout(people=10, yes_share=0.0),
    )
    found = play(nobody, CENTRE, 1).outcome
    assert found.called_out == 20
    assert found.came == 0


def test_the_same_seed_is_the_same_drill_whoever_plays_it() -> None:
    short = landfall(2)
    one = play_often(short, CENTRE, [4, 5], ALONE)
    two = play_often(short, CENTRE, [4, 5], ALONE, jobs=2)
    assert [run.outcome for run in one] == [run.outcome for run in two]
    assert one[0].outcome != one[1].outcome


def test_silence_before_a_crisis_is_neither_a_surge_nor_its_end() -> None:
    scenario = replace(load_scenario("S8"), length=timedelta(hours=10))
    found = play(scenario, CENTRE, scenario.seed).outcome
    assert len(found.declared) == 1
    assert found.false_declarations == 0
    assert found.declared[0].at_minutes > 8 * 60


def run_drill(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, [*arguments, "--centre", str(ROOT / "centre.toml")])
    return result.exit_code, result.output


def test_the_command_prints_rows_for_a_program() -> None:
    code, out = run_drill(
        *("S5-history", "--length", "90m", "--seats", "40,67", "--runs", "2", "--jobs", "1"),
        "--json",
    )
    found = json.loads(out)
    assert code == 0
    assert [row["variant"] for row in found["rows"]] == [
        "40 seats, with Surgeline",
        "67 seats, with Surgeline",
    ]
    lost = [row["measures"]["lost"]["mean"] for row in found["rows"]]
    assert lost[0] > lost[1]
    assert [len(row["runs"]) for row in found["rows"]] == [2, 2]


def test_the_command_judges_a_scenario_by_its_own_bars(tmp_path: Path) -> None:
    given = (ROOT / "load/scenarios/S5-history.toml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(given.replace("live_share = 0.53", "live_share = 0.93"), encoding="utf-8")
    assert run_drill("S5-history")[0] == 0
    code, out = run_drill(str(wrong))
    assert code == 1
    assert "missed" in out


def test_a_recorded_day_is_played_again_with_other_seats(tmp_path: Path) -> None:
    day, page = tmp_path / "day.csv", tmp_path / "day.html"
    begin = datetime.fromisoformat("2026-03-10T09:00:00+09:00")
    with day.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["occurred_at", "caller", "key"])
        for nth in range(240):
            at = begin + timedelta(seconds=20 * nth)
            rows.writerow([at.isoformat(), f"c{nth % 200}", "country:JP"])
    code, out = run_drill(
        *("S5-centre", "--csv", str(day), "--seats", "2,12", "--reserve", "0"),
        *("--report", str(page), "--json"),
    )
    assert code == 0
    few, many = json.loads(out)["rows"]
    # 200 people: who rang again within the hour is one of them.
    assert few["runs"][0]["people"] in {200, 240}
    assert few["measures"]["live"]["mean"] < many["measures"]["live"]["mean"]
    assert "<svg" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [(), ("S55",), ("S0", "--seats", "many")])
def test_wrong_use_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    assert run_drill(*arguments)[0] == 2


def test_the_scenarios_are_named_on_request() -> None:
    code, out = run_drill("--list")
    assert code == 0
    assert "S10" in out
