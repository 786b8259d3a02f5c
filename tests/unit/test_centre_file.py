"""A wrong centre file is told what is wrong, where, and what would be right."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli.check import command
from streams.centre_file import check_centre, load_centre
from streams.errors import WrongSettingError

EXAMPLE = Path(__file__).parents[2] / "centre.toml"


def test_the_shipped_example_is_right_and_expects_its_contacts_a_year() -> None:
    centre = load_centre(EXAMPLE)
    total = centre.baseline("total")
    assert total is not None
    assert total.per_year() == pytest.approx(240_000)
    assert sum(pool.seats for pool in centre.pools) == 39


@pytest.mark.parametrize(
    ("old", "new", "where", "right"),
    [
        ("share = 0.9", "shar = 0.9", "target.shar", "'share'"),
        ("share = 0.9", "share = 90", "target.share", "0.01 to 0.999"),
        ('"15s"', '"15 seconds"', "target.within", '"15s"'),
        ('wait_limit = "3m"', "wait_limit = 3", "overflow.wait_limit", '"4m30s"'),
        ('timezone = "Asia/Seoul"', 'timezone = "Seoul"', "centre.timezone", "IANA"),
        ('region = "KR"', 'region = "kr"', "centre.region", '"KR"'),
        ("seats = 24", "seats = 0", "pools[1].seats", "a whole number"),
        ("seats = 24", 'seats = "24"', "pools[1].seats", "a whole number"),
        ("seats = 24", "", "pools[1].seats", "seats ="),
        ('queues = ["main"]', 'queues = ["mian"]', "pools[2].queues", "'main'"),
        ('languages = ["ko"]', 'languages = ["kr"]', "pools[2].languages", "'ko'"),
        ('name = "volunteers"', 'name = "counselors"', "pools", "a name of its own"),
        ('name = "volunteers"', 'name = "all"', "pools[2].name", "choose another"),
        ('"losangeles"]', '"losangles"]', "queues[1].answers_out_of_hours_of", "'losangeles'"),
        ('"queue:main"', '"queue:man"', "baseline.shares.queue:man", "queues are"),
        ('"country:JP"', '"land:JP"', "baseline.shares.land:JP", '"country:JP"'),
        ("week = [1.15,", "week = [", "baseline.week", "list of 7"),
        ("contacts_per_year = 240_000", "", "baseline.contacts_per_year", "contacts_per_year ="),
        ('promise = "4h"', 'promise = "25h"', "overflow.promise", "before it expires"),
        ('lateness = "10m"', 'lateness = "61m"', "alerts.lateness", 'at most "1h"'),
        ("[target]", "[targets]", "targets", "'target'"),
        ("[[queues]]", "[[queus]]", "queues", "[[queues]]"),
    ],
)
def test_a_problem_names_its_place_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, where: str, right: str
) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    file = tmp_path / "centre.toml"
    file.write_text(text.replace(old, new))
    _, problems = check_centre(file)
    assert [problem for problem in problems if problem.where == where and right in problem.right]
    with pytest.raises(WrongSettingError, match="cannot be used"):
        load_centre(file)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"[a]\n[a]\n"])
def test_what_is_not_toml_says_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "centre.toml"
    file.write_bytes(content)
    centre, problems = check_centre(file)
    assert centre is None
    assert "is not TOML" in problems[0].what


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    _, problems = check_centre(tmp_path / "nowhere.toml")
    assert "cannot be read" in problems[0].what


def test_the_command_says_yes_or_no_by_its_exit_code(tmp_path: Path) -> None:
    good = CliRunner().invoke(command, [str(EXAMPLE)])
    assert (good.exit_code, "240,000 contacts a year" in good.output) == (0, True)
    bad = CliRunner().invoke(command, [str(tmp_path / "none.toml"), "--json"])
    assert (bad.exit_code, '"usable": false' in bad.output) == (1, True)
    wrong_use = CliRunner().invoke(command, ["--nonsense"])
    assert wrong_use.exit_code == 2
