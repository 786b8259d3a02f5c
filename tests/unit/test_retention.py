"""How long a topic is kept is a setting, within what the platform needs."""

import pytest

from streams.errors import WrongSettingError
from streams.retention import retention_ms
from streams.topics import DAY_MS


def test_what_is_named_is_kept_so_long_and_the_rest_as_the_catalogue_says() -> None:
    env = {"SURGELINE_RETENTION_DAYS": "contacts=7, audit=730,"}
    assert retention_ms(env) == {"contacts": 7 * DAY_MS, "audit": 730 * DAY_MS}
    assert retention_ms({}) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calls=7", "names 'calls'"),
        ("callbacks=7", "names 'callbacks'"),
        ("contacts=2", "contacts must be kept 3 to 3650 days"),
        ("contacts=week", "not 'week'"),
        ("contacts", "not ''"),
    ],
)
def test_what_cannot_be_kept_so_is_refused(text: str, said: str) -> None:
    with pytest.raises(WrongSettingError, match=said):
        retention_ms({"SURGELINE_RETENTION_DAYS": text})
