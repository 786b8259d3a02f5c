"""The [people] part of a centre file, and how often one person is paged."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.centre_file import check_centre, load_centre
from streams.domain.people.limits import earliest, ready_in
from streams.domain.people.policy import PeoplePolicy
from streams.domain.people.rest import EU, Rule
from tests.support.broker import ROOT

EXAMPLE = (ROOT / "centre.toml").read_text()
NOW = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)


def with_people(folder: Path, lines: str) -> Path:
    head, _, rest = EXAMPLE.partition("[people]\n")
    _, _, after = rest.partition("\n\n")
    file = folder / "centre.toml"
    file.write_text(f"{head}[people]\n{lines}\n\n{after}")
    return file


def test_the_example_names_its_list_and_its_law() -> None:
    people = load_centre(ROOT / "centre.toml").people
    assert (people.file, people.pools, people.profile) == ("people.csv", ("reserve",), "KR")


def test_a_centre_need_not_speak_of_people(tmp_path: Path) -> None:
    assert load_centre(with_people(tmp_path, "")).people == PeoplePolicy()


def test_every_rule_of_rest_can_be_changed_for_the_centres_own_law(tmp_path: Path) -> None:
    lines = """
profile = "EU"
quiet_hours = "warn"
contract_hours = "off"
[people.rest]
daily_rest = "warn 11"
weekly_rest = "block 35"
night_hours = "off"
"""
    rules = load_centre(with_people(tmp_path, lines)).people.rules
    own = rules.profiles["EU"]
    assert own.daily_rest == Rule(11.0, "warn")
    assert own.weekly_rest == Rule(35.0, "block")
    assert own.night_hours.strength == "off"
    assert own.average_hours == EU.average_hours
    assert (rules.quiet, rules.contract_hours) == ("warn", "off")


@pytest.mark.parametrize(
    ("lines", "where", "right"),
    [
        ('profile = "US"', "people.profile", "EU"),
        ('quiet_hours = "maybe"', "people.quiet_hours", '"warn"'),
        ('fil = "x"', "people.fil", "'file'"),
        ('[people.rest]\ndaily_rest = "11"', "people.rest.daily_rest", '"block 11"'),
        ('[people.rest]\ndaily_ret = "off"', "people.rest.daily_ret", "'daily_rest'"),
    ],
)
def test_a_wrong_setting_is_told_what_would_be_right(
    tmp_path: Path, lines: str, where: str, right: str
) -> None:
    _, problems = check_centre(with_people(tmp_path, lines))
    assert [problem.where for problem in problems] == [where]
    assert right in problems[0].right


def minutes(*places: float) -> list[datetime]:
    return [NOW + timedelta(minutes=place) for place in places]


def test_a_heavy_sleeper_is_called_three_times_at_once_and_then_ever_more_slowly() -> None:
    sent = minutes(0, 2, 5)
    assert ready_in(sent[:2], sent[2]) == timedelta(0)
    assert earliest(sent, sent[2]) == NOW + timedelta(minutes=15)
    sent += minutes(15)
    # Three are allowed in fifteen minutes, but the hour's seven must last the hour.
    assert earliest(sent, sent[-1]) == NOW + timedelta(minutes=26.25)


def test_a_page_that_must_wait_is_delayed_and_never_dropped() -> None:
    sent, now = list[datetime](), NOW
    for _ in range(40):
        now = earliest(sent, now)
        sent.append(now)
    assert len(sent) == 40
    assert sent[14] - sent[0] < timedelta(hours=3) <= sent[15] - sent[0]


def test_what_is_long_ago_does_not_count() -> None:
    assert ready_in(minutes(*([-181] * 30)), NOW) == timedelta(0)
