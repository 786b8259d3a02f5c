"""How is a plot drawn with nothing but SVG?"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Final

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 190, 52, 12, 26, 24
COLOURS: Final = ("#1f6fb2", "#d9822b", "#2a8f5b", "#8a4fbf")
_MOST_TICKS: Final = 8
_HOURS: Final = (1, 2, 3, 6, 12, 24, 48, 96, 168)
_DAY_AND_A_HALF: Final = 36 * 3600


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: values a step apart."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Curves over the time of a scenario; `marks` are moments in seconds with a word each."""

    title: str
    starts: datetime
    zone: tzinfo
    step: float
    lines: Sequence[Line]
    marks: Sequence[tuple[float, str]] = ()

    @property
    def length(self) -> float:
        """Seconds along."""
        return self.step * max(1, *(len(line.values) - 1 for line in self.lines))

    @property
    def top(self) -> float:
        """The value at the upper edge: the next round number."""
        most = max((max(line.values, default=0.0) for line in self.lines), default=0.0)
        power = 10.0 ** math.floor(math.log10(max(most, 1.0)))
        return next(n * power for n in (1, 2, 5, 10) if n * power >= max(most, 1.0))

    def x(self, second: float) -> float:
        """Where a second is."""
        return LEFT + min(1.0, second / self.length) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value is."""
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)


def drawn(plot: Plot) -> str:
    """The plot as an SVG element, readable on light and dark paper."""
    parts = [*_hours(plot), *_values(plot), *_legend(plot), *_curves(plot), *_marks(plot)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui,sans-serif" font-size="11" fill="#788694">'
        f"<title>{escape(plot.title)}</title>{''.join(parts)}</svg>"
    )


def _curves(plot: Plot) -> Iterator[str]:
    for line, colour in zip(plot.lines, COLOURS, strict=False):
        points = " ".join(
            f"{plot.x(nth * plot.step):.1f},{plot.y(value):.1f}"
            for nth, value in enumerate(line.values)
        )
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _marks(plot: Plot) -> Iterator[str]:
    for at, word in plot.marks:
        x = plot.x(at)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
            f'stroke="#c4321c" stroke-dasharray="4 3"/>'
            f'<text x="{x + 4:.1f}" y="{TOP + 10}" fill="#c4321c">{escape(word)}</text>'
        )


def _hours(plot: Plot) -> Iterator[str]:
    every = next((n for n in _HOURS if plot.length / 3600 / n <= _MOST_TICKS), _HOURS[-1])
    begins = plot.starts.astimezone(plot.zone)
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    for nth in range(int(plot.length / 3600 / every) + 2 + 24 // every):
        moment = midnight + timedelta(hours=nth * every)
        second = (moment - begins).total_seconds()
        if 0 <= second <= plot.length:
            text = f"{moment:%H:%M}" if plot.length < _DAY_AND_A_HALF else f"{moment:%d %b %H h}"
            x = plot.x(second)
            # The last hour may end at the very edge, and its name must not be cut.
            anchor = "end" if x > WIDTH - 2 * RIGHT else "middle"
            yield (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                f'stroke="#8883"/><text x="{x:.1f}" y="{HEIGHT - 8}" '
                f'text-anchor="{anchor}">{text}</text>'
            )


def _values(plot: Plot) -> Iterator[str]:
    for value in (0.0, plot.top / 2, plot.top):
        y = plot.y(value)
        yield (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8883"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        )


def _legend(plot: Plot) -> Iterator[str]:
    at = float(LEFT)
    for line, colour in zip(plot.lines, COLOURS, strict=False):
        yield (
            f'<rect x="{at:.0f}" y="8" width="10" height="10" fill="{colour}"/>'
            f'<text x="{at + 14:.0f}" y="17">{escape(line.name)}</text>'
        )
        at += 34 + 6.2 * len(line.name)
