"""Scenario files: what they may say, and what is said back when they are wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from load.reading import duration
from load.scenario import load_scenario, scenario_names
from load.sim.stage import check_against
from streams.centre_file import load_centre
from streams.errors import WrongSettingError

ROOT = Path(__file__).parents[2]
SMALLEST = """
name = "try"
title_en = "Try"
title_ko = "시험"
sources = []
starts = 2026-03-10T14:00:00+09:00
length = "1h"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "try.toml"
    path.write_text(SMALLEST + text, encoding="utf-8")
    return path


def problem_of(folder: Path, text: str) -> str:
    with pytest.raises(WrongSettingError) as caught:
        load_scenario(written(folder, text))
    return str(caught.value)


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_fits_the_shipped_centre(name: str) -> None:
    scenario = load_scenario(name)
    check_against(scenario, load_centre(ROOT / "centre.toml"))
    assert scenario.name == name
    assert scenario.sources


def test_the_smallest_scenario_is_an_ordinary_day(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, ""))
    assert (scenario.length, scenario.bursts, scenario.base.scale) == (timedelta(hours=1), (), 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[callers]\npatiense = '1m'", "callers.patiense is not known; did you mean patience?"),
        ("sped = 3", "sped is not known; did you mean speed?"),
        ("zzz = 3", "zzz is not known; known here are"),
        ("[desk]\ntalk = 'four'", "desk.talk: 'four' is no duration"),
        ("[desk]\ntalk = 240", "desk.talk: 240 is no duration; write it like 90s, 4m30s or 2h"),
        ("[callers]\nredials = 'often'", "callers.redials must be a number"),
        ("[callers]\nredials = -0.1", "callers.redials must not be negative"),
        ("seed = 1.5", "seed must be a whole number"),
        ("speed = true", "speed must be a number"),
        ("[[bursts]]\nname = 'a'\nat = '1m'", "bursts[0].peak_per_hour is missing"),
        ("[base.mix]\nlanguage = {ko = 0.9, en = 0.2}", "base.mix.language has shares that add up"),
        ("[[staff]]\npool = 'counselors'\npeople = 2\nuntl = '1h'", "did you mean until?"),
        ("base = 3", "base must be a table"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in problem_of(tmp_path, text)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    told = problem_of(tmp_path, "sped = 3\n[desk]\nlinse = 4")
    assert len(told.splitlines()) == 2


def test_a_start_without_a_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "try.toml"
    path.write_text(SMALLEST.replace("+09:00", ""))
    with pytest.raises(WrongSettingError, match="starts needs a time zone"):
        load_scenario(path)


def test_an_unknown_scenario_is_answered_with_those_there_are() -> None:
    with pytest.raises(WrongSettingError, match="S5-centre"):
        load_scenario("S55")


def test_a_pool_that_the_centre_does_not_have_is_refused(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, "[[staff]]\npool = 'counsellors'\npeople = 1"))
    with pytest.raises(WrongSettingError, match="counsellors"):
        check_against(scenario, load_centre(ROOT / "centre.toml"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("4m30s", 270), ("2h", 7200), ("1d", 86_400), ("0.5s", 0.5), ("1h1s", 3601)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "1m2h", "-3s", "3 s"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration(text)
