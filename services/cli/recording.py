"""What do the commands that read a recording of contacts have in common?"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import click

from streams.known_days import country_of, known_days

HOUR: Final = timedelta(hours=1)
# Recordings are often a little out of order; what is more than that is sorted first.
SLACK: Final = 3600
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Zone(click.ParamType):
    """An IANA time zone."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone; write it like Asia/Seoul", param, ctx)


def history_options(command: _Command) -> _Command:
    """The options of a recording that is watched or learned from."""
    for option in reversed(
        (
            click.option("--time-column", help="Default: occurred_at."),
            click.option(
                "--count-column", help="The file has counts per hour, not one contact a row."
            ),
            click.option(
                "--timezone",
                "zone",
                type=Zone(),
                default="UTC",
                show_default=True,
                help="Zone of naive times, and of the local week.",
            ),
            click.option(
                "--holidays",
                "country",
                metavar="COUNTRY",
                help="Whose holidays are known days (US, KR, none). Default: the time zone's.",
            ),
        )
    ):
        command = option(command)
    return command


def days_of(country: str | None, zone: ZoneInfo) -> Callable[[date], str | None] | None:
    """The known days of a country, of the zone's where none is named, or none at all."""
    country = country or country_of(zone.key)
    return None if country in {None, "none"} else known_days(str(country))
