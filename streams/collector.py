"""How often does Python look for objects that only refer to each other?

By default after every 700 new objects. A book of contacts makes millions that stay, and next to
nothing that could only be freed so: the looking took a fifth of the worker's time, in pauses.
Services that answer requests make and drop objects by the hundred for each.
"""

import gc
from typing import Final

NEW_OBJECTS: Final = 100_000
YOUNG_ROUNDS, MIDDLE_ROUNDS = 20, 20


def look_seldom() -> None:
    """For a process that keeps much and lets go of it by itself."""
    gc.set_threshold(NEW_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
