"""How long is what kept on this installation?

The catalogue says how long each topic is kept by default; SURGELINE_RETENTION_DAYS
("contacts=7,audit=730,numbers=14") says otherwise for some. Topics that keep the last state of each
key have no such time of Kafka's: there the services forget, by three words of their own. `numbers`
is how long after its end a callback still leads to its caller, `callbacks` how long its record is
kept at all, `names` how long somebody is known who can no longer be called out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from streams.errors import WrongSettingError
from streams.topics import CALLBACKS, CATALOGUE, CONTACTS, DAY_MS, OVERFLOW

NAME: Final = "SURGELINE_RETENTION_DAYS"
KEPT_FOR_A_TIME: Final = tuple(topic.name for topic in CATALOGUE if "delete" in topic.cleanup)
NUMBERS, NAMES, RECORDS = "numbers", "names", CALLBACKS.name
FORGOTTEN_BY_SERVICES: Final = {
    NUMBERS: 30,
    NAMES: 30,
    RECORDS: CALLBACKS.retention_ms // DAY_MS,
}
# A request is remembered for a day after its last call (a redial joins it), and a weekend of
# repairs must not lose the log that state is rebuilt from.
FEWEST_DAYS: Final = 3
MOST_DAYS: Final = 3650
# A broker forgets by whole segments, of a day: see `Topic.settings`.
LATE_DAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """When the services forget."""

    numbers: timedelta
    names: timedelta
    records: timedelta


def retention_ms(env: Mapping[str, str]) -> dict[str, int]:
    """Milliseconds by the topic's name in the catalogue, for those that are named."""
    days = _days(env)
    return {name: days[name] * DAY_MS for name in days if name in KEPT_FOR_A_TIME}


def forgetting(env: Mapping[str, str]) -> Forgetting:
    """When the services forget, by default or as it is set."""
    days = FORGOTTEN_BY_SERVICES | _days(env)
    return Forgetting(
        numbers=timedelta(days=days[NUMBERS]),
        names=timedelta(days=days[NAMES]),
        records=timedelta(days=days[RECORDS]),
    )


def _days(env: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in env.get(NAME, "").split(","))):
        what, _, days = (word.strip() for word in part.partition("="))
        if what not in KEPT_FOR_A_TIME and what not in FORGOTTEN_BY_SERVICES:
            names = ", ".join((*KEPT_FOR_A_TIME, *FORGOTTEN_BY_SERVICES))
            raise WrongSettingError(f"{NAME} names {what!r}; there are {names}")
        if not days.isascii() or not days.isdigit() or not FEWEST_DAYS <= int(days) <= MOST_DAYS:
            raise WrongSettingError(
                f"{NAME}: {what} must be kept {FEWEST_DAYS} to {MOST_DAYS} days, not {days!r}"
            )
        found[what] = int(days)
    _check_records(found)
    return found


def _check_records(found: Mapping[str, int]) -> None:
    """A wish that is read again must find that it was dealt with: else somebody is rung twice."""
    kept = found.get(RECORDS, FORGOTTEN_BY_SERVICES[RECORDS])
    for topic in (CONTACTS, OVERFLOW):
        least = found.get(topic.name, topic.retention_ms // DAY_MS) + LATE_DAYS
        if kept < least:
            raise WrongSettingError(
                f"{NAME}: {RECORDS} must be kept {least} days or more,"
                f" for {topic.name} are kept {least - LATE_DAYS}"
            )
