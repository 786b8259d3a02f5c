"""How long is each topic kept on this installation?

The catalogue says how long by default; SURGELINE_RETENTION_DAYS ("contacts=7,audit=730") says
otherwise for some. Topics that keep the last state of each key have no such time.
"""

from collections.abc import Mapping
from typing import Final

from streams.errors import WrongSettingError
from streams.topics import CATALOGUE, DAY_MS

NAME: Final = "SURGELINE_RETENTION_DAYS"
KEPT_FOR_A_TIME: Final = tuple(topic.name for topic in CATALOGUE if "delete" in topic.cleanup)
# A request is remembered for a day after its last call (a redial joins it), and a weekend of
# repairs must not lose the log that state is rebuilt from.
FEWEST_DAYS: Final = 3
MOST_DAYS: Final = 3650


def retention_ms(env: Mapping[str, str]) -> dict[str, int]:
    """Milliseconds by the topic's name in the catalogue, for those that are named."""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in env.get(NAME, "").split(","))):
        topic, _, days = (word.strip() for word in part.partition("="))
        if topic not in KEPT_FOR_A_TIME:
            names = ", ".join(KEPT_FOR_A_TIME)
            raise WrongSettingError(f"{NAME} names {topic!r}; there are {names}")
        if not days.isascii() or not days.isdigit() or not FEWEST_DAYS <= int(days) <= MOST_DAYS:
            raise WrongSettingError(
                f"{NAME}: {topic} must be kept {FEWEST_DAYS} to {MOST_DAYS} days, not {days!r}"
            )
        found[topic] = int(days) * DAY_MS
    return found
