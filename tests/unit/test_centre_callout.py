"""Is a wrong setting for call-outs named with what would be right?"""

from datetime import timedelta
from pathlib import Path

import pytest

from streams.centre_file import check_centre, load_centre
from tests.support.broker import ROOT
from tests.support.callout_centre import write_centre


def test_the_shipped_centre_waits_for_a_manager_and_drops_what_nobody_confirms() -> None:
    policy = load_centre(ROOT / "centre.toml").callout
    assert (policy.raise_needs, policy.unconfirmed, policy.confirm_within) == (
        "confirm",
        "drop",
        timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("raise_needs", "always", "must be one of automatic, confirm, off"),
        ("rule", "guess", "must be one of forecast, rounds, sequential, blast"),
        ("speed", 2.0, "must be a number from 0 to 1"),
        ("lease", "0s", "must be a second or longer"),
        ("shift", "25h", "nobody sits longer than a day"),
        ("leese", "30s", "did you mean 'lease'?"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    tmp_path: Path, name: str, value: str | float, right: str
) -> None:
    _, problems = check_centre(write_centre(tmp_path, **{name: value}))
    assert [(p.where, p.right) for p in problems] == [(f"callout.{name}", right)]
