"""Who may be asked, why not, and until when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from streams.domain.people.eligible import Rules, Verdict, Window, eligibility
from streams.domain.people.rest import EU, KR, PROFILES, Rule
from streams.domain.people.roster import Roster
from streams.events.people import Person, QuietHours, Shift, Span
from tests.support.people import NOW, at, person, shift, way

ASKED = Window(starts_at=at(11, 8), ends_at=at(11, 14))


def verdict(
    who: Person | None = None,
    *worked: Shift,
    window: Window = ASKED,
    rules: Rules | None = None,
) -> Verdict:
    return eligibility(who or person(), Roster(worked), window, NOW, rules or Rules())


def test_who_has_nothing_against_it_may_be_asked() -> None:
    assert verdict() == Verdict(ok=True)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"active": False}, "inactive"),
        ({"standing": "no"}, "standing_no"),
        ({"methods": ()}, "no_method"),
        ({"methods": (way(verified_at=None),)}, "unverified"),
        ({"methods": (way(opted_out=True),)}, "opted_out"),
        ({"skills": ()}, "skill"),
        ({"languages": ("ko",)}, "language"),
        ({"leave": (Span(starts_at=at(11, 13), ends_at=at(12, 0)),)}, "leave"),
        # Nobody on leave is woken to be asked about later hours.
        ({"leave": (Span(starts_at=at(10, 0), ends_at=at(11, 7)),)}, "leave"),
    ],
)
def test_the_reason_is_said(changed: dict[str, Any], reason: str) -> None:
    window = replace(ASKED, skills=("crisis",), languages=("en",))
    told = verdict(person(**changed), window=window)
    assert (told.ok, told.reason) == (False, reason)


def test_whoever_works_then_is_not_asked_until_they_are_free() -> None:
    told = verdict(None, shift(at(11, 5)))
    assert told == Verdict(ok=False, reason="working", until=at(11, 13))


def test_eleven_hours_of_rest_are_owed_and_it_is_said_when_they_are_over() -> None:
    told = verdict(None, shift(at(10, 14)), window=Window(starts_at=at(11, 8), ends_at=at(11, 12)))
    assert told == Verdict(ok=False, reason="daily_rest", until=at(11, 9))


def test_a_short_break_in_one_working_day_is_no_lack_of_rest() -> None:
    told = verdict(
        None, shift(at(11, 2), 4), window=Window(starts_at=at(11, 8), ends_at=at(11, 12))
    )
    assert told.ok


def test_a_day_off_is_owed_in_every_week() -> None:
    worked = [shift(at(day, 8), 6) for day in range(5, 11)]
    told = verdict(None, *worked)
    assert told.reason == "weekly_rest"


def test_the_rolling_week_counts_hours_and_not_calendar_weeks() -> None:
    rules = Rules(profiles={**PROFILES, "EU": replace(EU, rolling_hours=Rule(40.0))})
    worked = [shift(at(day, 0), 11.5) for day in (6, 8, 10)]
    assert verdict(None, *worked, rules=rules).reason == "rolling_hours"
    # 34.5 h and six more: the first of them falls out when the window moves on.
    later = Window(starts_at=at(13, 8), ends_at=at(13, 13))
    assert verdict(None, *worked, window=later, rules=rules).ok


def test_the_weekly_average_looks_back_seventeen_weeks() -> None:
    monday = at(2, 6) - timedelta(weeks=17)
    days = [monday + timedelta(weeks=w, days=d) for w in range(18) for d in range(5)]
    worked = [shift(day, 10) for day in days if day < at(10, 0)]
    assert verdict(None, *worked).reason == "average_hours"
    shorter = [shift(day, 8) for day in days if day < at(10, 0)]
    assert verdict(None, *shorter).ok


def test_a_night_worker_works_eight_hours_at_most() -> None:
    night = Window(starts_at=at(11, 13), ends_at=at(11, 22))  # 22:00 to 07:00 in Seoul
    assert verdict(None, window=night).reason == "night_hours"
    shorter = Window(starts_at=at(11, 13), ends_at=at(11, 21))
    assert verdict(None, window=shorter).ok


def test_what_one_country_forbids_another_only_warns_of() -> None:
    worked = shift(at(10, 14))
    window = Window(starts_at=at(11, 8), ends_at=at(11, 12))
    assert verdict(person(profile="EU"), worked, window=window).reason == "daily_rest"
    told = verdict(person(profile="KR"), worked, window=window)
    assert (told.ok, told.warnings) == (True, ("daily_rest",))
    assert KR.rolling_hours == Rule(52.0)


def test_a_rule_that_is_off_says_nothing() -> None:
    rules = Rules(profiles={**PROFILES, "EU": replace(EU, daily_rest=Rule(11.0, "off"))})
    window = Window(starts_at=at(11, 8), ends_at=at(11, 12))
    assert verdict(None, shift(at(10, 14)), window=window, rules=rules) == Verdict(ok=True)


def test_a_lifted_rule_stays_on_the_record_as_a_warning() -> None:
    window = Window(starts_at=at(11, 8), ends_at=at(11, 12))
    rules = Rules(lifted=frozenset({"daily_rest"}))
    told = verdict(None, shift(at(10, 14)), window=window, rules=rules)
    assert told == Verdict(ok=True, warnings=("daily_rest",))


@pytest.mark.parametrize("reason", ["leave", "opted_out", "unverified", "working", "inactive"])
def test_nobody_can_lift_what_is_not_theirs_to_lift(reason: str) -> None:
    rules = Rules(lifted=frozenset({reason}))
    who = {
        "leave": person(leave=(Span(starts_at=at(11, 0), ends_at=at(12, 0)),)),
        "opted_out": person(methods=(way(opted_out=True),)),
        "unverified": person(methods=(way(verified_at=None),)),
        "inactive": person(active=False),
    }.get(reason, person())
    worked = [shift(at(11, 7))] if reason == "working" else []
    assert verdict(who, *worked, rules=rules).reason == reason


def test_contract_hours_hold_for_any_seven_and_thirty_days() -> None:
    worked = [shift(at(9, 8), 5)]
    assert verdict(person(weekly_hours=10), *worked).reason == "contract_hours"
    assert verdict(person(weekly_hours=11), *worked).ok
    assert verdict(person(monthly_hours=10), *worked).reason == "contract_hours"


def test_quiet_hours_are_those_of_the_persons_own_clock() -> None:
    # 06:00 UTC is 15:00 in Seoul and 07:00 in Amsterdam.
    quiet = (QuietHours(from_minute=23 * 60, until_minute=7 * 60 + 30),)
    assert verdict(person(quiet=quiet)).ok
    told = verdict(person(quiet=quiet, timezone="Europe/Amsterdam"))
    assert told == Verdict(ok=False, reason="quiet_hours", until=at(11, 6, 30))


def test_quiet_hours_hold_on_the_days_they_begin_on() -> None:
    # 11 March 2026 is a Wednesday; the night that ends on it began on Tuesday.
    monday_night = QuietHours(from_minute=23 * 60, until_minute=8 * 60, days=(0,))
    tuesday_night = QuietHours(from_minute=23 * 60, until_minute=8 * 60, days=(1,))
    amsterdam = "Europe/Amsterdam"
    assert verdict(person(quiet=(monday_night,), timezone=amsterdam)).ok
    assert not verdict(person(quiet=(tuesday_night,), timezone=amsterdam)).ok


def test_a_roster_that_wants_people_in_eight_minutes_is_warned_of_working_time() -> None:
    assert verdict(person(response_minutes=8)).warnings == ("response_time",)


def test_a_standing_state_that_nobody_took_back_is_doubted() -> None:
    told = verdict(person(standing="now", standing_since=at(10, 6)))
    assert (told.ok, told.warnings) == (True, ("standing_old",))


# The bugs that others found (paging.md 4.4)


def test_an_override_applied_twice_puts_only_one_person_on_duty() -> None:
    planned = shift(at(11, 8), name="s1")
    override = shift(at(11, 8), name="o1", person="counselor-02", kind="override", replaces="s1")
    on_duty = list(Roster([planned, override, override]).on_duty(at(11, 9)))
    assert [one.person for one in on_duty] == ["counselor-02"]


def test_an_override_with_nobody_in_it_does_not_silence_the_calendar() -> None:
    planned = shift(at(11, 8), name="s1")
    nobody = shift(at(11, 8), name="o1", person="", kind="override", replaces="s1")
    assert [one.id for one in Roster([planned, nobody]).on_duty(at(11, 9))] == ["s1"]


def test_an_override_that_was_taken_back_gives_the_shift_back() -> None:
    planned = shift(at(11, 8), name="s1")
    gone = shift(
        at(11, 8), name="o1", person="counselor-02", kind="override", replaces="s1", cancelled=True
    )
    assert [one.id for one in Roster([planned, gone]).on_duty(at(11, 9))] == ["s1"]


def test_at_the_end_of_the_month_the_next_person_is_on_duty_and_not_the_previous() -> None:
    march = shift(at(31, 0), 24, "march")
    april = shift(at(1, 0, month=4), 24, "april", person="counselor-02")
    midnight = at(1, 0, month=4)
    assert [one.id for one in Roster([march, april]).on_duty(midnight)] == ["april"]


def test_a_swap_frees_the_one_and_binds_the_other() -> None:
    planned = shift(at(11, 8), name="s1")
    swap = shift(at(11, 8), name="s1.swap", person="counselor-02", kind="swap", replaces="s1")
    roster = Roster([planned, swap])
    assert roster.working("counselor-01", at(11, 9), at(11, 10)) is None
    assert roster.working("counselor-02", at(11, 9), at(11, 10)) is not None


def test_somebody_whose_shift_is_over_is_not_on_duty_for_ever() -> None:
    roster = Roster([shift(at(11, 0), 8)])
    assert list(roster.on_duty(at(11, 8))) == []
