"""How is a curve drawn, so that it prints as well as it shows?

SVG with its own axes and words and no script: the same picture on the page and in the report.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil, floor, log10
from typing import Final

WIDE, HALF = 1240, 620
HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 250, 50, 16, 18, 30
STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 360)
PIXELS_A_TICK: Final = 78
ROUND: Final = (1, 2, 5, 10)
LINES: Final = 4
MOST_TENS: Final = 5
RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where times and values come to lie; `logarithmic` begins at a tenth."""

    begins: datetime
    ends: datetime
    top: float
    zone: tzinfo
    step: float = 1.0
    width: int = WIDE
    logarithmic: bool = False

    def x(self, at: datetime) -> float:
        """A moment's place from the left."""
        whole = max(1.0, (self.ends - self.begins).total_seconds())
        return LEFT + (self.width - LEFT - RIGHT) * (at - self.begins).total_seconds() / whole

    def y(self, value: float) -> float:
        """A value's place from the top."""
        if self.logarithmic:
            share = (log10(max(0.1, value)) + 1) / (log10(self.top) + 1)
        else:
            share = value / self.top
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, share)


def frame(
    begins: datetime, ends: datetime, highest: float, zone: tzinfo, width: int = WIDE
) -> Frame:
    """A frame with whole steps, a round number above the highest value."""
    wanted = max(float(LINES), highest * 1.08)
    size = 10.0 ** floor(log10(wanted / LINES))
    step = next(size * each for each in ROUND if size * each * LINES >= wanted)
    return Frame(begins, ends, step * ceil(wanted / step), zone, step, width)


def scale_of_tens(
    begins: datetime, ends: datetime, highest: float, zone: tzinfo, width: int = WIDE
) -> Frame:
    """A frame whose steps are tens."""
    top = 10.0 ** max(1, ceil(log10(max(1.0, highest))))
    return Frame(begins, ends, top, zone, width=width, logarithmic=True)


def svg(words: str, on: Frame, *parts: str) -> str:
    """A whole picture; `words` says what is to be seen."""
    box = f'viewBox="0 0 {on.width} {HEIGHT}" role="img" aria-label="{words}"'
    return f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'


def axes(on: Frame) -> str:
    """Lines at round values and times."""
    values = (
        _tens(on) if on.logarithmic else [on.step * i for i in range(round(on.top / on.step) + 1)]
    )
    across = "".join(
        f'<path class="grid" d="M{LEFT} {on.y(v):.1f}H{on.width - RIGHT}"/>'
        f'<text x="{LEFT - 8}" y="{on.y(v) + 5:.1f}" text-anchor="end">{_said(v, on)}</text>'
        for v in values
    )
    down = "".join(
        f'<text x="{on.x(at):.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{at.astimezone(on.zone):%H:%M}</text>"
        for at in _ticks(on)
    )
    return across + down


def bars(on: Frame, points: Points, name: str, minutes: float = 1.0) -> str:
    """A bar for each point, as wide as its minutes."""
    width = max(0.6, on.x(on.begins + timedelta(minutes=minutes)) - LEFT)
    return "".join(
        f'<rect class="{name}" x="{on.x(at) + width * 0.12:.1f}" width="{width * 0.76:.1f}"'
        f' y="{on.y(value):.1f}" height="{HEIGHT - BOTTOM - on.y(value):.1f}"/>'
        for at, value in points
        if value
    )


def line(on: Frame, points: Points, name: str, *, until: datetime) -> str:
    """A value that holds until the next one."""
    if not points:
        return ""
    at, value = points[0]
    path = [f"M{on.x(max(at, on.begins)):.1f} {on.y(value):.1f}"]
    path += [f"H{on.x(at):.1f}V{on.y(value):.1f}" for at, value in points[1:]]
    return f'<path class="{name}" d="{"".join(path)}H{on.x(until):.1f}"/>'


def band(on: Frame, points: Sequence[tuple[datetime, float, float]], until: datetime) -> str:
    """The room between two values that hold until the next ones."""
    if not points:
        return ""
    ends = [*(at for at, _, _ in points[1:]), until]
    upper = [
        f"L{on.x(at):.1f} {on.y(high):.1f}H{on.x(end):.1f}"
        for (at, _, high), end in zip(points, ends, strict=True)
    ]
    lower = [
        f"L{on.x(end):.1f} {on.y(low):.1f}H{on.x(at):.1f}"
        for (at, low, _), end in reversed(list(zip(points, ends, strict=True)))
    ]
    return f'<path class="band" d="M{"".join([*upper, *lower])[1:]}Z"/>'


def dots(on: Frame, points: Points, name: str) -> str:
    """A dot for each point."""
    return "".join(
        f'<circle class="{name}" cx="{on.x(at):.1f}" cy="{on.y(value):.1f}" r="4"/>'
        for at, value in points
    )


def level(on: Frame, value: float, words: str) -> str:
    """A line across that is not to be missed, with its name."""
    y = on.y(value)
    return (
        f'<path class="level-line" d="M{LEFT} {y:.1f}H{on.width - RIGHT}"/>'
        f'<text class="said" x="{LEFT + 6}" y="{y - 6:.1f}">{words}</text>'
    )


def marks(on: Frame, moments: Iterable[tuple[datetime, str]]) -> str:
    """Lines down at moments, with what they are; names of near ones stand under each other."""
    parts, row, before = [], 0, -1e9
    for at, words in moments:
        x = on.x(at)
        row = row + 1 if x - before < on.width / 4 else 0
        before = x
        left = x > on.width * 0.7
        parts.append(
            f'<path class="mark" d="M{x:.1f} {TOP - 12}V{HEIGHT - BOTTOM}"/>'
            f'<text class="said" x="{x - 6 if left else x + 6:.1f}" y="{TOP + 16 * row}"'
            f' text-anchor="{"end" if left else "start"}">{words}</text>'
        )
    return "".join(parts)


def _tens(on: Frame) -> list[float]:
    """Each power of ten, or every other one where they would stand too close."""
    highest = round(log10(on.top))
    if highest > MOST_TENS:
        return [10.0**power for power in range(0, highest + 1, 2)]
    return [10.0**power for power in range(-1, highest + 1)]


def _said(value: float, on: Frame) -> str:
    """A number as short as its place at the edge."""
    if on.logarithmic and value > 100:  # noqa: PLR2004 - 1, 10, 100 are shorter than 10²
        return "10" + str(round(log10(value))).translate(RAISED)
    return f"{value:g}"


def _ticks(on: Frame) -> list[datetime]:
    minutes = (on.ends - on.begins).total_seconds() / 60
    most = on.width // PIXELS_A_TICK
    step = next((step for step in STEPS if minutes / step <= most), STEPS[-1])
    first = on.begins.astimezone(on.zone).replace(minute=0, second=0, microsecond=0)
    ticks = (first + timedelta(minutes=step * i) for i in range(int(minutes / step) + 62))
    return [at for at in ticks if on.begins <= at <= on.ends]
