"""Which days are not plain ones, in which country?"""

from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import resources

import holidays

from streams.errors import WrongSettingError


def known_days(country: str) -> Callable[[date], str | None]:
    """The name of a national holiday, or None; New Year's Eve is one everywhere."""
    try:
        days = holidays.country_holidays(country.upper(), language="en_US")
    except NotImplementedError:
        raise WrongSettingError(f"no holidays are known for {country!r}") from None
    except Exception:  # noqa: BLE001 - not every country speaks English here
        days = holidays.country_holidays(country.upper())

    def name(day: date) -> str | None:
        if (day.month, day.day) == (12, 31):
            return "New Year's Eve"
        return days.get(day)

    return name


@cache
def country_of(zone: str) -> str | None:
    """The country that a time zone is named for, by the IANA table."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    for line in table.splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) > 2 and fields[2] == zone:  # noqa: PLR2004
            return fields[0]
    return None
