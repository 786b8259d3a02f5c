"""A wrong [callbacks] table is told what is wrong and what would be right."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from streams.centre_file import check_centre, load_centre
from streams.domain.centre import CallbackPolicy

EXAMPLE = Path(__file__).parents[2] / "centre.toml"


def test_the_shipped_example_says_how_callbacks_are_worked() -> None:
    policy = load_centre(EXAMPLE).callbacks
    assert (policy.reserve, policy.quiet_hours, policy.quiet_after, policy.timezone.key) == (
        0.1,
        (time(22), time(8)),
        timedelta(hours=2),
        "Asia/Seoul",
    )


def test_without_the_table_the_defaults_hold_in_the_centres_own_time(tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    head, _, rest = EXAMPLE.read_text().partition("[callbacks]")
    file.write_text(head + "".join(f"[{part}" for part in rest.split("\n[")[1:]))
    centre = load_centre(file)
    assert centre.callbacks == CallbackPolicy(timezone=centre.timezone)


@pytest.mark.parametrize(
    ("old", "new", "where", "right"),
    [
        ("reserve = 0.1", "reserve = 1.5", "callbacks.reserve", "0 to 0.9"),
        ("reserve = 0.1", "reserv = 0.1", "callbacks.reserv", "'reserve'"),
        ("falls_every = 20", "falls_every = -1", "callbacks.reserve_falls_every", "whole"),
        ('"22:00-08:00"', '"10pm-8am"', "callbacks.quiet_hours", '"22:00-08:00"'),
        ('"22:00-08:00"', '"08:00-08:00"', "callbacks.quiet_hours", '"never"'),
        ('"22:00-08:00"', '"24:00-08:00"', "callbacks.quiet_hours", '"22:00-08:00"'),
        ('quiet_after = "2h"', "quiet_after = 2", "callbacks.quiet_after", '"24h"'),
        ('override = ["life_at_risk"', 'override = ["urgent"', "callbacks.quiet_override", "high"),
        ("text_after = 1", "text_after = 1.5", "callbacks.text_after", "whole"),
        ("at_once = 0", "at_once = true", "callbacks.customer_first_at_once", "whole"),
        ('"+82232100404"', '"02-3210-0404"', "callbacks.own_numbers", "digits"),
        ("denied = []", 'denied = ["Korea"]', "callbacks.countries_denied", "two capital"),
        ('deadline = "15m"', 'deadline = "15"', "callbacks.near_deadline", '"24h"'),
        ('deadline = "15m"', 'deadline = "4h"', "callbacks.near_deadline", "overflow.promise"),
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
    assert [p for p in problems if p.where == where and right in p.right], problems


def test_a_country_cannot_be_allowed_and_denied(tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    text = EXAMPLE.read_text().replace("allowed = []", 'allowed = ["KR"]')
    file.write_text(text.replace("denied = []", 'denied = ["KR"]'))
    _, problems = check_centre(file)
    assert [problem.where for problem in problems] == ["callbacks.countries_denied"]


def test_a_wrong_number_is_not_repeated_in_what_is_said_about_it(tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(EXAMPLE.read_text().replace('"+82232100404"', '"010 1234 5678"'))
    _, problems = check_centre(file)
    assert not [problem for problem in problems if "1234" in str(problem)]
