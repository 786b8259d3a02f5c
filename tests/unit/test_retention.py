"""How long a topic is kept is a setting, within what the platform needs."""

import pytest

from streams.errors import WrongSettingError
from streams.retention import forgetting, retention_ms
from streams.topics import DAY_MS


def test_what_is_named_is_kept_so_long_and_the_rest_as_the_catalogue_says() -> None:
    env = {"SURGELINE_RETENTION_DAYS": "contacts=7, audit=730,"}
    assert retention_ms(env) == {"contacts": 7 * DAY_MS, "audit": 730 * DAY_MS}
    assert retention_ms({}) == {}


def test_when_the_services_forget_is_a_setting_as_well() -> None:
    env = {"SURGELINE_RETENTION_DAYS": "contacts=7,numbers=5,callbacks=60"}
    kept = forgetting(env)
    assert (kept.numbers.days, kept.records.days, kept.names.days) == (5, 60, 30)
    assert retention_ms(env) == {"contacts": 7 * DAY_MS}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calls=7", "names 'calls'"),
        ("callbacks=31", "callbacks must be kept 32 days or more, for contacts are kept 30"),
        ("overflow=100", "callbacks must be kept 102 days or more, for overflow are kept 100"),
        ("numbers=2", "numbers must be kept 3 to 3650 days"),
        ("contacts=2", "contacts must be kept 3 to 3650 days"),
        ("contacts=week", "not 'week'"),
        ("contacts", "not ''"),
    ],
)
def test_what_cannot_be_kept_so_is_refused(text: str, said: str) -> None:
    with pytest.raises(WrongSettingError, match=said):
        retention_ms({"SURGELINE_RETENTION_DAYS": text})
