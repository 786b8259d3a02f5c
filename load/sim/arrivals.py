"""When do people call?

Non-homogeneous Poisson arrivals by time rescaling: unit-rate gaps are drawn and carried through
the inverse of the cumulated rate, which has a closed form for every piece used here. Sources are
independent and add up, so another burst changes nothing in the draws of the others, and a rate
divided by W workers is exact (guide, wallboards-deploy-load.md 6.2).
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from load.scenario import Burst, Silence

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one shape: `rate` per second is the constant, or the peak.

    A rise climbs in a straight line from nothing; a decay falls by e in `scale` seconds.
    """

    start: float
    length: float
    rate: float
    shape: Literal["flat", "rise", "decay"] = "flat"
    scale: float = 1.0

    def mass(self, elapsed: float) -> float:
        """Expected arrivals in the first `elapsed` seconds of the piece."""
        if self.shape == "rise":
            return self.rate * elapsed * elapsed / (2 * self.length)
        if self.shape == "decay":
            return self.rate * self.scale * -math.expm1(-elapsed / self.scale)
        return self.rate * elapsed

    def elapsed(self, mass: float) -> float:
        """The inverse of `mass`: how far into the piece that many arrivals are expected."""
        if self.shape == "rise":
            return math.sqrt(2 * mass * self.length / self.rate)
        if self.shape == "decay":
            return -self.scale * math.log1p(-mass / (self.rate * self.scale))
        return mass / self.rate


def burst_pieces(burst: Burst, length: float) -> list[Piece]:
    """The pieces of a burst, cut at its own end or the scenario's."""
    end = length if burst.ends is None else min(length, burst.ends.total_seconds())
    peak = burst.peak_per_hour / HOUR
    pieces: list[Piece] = []
    at = burst.at.total_seconds()
    rise, hold = burst.rise.total_seconds(), burst.hold.total_seconds()
    if rise > 0:
        pieces.append(Piece(at, rise, peak, "rise"))
    if hold > 0:
        pieces.append(Piece(at + rise, hold, peak))
    if burst.halves_every > timedelta(0):
        scale = burst.halves_every.total_seconds() / math.log(2)
        start = at + rise + hold
        pieces.append(Piece(start, max(0.0, end - start), peak, "decay", scale))
    return [piece for piece in pieces if piece.length > 0]


def week_pieces(
    week: Sequence[float], starts: datetime, length: float, zone: ZoneInfo, scale: float
) -> list[Piece]:
    """An hour-of-week curve (168 values an hour, Monday 00:00 local) as flat pieces."""
    pieces: list[Piece] = []
    at = 0.0
    while at < length:
        local = (starts + timedelta(seconds=at)).astimezone(zone)
        left = HOUR - (local.minute * 60 + local.second + local.microsecond / 1e6)
        rate = week[local.weekday() * 24 + local.hour] * scale / HOUR
        pieces.append(Piece(at, min(left, length - at), rate))
        at += left
    return [piece for piece in pieces if piece.rate > 0]


def with_silences(pieces: Sequence[Piece], silences: Sequence[Silence]) -> list[Piece]:
    """Flat pieces, lowered to its share wherever a silence lies over them."""
    found = list(pieces)
    for silence in silences:
        low = silence.at.total_seconds()
        high = low + silence.lasts.total_seconds()
        cut: list[Piece] = []
        for piece in found:
            end = piece.start + piece.length
            edges = [piece.start, *(at for at in (low, high) if piece.start < at < end), end]
            for start, stop in itertools.pairwise(edges):
                share = silence.share if low <= start < high else 1.0
                cut.append(Piece(start, stop - start, piece.rate * share))
        found = cut
    return [piece for piece in found if piece.rate > 0]


def arrival_times(pieces: Sequence[Piece], chance: random.Random) -> Iterator[float]:
    """Seconds since the start of each arrival, in order."""
    wanted = chance.expovariate(1.0)
    for piece in pieces:
        whole = piece.mass(piece.length)
        while wanted < whole:
            yield piece.start + min(piece.elapsed(wanted), piece.length)
            wanted += chance.expovariate(1.0)
        wanted -= whole


def expected_between(pieces: Sequence[Piece], start: float, end: float) -> float:
    """Expected arrivals from `start` to `end`."""
    total = 0.0
    for piece in pieces:
        low = min(max(start - piece.start, 0.0), piece.length)
        high = min(max(end - piece.start, 0.0), piece.length)
        total += piece.mass(high) - piece.mass(low)
    return total
