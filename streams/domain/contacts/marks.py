"""Was this contact here once, though nothing else of it is remembered?

Of a contact that is done eight bytes are kept, a hash of its id, in sorted arrays: a day has a
million of them, and a set of whole numbers would take nine times as much.
"""

from array import array
from bisect import bisect_left
from typing import Final

_GENERATIONS: Final = 4
_FRESH_AT_LEAST: Final = 256
# New marks wait in a set until they are so large a part of their generation: sorting them in
# costs as much as the generation is long.
_FRESH_PART: Final = 16


class Marks:
    """The marks of some generations; with each new one the oldest is forgotten."""

    def __init__(self) -> None:
        self._fresh: set[int] = set()
        self._sorted: list[array[int]] = [array("q")]

    def __contains__(self, contact: str) -> bool:
        mark = hash(contact)
        if mark in self._fresh:
            return True
        for marks in self._sorted:  # asked for each new contact: a generator would take twice
            place = bisect_left(marks, mark)
            if place < len(marks) and marks[place] == mark:
                return True
        return False

    def add(self, contact: str) -> None:
        """Keep a mark of a contact."""
        self._fresh.add(hash(contact))
        if len(self._fresh) > max(_FRESH_AT_LEAST, len(self._sorted[0]) // _FRESH_PART):
            self._sort_in()

    def turn(self) -> None:
        """Begin another generation."""
        self._sort_in()
        self._sorted = [array("q"), *self._sorted[: _GENERATIONS - 1]]

    def _sort_in(self) -> None:
        self._sorted[0] = array("q", sorted([*self._sorted[0], *self._fresh]))
        self._fresh = set()
