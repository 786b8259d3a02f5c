"""docs/scenarios.md and its pictures are what the scenario files say."""

from pathlib import Path

import pytest

from load.drill.pages import ROOT, expected_people, pages
from load.scenario import load_scenario, scenario_names
from streams.centre_file import load_centre

CENTRE = load_centre(ROOT / "centre.toml")
PAGES = dict(pages(CENTRE))


@pytest.mark.parametrize(("path", "text"), list(PAGES.items()), ids=[path.name for path in PAGES])
def test_the_page_is_what_the_files_say(path: Path, text: str) -> None:
    told = "; python -m load.drill.pages --write makes it anew"
    assert path.exists(), f"{path.name} is missing{told}"
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale{told}"


def test_all_scenarios_of_the_guide_are_there() -> None:
    wanted = {"S0", "S1", "S2", "S3", "S4", "S5-history", "S5-centre", "S6", "S7", "S8", "S9"}
    assert {*wanted, "S10"} <= set(scenario_names())


@pytest.mark.parametrize(
    ("name", "people", "hours"), [("S5-history", 3367 + 2 * 61, 2), ("drain", 27 * 30 + 243, 30)]
)
def test_the_people_expected_are_those_of_the_rates(name: str, people: float, hours: int) -> None:
    scenario = load_scenario(name)
    assert scenario.length.total_seconds() == hours * 3600
    assert expected_people(scenario, CENTRE) == pytest.approx(people)


@pytest.mark.parametrize("name", [n for n in scenario_names() if n.startswith("S")])
def test_every_constant_says_where_it_is_from(name: str) -> None:
    text = (ROOT / "load" / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    assert "Marks: S read in a source, D derived from sourced values, A assumed" in text
    assert all(mark in text for mark in ("(S", "(A"))
