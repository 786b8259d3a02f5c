"""Guessing is slowed down, and a stranger cannot keep anybody out."""

from datetime import UTC, datetime, timedelta

from services.consoles.brake import MOST_COUNTS, Brake, Try

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KIM = Try("kim", "10.0.0.1")


def failing(brake: Brake, tried: Try, times: int, now: datetime = NOON) -> datetime:
    """Fail as often, as soon as one may each time; when the last was."""
    for _ in range(times):
        now += brake.wait(tried, now)
        brake.failed(tried, now)
    return now


def test_three_slips_are_free_and_then_the_wait_doubles() -> None:
    brake, now, waits = Brake(), NOON, []
    for _ in range(7):
        brake.failed(KIM, now)
        wait = brake.wait(KIM, now)
        waits.append(wait / SECOND)
        now += wait
    assert waits == [0, 0, 1, 2, 4, 8, 16]


def test_the_wait_never_exceeds_a_quarter_of_an_hour_and_an_hour_forgets_it() -> None:
    brake = Brake()
    now = failing(brake, KIM, 40)
    assert brake.wait(KIM, now) == timedelta(minutes=15)
    assert brake.wait(KIM, now + timedelta(minutes=61)) == timedelta(0)


def test_strangers_from_everywhere_can_delay_somebody_by_half_a_minute_at_most() -> None:
    brake = Brake()
    for number in range(5_000):
        brake.failed(Try("kim", f"10.{number >> 8}.{number & 255}.1"), NOON)
    assert brake.wait(Try("kim", "192.0.2.7"), NOON) == 30 * SECOND


def test_whoever_signed_in_from_this_browser_before_is_not_delayed_by_strangers() -> None:
    brake = Brake()
    for number in range(500):
        brake.failed(Try("kim", f"10.0.{number >> 8}.{number & 255}"), NOON)
    assert brake.wait(Try("kim", "192.0.2.7", device="d1"), NOON) == timedelta(0)


def test_a_known_browser_is_braked_by_its_own_failures() -> None:
    brake, known = Brake(), Try("kim", "192.0.2.7", device="d1")
    now = failing(brake, known, 8)
    assert brake.wait(known, now) > timedelta(0)
    assert brake.wait(Try("kim", "192.0.2.7"), now) == timedelta(0)


def test_one_address_that_tries_many_names_is_braked_for_all_of_them() -> None:
    brake = Brake()
    for number in range(40):
        brake.failed(Try(f"name{number}", "10.0.0.1"), NOON)
    assert brake.wait(Try("somebody-new", "10.0.0.1"), NOON) == timedelta(minutes=15)
    assert brake.wait(Try("somebody-new", "10.0.0.2"), NOON) == timedelta(0)


def test_the_right_password_forgets_the_slips_but_not_the_addresss_other_tries() -> None:
    brake = Brake()
    now = failing(brake, KIM, 5)
    for number in range(40):
        brake.failed(Try(f"name{number}", "10.0.0.2"), now)
    brake.succeeded(KIM)
    brake.succeeded(Try("lee", "10.0.0.2"))
    assert brake.wait(KIM, now) == timedelta(0)
    assert brake.wait(Try("lee", "10.0.0.2"), now) > timedelta(0)


def test_the_counts_do_not_grow_without_end() -> None:
    brake = Brake()
    for number in range(MOST_COUNTS):
        brake.failed(Try(f"n{number}", f"a{number}"), NOON)
    assert len(brake._counts) == MOST_COUNTS
