"""Does a rehearsal's verdict say what happened, and end with the code that says so?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from click.testing import CliRunner

from load.scenario import Scenario, Verdict, load_scenario
from load.verdict.compare import compared
from load.verdict.judge import INTAKE, code_of, judged, recovered
from load.verdict.lag import behind
from load.verdict.latency import Latencies
from load.verdict.log import LogFacts, Surge
from load.verdict.measures import measures
from load.verdict.record import POINTS, Histogram, Record, together
from load.verdict.report import sentence, write_report
from load.verdict.result import AuditSaid, Board, Code, Result, read_result
from load.verdict.seen import seen
from load.verdict.truth import seats_if_it_lasted, seats_needed
from services.cli.__main__ import main
from streams.centre_file import load_centre
from streams.domain.staffing.sizing import seats_for

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
BEGINS = datetime(2026, 9, 3, tzinfo=UTC)
HOUR = 3600.0


def scenario(**bars: Any) -> Scenario:
    return replace(load_scenario("S5-centre"), verdict=Verdict(**bars))


def histogram(*seconds: float) -> Histogram:
    kept = Latencies()
    for second in seconds:
        kept.add(second)
    return Histogram(buckets=dict(kept.buckets), most=kept.most)


def surge(at: float) -> Surge:
    return Surge(
        key="total",
        tier="alert",
        declared_at=BEGINS + timedelta(seconds=at),
        observed=20,
        expected=2.0,
    )


def result(**changed: Any) -> Result:
    """A run in which everything went well."""
    base = Result(
        scenario="S5-centre",
        title="Typhoon landfall",
        run="1",
        begins=BEGINS,
        length=12 * HOUR,
        speed=60.0,
        peak=1.0,
        workers=1,
        bursts={"landfall": HOUR},
        sources=["a <script> of theirs"],
        seats_true=60,
        curve_true=[20.0] * (POINTS + 1),
        record=Record(
            offered=100,
            started=100,
            firsts={"base": [1.0], "landfall": [3700.0, 3705.0, 3708.0]},
            curves={name: [1.0] * (POINTS + 1) for name in ("calls", "at the phones", "on hold")},
            latencies={INTAKE: histogram(0.01, 0.02)},
            over=True,
            finished=True,
        ),
        ended=True,
        board=Board(behind=histogram(0.0, 0.5)),
        log=LogFacts(surges=[surge(3706.0)]),
        audit=AuditSaid(clean=True, outcomes={"answered_live": 98, "lost": 2}, requests=100),
    )
    return msgspec.structs.replace(base, **changed)


def verdict_of(run: Result, played: Scenario) -> Code:
    return code_of(judged(run, played))


def missed(run: Result, played: Scenario) -> list[str]:
    return [bar.name for bar in judged(run, played) if bar.holds is False]


def test_a_run_in_which_all_went_well_is_fine() -> None:
    assert verdict_of(result(), load_scenario("S5-centre")) == Code.OBJECTIVE_MISSED
    assert missed(result(), load_scenario("S5-centre")) == ["people lost"]
    assert verdict_of(result(), scenario(lost_at_most=0.02)) == Code.FINE


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"started": 97}, "arrivals achieved of those offered"),
        ({"late": 3}, "arrivals achieved of those offered"),
        ({"again_dropped": 1}, "arrivals dropped by the load itself"),
        ({"finished": False}, "played to the end, by every process"),
        ({"unsent": 1}, "reports that intake refused, or never took"),
    ],
)
def test_a_load_that_fell_short_is_named_as_such(record: dict[str, int], name: str) -> None:
    run = result()
    run.record = msgspec.structs.replace(run.record, **record)
    assert missed(run, scenario()) == [name]
    assert verdict_of(run, scenario()) == Code.LOAD_NOT_ACHIEVED


def test_somebody_lost_outweighs_everything_else() -> None:
    run = result(
        record=Record(offered=100, started=10),
        audit=AuditSaid(clean=False, outcomes={}, requests=0, violations=[{"kind": "unaccounted"}]),
    )
    assert verdict_of(run, scenario(declared_within=timedelta(seconds=1))) == Code.CALLER_LOST


def test_an_audit_that_found_nobody_proves_nothing() -> None:
    run = result(audit=AuditSaid(clean=True, outcomes={}, requests=0))
    assert missed(run, scenario()) == ["audit: everyone accounted for"]


def test_somebody_rung_twice_by_the_phones_own_count_is_a_caller_called_twice() -> None:
    run = result()
    run.record.must_be_zero = {"rung_twice_at_once": 1}
    assert verdict_of(run, scenario()) == Code.CALLER_LOST


def test_what_is_not_known_yet_is_neither_held_nor_missed() -> None:
    run = result(log=None, audit=None)
    assert [bar.holds for bar in judged(run, scenario()) if bar.name.startswith("audit")] == [None]
    assert verdict_of(run, load_scenario("S5-centre")) == Code.FINE


def test_a_surge_counts_from_the_first_extra_call_and_an_earlier_one_is_false() -> None:
    played = scenario(
        declared_within=timedelta(seconds=6),
        declared_within_calls=2,
        false_declarations_at_most=0,
    )
    assert missed(result(), played) == []
    early = result(log=LogFacts(surges=[surge(100.0)]))
    assert missed(early, played) == [
        "false declarations",
        "declared after the first extra call",
        "calls until declared",
    ]


def test_the_speed_of_intake_and_of_the_board_is_judged_in_wall_time() -> None:
    played = scenario(
        intake_p99_within=timedelta(seconds=0.015), shown_within=timedelta(seconds=0.4)
    )
    assert missed(result(), played) == ["intake answers, p99", "board behind the calls, p99"]


def test_at_another_height_the_bars_for_people_are_not_judged() -> None:
    assert missed(result(peak=3.0), scenario(lost_at_most=0.0)) == []


def test_recovery_is_the_last_time_that_people_were_on_hold() -> None:
    run = result()
    step = run.length / POINTS
    run.record.curves = {"on hold": [0.0] * 30 + [50.0] * 10 + [1.0] * (POINTS - 39)}
    assert recovered(run) == pytest.approx(40 * step - HOUR)
    run.record.curves = {"on hold": [50.0] * (POINTS + 1)}
    assert recovered(run) is None


def test_records_of_workers_add_up() -> None:
    one = Record(offered=3, firsts={"a": [1.0, 5.0]}, curves={"on hold": [1.0]}, arrived={7: 1})
    two = Record(offered=4, firsts={"a": [2.0]}, curves={"on hold": [2.0, 1.0]}, arrived={7: 2})
    one.latencies, two.latencies = {"x": histogram(0.1)}, {"x": histogram(0.3)}
    one.over = True
    whole = together([one, two])
    assert (whole.offered, whole.firsts, whole.over) == (7, {"a": [1.0, 2.0, 5.0]}, False)
    assert (whole.curves, whole.arrived) == ({"on hold": [3.0, 1.0]}, {7: 3})
    assert (len(whole.latency("x")), whole.latency("x").most) == (2, 0.3)


def test_the_board_is_as_far_behind_as_the_first_call_that_it_does_not_show_is_old() -> None:
    # Two calls in the second tenth of second 10, one at 12.0, one at 15.0.
    arrived = {101: 2, 120: 1, 150: 1}
    looks = [(11.0, 0), (11.0, 1), (11.0, 2), (13.0, 2), (16.0, 4)]
    ages = [behind([look], arrived).most for look in looks]
    assert ages == [pytest.approx(age) for age in (0.8, 0.8, 0.0, 0.9, 0.0)]


def test_a_page_holds_the_run_it_tells_of(tmp_path: Path) -> None:
    run = result()
    run.bars = judged(run, scenario())
    path = tmp_path / "run.html"
    write_report(path, run, CENTRE)
    assert read_result(path) == run
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert "a <script> of theirs" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_what_was_missed_is_said_in_the_first_line_the_gravest_first() -> None:
    run = result(record=Record(offered=100, started=10, over=True, finished=True))
    run.bars = judged(run, scenario(lost_at_most=0.01))
    run.code = code_of(run.bars)
    said = sentence(run)
    assert said.startswith("The load was not what it should have been")
    assert said.index("arrivals achieved") < said.index("people lost 2.00%, wanted ≤ 1.0%")


def test_prometheus_is_asked_about_the_run_alone_and_what_it_does_not_know_stays_open() -> None:
    asked: list[dict[str, list[str]]] = []

    def ask(path: str) -> Any:
        query = parse_qs(urlsplit(path).query)
        asked.append(query)
        alert = {"metric": {"alertname": "SurgeDeclared"}, "value": [0, "1"]}
        known = {"ALERTS": [alert], "accepted": [{"metric": {}, "value": [0, "29538"]}]}
        nothing = [{"metric": {}, "value": [0, "NaN"]}]
        word = next((word for word in known if word in query["query"][0]), None)
        return {"data": {"result": known[word] if word else nothing}}

    found = {one.name: one for one in seen(ask, 1000.0, 1097.0)}
    assert all("[100s" in query["query"][0] for query in asked)
    assert {query["time"][0] for query in asked} == {"1097.000"}
    assert found["events that intake acknowledged"].value == 29_538
    assert found["alerts that fired"].words == "SurgeDeclared"
    assert found["seats asked, at most"].value is None
    assert {one.value for one in seen(lambda _: None, 0.0, 1.0)} == {None}


def test_a_burst_of_a_minute_never_fills_the_seats_that_its_rate_would_need() -> None:
    played = load_scenario("demo-quake")
    assert max(seats_needed(played, CENTRE)) < max(seats_if_it_lasted(played, CENTRE)) / 2
    # Where the height holds for an hour the two are one.
    held = load_scenario("S5-centre")
    assert max(seats_needed(held, CENTRE)) == max(seats_if_it_lasted(held, CENTRE))


def test_the_seats_truly_needed_are_those_of_the_true_rate_once_the_house_is_full() -> None:
    played = load_scenario("S5-centre")
    truth = seats_needed(played, CENTRE)
    target = replace(
        CENTRE.target,
        handle_time=played.desk.talk + played.desk.wrap_up + played.desk.ring,
        patience=played.callers.patience,
    )
    assert max(truth) == pytest.approx(seats_for(1534.0, target), rel=0.02)
    assert truth[0] < max(truth) / 5


def test_two_runs_are_compared_number_by_number(tmp_path: Path) -> None:
    before, after = result(), result(run="2")
    after.record = msgspec.structs.replace(before.record, offered=150)
    rows = {row.name: row for row in compared(before, after)}
    assert len(rows) <= len(measures(before))
    offered = rows["first calls offered"]
    assert (offered.before, offered.after, offered.told) == ("100", "150", "+50%")
    assert rows["false declarations"].told == ""
    files = [tmp_path / "a.json", tmp_path / "b.html"]
    files[0].write_bytes(msgspec.json.encode(before))
    write_report(files[1], after, CENTRE)
    page = tmp_path / "both.html"
    arguments = ["compare", *map(str, files), "--json", "--report", str(page)]
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 0
    assert {row["name"]: row["after"] for row in json.loads(told.output)}[
        "first calls offered"
    ] == "150"
    assert "Two rehearsals" in page.read_text(encoding="utf-8")


def test_a_file_that_holds_no_verdict_is_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text("<html>", encoding="utf-8")
    told = CliRunner().invoke(main, ["compare", str(file), str(file)])
    assert told.exit_code == 2
    assert "holds no verdict" in told.output
