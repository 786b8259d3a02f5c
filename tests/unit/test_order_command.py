"""`surgeline order`, as far as it goes without a platform."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.order import command
from services.command.standing import Standing
from streams.domain.detection.surge import SurgeWatch
from streams.events.surges import SurgeCleared, SurgeDeclared
from tests.support.orders import declare, dismiss
from tests.support.pulses import EXAMPLE, at

NOBODY = "http://127.0.0.1:9"


def order(*arguments: str, data: Path | None = None) -> Result:
    given = ["--url", NOBODY, *(["--data", str(data)] if data else ["--token", "t"])]
    return CliRunner().invoke(command, [*given, *arguments], env={"SURGELINE_LEAD_TOKEN": ""})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["declare", "total"], "--reason"),
        (["extend", "e1", "--until", "tomorrow"], "must be a time"),
        (["extend", "e1", "--until", "2026-03-11T14:00"], "needs a zone"),
        (["planned", "total", "--from", "1h", "--to", "2h", "--ratio", "3"], "--title"),
        (["explode"], "No such command"),
    ],
)
def test_wrong_use_is_said_with_exit_code_two(arguments: list[str], says: str) -> None:
    result = order(*arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_without_a_token_it_says_where_one_would_be(tmp_path: Path) -> None:
    result = order("ack", "e1", data=tmp_path)
    assert result.exit_code == 2
    assert "SURGELINE_TOKEN" in result.output


def test_when_nobody_answers_the_order_may_be_given_again_with_its_id() -> None:
    result = order("--id", "o-1", "ack", "e1")
    assert result.exit_code == 1
    assert "[id o-1]" in result.output


def test_a_surge_that_somebody_ended_can_be_ordered_about_no_more() -> None:
    watch, standing = SurgeWatch(EXAMPLE), Standing()
    watch.order(declare("country:JP", at(60)))
    (declared,) = watch.obey(at(60))
    standing.observe(declared)
    assert isinstance(declared, SurgeDeclared)
    assert set(standing.open) == {declared.data.episode}
    watch.order(dismiss(declared.data, at(90)))
    (over,) = watch.obey(at(90))
    standing.observe(over)
    standing.observe(declared)  # read again after a reconnect: the last word holds
    assert isinstance(over, SurgeCleared)
    assert (set(standing.open), set(standing.over)) == (set(), {declared.data.episode})
    assert len(standing.obeyed) == 2
