"""Does a preview say what another version would change, and nothing else?"""

from pathlib import Path

from services.command.effects import Change, changes, effects
from streams.centre_file import check_text
from streams.domain.centre import Centre

SHIPPED = (Path(__file__).parents[2] / "centre.toml").read_text()


def centre(*replaced: tuple[str, str]) -> Centre:
    text = SHIPPED
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    found, problems = check_text(text.encode(), "test")
    assert found is not None
    assert problems == []
    return found


def shown(before: Centre, after: Centre) -> dict[str, Change]:
    return {change.where: change for change in effects(before, after)}


def test_the_same_policy_in_other_words_changes_nothing() -> None:
    other = centre(('wait_limit = "3m"', 'wait_limit = "180s"'))
    assert other.version != centre().version
    assert changes(centre(), other) == []
    assert effects(centre(), other) == []


def test_each_setting_that_differs_is_named_as_in_the_file_with_both_values() -> None:
    other = centre(('call_up = "20m"', 'call_up = "1h30m"'), ("share = 0.9", "share = 0.8"))
    assert changes(centre(), other) == [
        Change("pools[volunteers].call_up", "20m", "1h30m"),
        Change("target.share", "0.9", "0.8"),
    ]


def test_a_pool_that_comes_or_goes_is_shown_field_by_field() -> None:
    pool = '[[pools]]\nname = "agency"\nseats = 30\nlanguages = ["ko"]\nqueues = ["main"]\n\n'
    other = centre(('[[queues]]\nname = "main"', pool + '[[queues]]\nname = "main"'))
    came = {change.where: change.after for change in changes(centre(), other)}
    assert came["pools[agency].seats"] == "30"
    went = {change.where: change.after for change in changes(other, centre())}
    assert went["pools[agency].seats"] == ""


def test_a_looser_budget_of_false_alarms_lowers_the_thresholds_that_are_shown() -> None:
    looser = centre(("alert_per_year = 1.0", "alert_per_year = 4.0"))
    alert = shown(centre(), looser)["threshold alert"]
    assert float(alert.after.replace(",", "")) < float(alert.before.replace(",", ""))


def test_more_expected_contacts_need_more_seats_in_the_busiest_hour() -> None:
    twice = centre(("contacts_per_year = 240_000", "contacts_per_year = 480_000"))
    seats = shown(centre(), twice)["seats needed in the busiest ordinary hour"]
    assert int(seats.after) > int(seats.before)
