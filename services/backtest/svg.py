"""How is a plot drawn with nothing but SVG?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960, 56, 12, 10, 22
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A plot's axes: seconds along, values up; `log` draws powers of ten."""

    begin: int
    end: int
    top: float
    height: int = 150
    bottom: float = 0.0
    log: bool = False

    def x(self, second: float) -> float:
        """Where a second is."""
        share = (second - self.begin) / max(1, self.end - self.begin)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value is."""
        low, high = self.bottom, self.top
        if self.log:
            value, low, high = (math.log10(max(v, low)) for v in (value, low, high))
        share = (value - low) / (high - low) if high > low else 0.0
        return self.height - BOTTOM - min(1.0, max(0.0, share)) * (self.height - TOP - BOTTOM)


def steps(frame: Frame, begin: int, width: int, values: Sequence[float], kind: str) -> str:
    """A line that is level over each bin."""
    points = []
    for index, value in enumerate(values):
        y = frame.y(value)
        points.append(f"{frame.x(begin + index * width):.1f},{y:.1f}")
        points.append(f"{frame.x(begin + (index + 1) * width):.1f},{y:.1f}")
    return f'<polyline class="{kind}" points="{" ".join(points)}"/>'


def band(frame: Frame, begin: int, width: int, low: Sequence[float], high: Sequence[float]) -> str:
    """The area between two lines."""
    over, under = [], []
    for index, (lower, upper) in enumerate(zip(low, high, strict=True)):
        for edge in (index, index + 1):
            x = frame.x(begin + edge * width)
            over.append(f"{x:.1f},{frame.y(upper):.1f}")
            under.append(f"{x:.1f},{frame.y(lower):.1f}")
    return f'<polygon class="band" points="{" ".join(over + under[::-1])}"/>'


def marks(frame: Frame, spans: Sequence[tuple[int, int, str]]) -> str:
    """Shaded stretches with a title."""
    parts = []
    for begin, end, title in spans:
        left, right = frame.x(begin), frame.x(end)
        parts.append(
            f'<rect class="mark" x="{left:.1f}" y="{TOP}" width="{max(2.0, right - left):.1f}" '
            f'height="{frame.height - TOP - BOTTOM}"><title>{escape(title)}</title></rect>'
        )
    return "".join(parts)


def level(frame: Frame, value: float, label: str) -> str:
    """A line across the plot."""
    y = frame.y(value)
    return (
        f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="label" x="{WIDTH - RIGHT - 4}" y="{y - 4:.1f}" text-anchor="end">'
        f"{escape(label)}</text>"
    )


def plot(frame: Frame, parts: Sequence[str], times: Sequence[tuple[int, str]], name: str) -> str:
    """The plot with its axes."""
    axis = frame.height - BOTTOM
    ticks = "".join(
        f'<line class="tick" x1="{frame.x(at):.1f}" x2="{frame.x(at):.1f}" y1="{TOP}" y2="{axis}"/>'
        f'<text class="label" x="{frame.x(at):.1f}" y="{frame.height - 6}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for at, text in times
    )
    values = "".join(
        f'<text class="label" x="{LEFT - 6}" y="{frame.y(value) + 4:.1f}" text-anchor="end">'
        f"{text}</text>"
        for value, text in _scale(frame)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {frame.height}" role="img" aria-label="{escape(name)}">'
        f"{ticks}{values}{''.join(parts)}"
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axis}" y2="{axis}"/></svg>'
    )


def _scale(frame: Frame) -> list[tuple[float, str]]:
    if frame.log:
        low, high = math.floor(math.log10(frame.bottom)), math.ceil(math.log10(frame.top))
        step = max(1, (high - low) // 4)
        return [(10.0**power, f"1e{power}") for power in range(low, high, step)]
    return [(frame.top * share, f"{frame.top * share:.3g}") for share in (0, 0.5, 1)]
