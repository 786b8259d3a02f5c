"""How is a table of delays drawn?"""

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _ROW, _LEFT, _TOP = 940, 26, 310, 40
_COLOURS = ("#1f6fb2", "#d9822b", "#c4321c")


def delays_chart(rows: Mapping[str, Sequence[float | None]], sizes: Sequence[int]) -> str:
    """One row a detector, one mark a size, seconds on a logarithmic axis."""
    low, high = 20.0, 20_000.0
    height = _TOP + _ROW * len(rows) + 30

    def x(seconds: float) -> float:
        share = math.log(min(max(seconds, low), high) / low) / math.log(high / low)
        return _LEFT + share * (_WIDTH - _LEFT - 30)

    parts = []
    for tick, text in (
        (30, "30 s"),
        (60, "1 min"),
        (300, "5 min"),
        (1200, "20 min"),
        (3600, "1 h"),
        (14_400, "4 h"),
    ):
        parts.append(
            f'<line x1="{x(tick):.0f}" x2="{x(tick):.0f}" y1="{_TOP - 8}" y2="{height - 24}" '
            f'stroke="#8884"/><text x="{x(tick):.0f}" y="{height - 8}" text-anchor="middle">'
            f"{text}</text>"
        )
    for index, (name, delays) in enumerate(rows.items()):
        y = _TOP + _ROW * index + _ROW / 2
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        for delay, colour in zip(delays, _COLOURS, strict=False):
            if delay is not None and math.isfinite(delay):
                parts.append(f'<circle cx="{x(delay):.1f}" cy="{y}" r="5" fill="{colour}"/>')
    legend = "".join(
        f'<circle cx="{_LEFT + 90 * index}" cy="16" r="5" fill="{colour}"/>'
        f'<text x="{_LEFT + 10 + 90 * index}" y="20">rise ×{size}</text>'
        for index, (size, colour) in enumerate(zip(sizes, _COLOURS, strict=False))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui,sans-serif" font-size="12" fill="#667">'
        f"<title>Mean delay until a surge is declared</title>{legend}{''.join(parts)}</svg>"
    )
