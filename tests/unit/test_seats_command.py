"""The planner's calculator: right numbers, clear errors, an exit code."""

import json

import pytest
from click.testing import CliRunner

from services.cli.seats import command

SURGE = ["--rate", "270", "--aht", "8m", "--patience", "3m", "--target", "90%/15s"]


def test_the_worked_surge_needs_what_both_promises_ask() -> None:
    result = CliRunner().invoke(command, [*SURGE, "--staffed", "7", "--json"])
    answer = json.loads(result.output)
    assert result.exit_code == 0
    assert answer["offered_load_erlangs"] == pytest.approx(36.0)
    assert answer["needed"]["seats"] == 43
    assert answer["needed_if_nobody_gives_up"]["seats"] == 45
    assert answer["staffed"]["abandoned"] == pytest.approx(0.8056, abs=5e-5)
    assert answer["staffed"]["abandoned_in_deep_overload"] == pytest.approx(0.8056, abs=5e-5)


def test_a_person_reads_the_number_first() -> None:
    result = CliRunner().invoke(command, SURGE)
    assert result.output.startswith("270 contacts an hour are 36.0 erlangs: 43 counselors")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--rate", "-1"], "--rate"),
        (["--rate", "10", "--aht", "8x"], "is not a duration such as"),
        (["--rate", "10", "--target", "90/15s"], "is not a target such as 90%/15s"),
        (["--rate", "10", "--target", "90%/soon"], "is not a duration such as"),
        ([], "--rate"),
    ],
)
def test_wrong_use_says_what_would_be_right(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert says in result.output
