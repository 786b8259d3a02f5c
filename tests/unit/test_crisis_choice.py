"""Which crisis is played, how fast, how high, and against which machine?"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from load.drill.pages import expected_people
from load.open_loop.choice import NAMES, choices, chosen
from load.open_loop.commands import whose
from load.open_loop.plan import Share, part_of
from load.open_loop.servers import Servers
from load.scenario import load_scenario, scenario_names
from load.sim.stage import sources_of
from services.cli.__main__ import main
from streams.centre_file import load_centre
from streams.errors import WrongSettingError

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
TOKENS = {
    f"SURGELINE_{role}_TOKEN": "t"
    for role in ("SOURCE", "COUNSELOR", "VIEWER", "REHEARSAL", "PHONE")
}


@pytest.mark.parametrize("name", choices())
def test_every_name_is_a_crisis_of_at_most_two_hours(name: str) -> None:
    # Thirty ordinary days, and sixty hours, are long at any usual speed.
    speed = 1000.0 if chosen_days(name) else 0.0
    assert chosen(name, speed).minutes <= 120


def chosen_days(name: str) -> bool:
    return load_scenario(NAMES.get(name, name)).length.days > 1


def test_only_the_height_of_a_crisis_is_played_in_real_time_and_is_as_high_as_the_whole() -> None:
    whole, height = chosen("consular"), chosen("consular", hold=10.0)
    assert height.speed == 1.0
    assert 10 < height.minutes < 12
    per_second = [
        max(piece.rate for _, _, pieces in sources_of(one.scenario, CENTRE) for piece in pieces)
        for one in (whole, height)
    ]
    assert per_second[0] == per_second[1]
    # Nine in ten of its callers come in the ten minutes for which it stays so.
    assert expected_people(height.scenario, CENTRE) > 600 * per_second[1]


def test_the_names_that_people_use_are_files() -> None:
    assert set(NAMES.values()) <= set(scenario_names())


@pytest.mark.parametrize(
    ("name", "speed", "peak", "words"),
    [
        ("maysack", 0.0, 1.0, "no crisis is called 'maysack'; there are S0"),
        ("maysak", 1.0, 1.0, "at most 120 are played"),
        ("maysak", 2000.0, 1.0, "--speed must be"),
        ("maysak", 0.0, 301.0, "--peak must be"),
        ("maysak", 0.0, 0.0, "--peak must be"),
    ],
)
def test_a_choice_out_of_bounds_is_refused_in_words(
    name: str, speed: float, peak: float, words: str
) -> None:
    with pytest.raises(WrongSettingError, match=words):
        chosen(name, speed, peak)


def test_a_wrong_name_lists_the_right_ones_and_is_wrong_use() -> None:
    told = CliRunner().invoke(main, ["crisis", "maysack"])
    assert told.exit_code == 2
    assert "maysak" in told.output


@pytest.mark.parametrize("url", ["http://10.0.0.5:8410", "https://hotline.example"])
def test_another_machine_is_never_rehearsed_on(url: str) -> None:
    with pytest.raises(WrongSettingError, match="for this machine only"):
        Servers.from_env({**TOKENS, "SURGELINE_INTAKE_URL": url})


def test_missing_tokens_are_named() -> None:
    with pytest.raises(WrongSettingError, match="SURGELINE_PHONE_TOKEN"):
        Servers.from_env({**TOKENS, "SURGELINE_PHONE_TOKEN": ""})


def test_the_parts_of_a_floor_are_the_whole_floor() -> None:
    whole = load_scenario("S5-centre")
    parts = [part_of(whole, Share(index, 4)) for index in range(4)]
    assert sum(part.staff[0].people for part in parts) == whole.staff[0].people
    assert sum(part.desk.phones for part in parts) == whole.desk.phones
    assert len({part.seed for part in parts}) == 4
    assert part_of(whole, Share()) == whole


@pytest.mark.parametrize(
    ("what", "body", "index"),
    [
        ("withdraw", {"contact": "w3-0a1b"}, 3),
        ("dial", {"agent": "counselors-w2-07"}, 2),
        ("dial", {"agent": "counselors-07"}, 0),
    ],
)
def test_a_command_goes_to_the_process_whose_call_or_counselor_it_is_about(
    what: str, body: dict[str, str], index: int
) -> None:
    assert whose(what, body) == index
