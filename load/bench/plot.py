"""How is a bench drawn? One bar a row at its median, a dot for each repeat, a line at the bar.

Rows of one unit share an axis: from zero, or logarithmic where they are too far apart for that.
"""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from load.bench.results import Result, Row

_WIDTH: Final = 940
_LEFT: Final = 430
_RIGHT: Final = 90
_ROW: Final = 26
_HIGH: Final = 14
_AXIS: Final = 34
_FAR_APART: Final = 60.0
_TICKS: Final = 5
_BAR_COLOUR, _DOT_COLOUR, _LIMIT_COLOUR = "#8fb7d9", "#17456b", "#c4321c"


def plot(result: Result) -> str:
    """The whole picture, as SVG."""
    parts: list[str] = []
    top = 12
    for unit in dict.fromkeys(row.unit for row in result.rows):
        drawn, height = _group(unit, [row for row in result.rows if row.unit == unit], top)
        parts += drawn
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
        f'font-family="system-ui,sans-serif" font-size="12" fill="#667">'
        f"<title>{escape(result.title)}</title>{''.join(parts)}</svg>\n"
    )


def _group(unit: str, rows: Sequence[Row], top: int) -> tuple[list[str], int]:
    bottom = top + _ROW * len(rows)
    x, ticks = _scale(rows)
    parts = [
        f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{bottom}" stroke="#8884"/>'
        f'<text x="{x(tick):.1f}" y="{bottom + 14}" text-anchor="middle">{tick:,g}</text>'
        for tick in ticks
    ]
    parts.append(f'<text x="{_WIDTH - _RIGHT + 12}" y="{bottom + 14}">{escape(unit)}</text>')
    for index, row in enumerate(rows):
        parts += _row(row, top + _ROW * index, x)
    return parts, _ROW * len(rows) + _AXIS


def _row(row: Row, top: int, x: Callable[[float], float]) -> list[str]:
    middle = top + _ROW / 2
    wide, colour = max(0.0, x(row.median) - _LEFT), _BAR_COLOUR
    parts = [
        f'<text x="{_LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>',
        f'<rect x="{_LEFT}" y="{top + 6}" width="{wide:.1f}" height="{_HIGH}" fill="{colour}"/>',
    ]
    parts += [
        f'<circle cx="{x(value):.1f}" cy="{middle}" r="3" fill="{_DOT_COLOUR}"/>'
        for value in row.values
    ]
    bar = row.floor if row.floor is not None else row.ceiling
    if bar is not None:
        parts.append(
            f'<line x1="{x(bar):.1f}" x2="{x(bar):.1f}" y1="{top + 2}" y2="{top + _ROW - 2}" '
            f'stroke="{_LIMIT_COLOUR}" stroke-width="2"/>'
        )
    return parts


def _scale(rows: Sequence[Row]) -> tuple[Callable[[float], float], list[float]]:
    """Where a value is drawn, and the values at which the axis is marked."""
    shown = [value for row in rows for value in (*row.values, row.floor, row.ceiling) if value]
    high, low = max(shown, default=1.0), min(shown, default=1.0)
    room = _WIDTH - _LEFT - _RIGHT
    if high / low < _FAR_APART:
        step = _round_step(high / _TICKS)
        last = step * math.ceil(high / step)
        ticks = [step * number for number in range(round(last / step) + 1)]
        return lambda value: _LEFT + room * value / last, ticks
    first, end = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def x(value: float) -> float:
        share = (math.log10(max(value, 10.0**first)) - first) / (end - first)
        return _LEFT + room * share

    return x, [10.0**power for power in range(first, end + 1)]


def _round_step(least: float) -> float:
    """The next of 1, 2, 5, 10, ... that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)
