"""Where are a million keys kept of which nothing is heard?

Each is a name and the few bytes that `packing` makes of it. A dictionary would add more than that
again to each. So they lie one behind the other on shelves, fifteen to a shelf when there are a
million: to find one is to look along its shelf.
"""

import zlib
from collections.abc import Iterator
from typing import Final

from streams.domain.detection.packing import SIZE

_SHELVES: Final = 1 << 16
_HEAD: Final = 2  # bytes that say how long the name is


class QuietKeys:
    """Packed keys by name."""

    def __init__(self) -> None:
        self._shelves = [b""] * _SHELVES
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: str) -> bool:
        shelf, name = self._place(key)
        return _find(self._shelves[shelf], name) >= 0

    def put(self, key: str, raw: bytes) -> None:
        """Put away a key that is not here yet."""
        shelf, name = self._place(key)
        self._shelves[shelf] += name + raw
        self._count += 1

    def take(self, key: str) -> bytes | None:
        """Take a key back, if it is here."""
        shelf, name = self._place(key)
        held = self._shelves[shelf]
        begin = _find(held, name)
        if begin < 0:
            return None
        middle = begin + len(name)
        end = middle + SIZE
        self._shelves[shelf] = held[:begin] + held[end:]
        self._count -= 1
        return held[middle:end]

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All keys; in the same order, whoever put them away in the same."""
        for held in self._shelves:
            for begin, middle in _names(held):
                yield held[begin + _HEAD : middle].decode(), held[middle : middle + SIZE]

    @staticmethod
    def _place(key: str) -> tuple[int, bytes]:
        name = key.encode()
        return zlib.crc32(name) % _SHELVES, len(name).to_bytes(_HEAD, "little") + name


def _names(held: bytes) -> Iterator[tuple[int, int]]:
    """Where each key of a shelf begins, and where its name ends."""
    begin = 0
    while begin < len(held):
        middle = begin + _HEAD + int.from_bytes(held[begin : begin + _HEAD], "little")
        yield begin, middle
        begin = middle + SIZE


def _find(held: bytes, name: bytes) -> int:
    if name not in held:  # most are not, and this is quick
        return -1
    found = (begin for begin, middle in _names(held) if held[begin:middle] == name)
    return next(found, -1)
