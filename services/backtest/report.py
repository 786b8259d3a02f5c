"""What would a duty manager look at? One page: arrivals against what was expected, and why."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from html import escape
from math import sqrt
from pathlib import Path

from services.backtest.moments import utc
from services.backtest.results import in_order, span_days
from services.backtest.run import Found, Run
from services.backtest.series import Series
from services.backtest.svg import Frame, band, level, marks, plot, steps
from streams.domain.detection.gamma import rise_interval
from streams.domain.detection.mixture import Scores
from streams.domain.detection.standing import Expectation

_KEYS = 12
_CLOSE_UPS = 24
_BINS_AROUND = 120
_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_Z = 1.645
_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--faint:#7a8896;--paper:#fff;--band:#cfe3f5;
--line:#1f6fb2;--alarm:#c4321c}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#8b98a5;--paper:#12181f;
--band:#1d3a54;--line:#6cb2ea;--alarm:#ff7b62}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}p{margin:.3rem 0}
svg{width:100%;height:auto;display:block}table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.2rem .7rem .2rem 0;text-align:left;white-space:nowrap}
.scroll{overflow-x:auto}.note,.label{color:var(--faint);fill:var(--faint);font-size:11px}
.band{fill:var(--band)}.count{fill:none;stroke:var(--line);stroke-width:1.4}
.statistic{fill:none;stroke:var(--ink);stroke-width:1.2}.mark{fill:var(--alarm);opacity:.18}
.level{stroke:var(--alarm);stroke-dasharray:5 4}.axis,.tick{stroke:var(--faint)}.tick{opacity:.25}
"""


@dataclass(slots=True)
class _CloseUp:
    """The minutes around a declaration."""

    key: str
    declared_at: int
    points: list[tuple[int, float, float, float]]
    until: int


@dataclass(slots=True)
class Plots:
    """Collects what the page shows while the run goes on; bounded, whatever the file's length."""

    series: dict[str, Series] = field(default_factory=dict)
    close_ups: list[_CloseUp] = field(default_factory=list)
    _recent: dict[str, deque[tuple[int, float, float, float]]] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _finest: dict[str, int] = field(default_factory=dict)
    _open: dict[str, _CloseUp] = field(default_factory=dict)

    def step(
        self, key: str, second: int, contacts: float, expected: Expectation, scores: Scores
    ) -> None:
        """Remember a step of a key's detector."""
        if key not in self._recent:
            if len(self._recent) >= 10 * _KEYS:
                return
            self._recent[key] = deque(maxlen=2000)
        width = max(scores.at - second, 0)
        mass = expected.mass(self._last.get(key, second), second + width)
        self._last[key] = second + width
        statistic = sum(scores.scores) / len(scores.scores)
        point = second, contacts, mass, statistic
        self._recent[key].append(point)
        series = self.series.get(key)
        if series is None:
            self._finest[key] = max(_MINUTE, width)
            series = self.series[key] = Series(second - second % _HOUR, self._finest[key])
        series.add(second, contacts, mass, statistic)
        view = self._open.get(key)
        if view is not None:
            if second > view.until:
                del self._open[key]
            elif len(view.points) < 5000:  # noqa: PLR2004 - a flood needs no more points than that
                view.points.append(point)

    def declared(self, key: str, second: int) -> None:
        """A surge was declared: keep what led to it, and what follows for a while."""
        if len(self.close_ups) < _CLOSE_UPS and key in self._recent:
            around = _BINS_AROUND * (_MINUTE if self._finest[key] < _HOUR else _HOUR)
            points = [point for point in self._recent[key] if point[0] >= second - around]
            view = _CloseUp(key, second, points, second + around)
            self.close_ups.append(view)
            self._open[key] = view


def write_report(path: Path, run: Run, plots: Plots, zone: tzinfo, *, title: str) -> None:
    """Write the page."""
    found = in_order(run)
    busiest = sorted(plots.series, key=lambda key: -sum(plots.series[key].contacts))[:_KEYS]
    named = [key for key in plots.series if any(one.key == key for one in found)]
    keys = list(dict.fromkeys([*named, *busiest]))[:_KEYS]
    summary = (
        f"<p>{run.contacts + run.redials:,} contacts in {span_days(run):,.1f} days, "
        f"{len(found)} surges declared at no more than {run.budget:g} false alarms a year "
        f"(threshold {run.threshold:,.0f}).</p>"
    )
    parts = [f"<h1>Backtest of {escape(title)}</h1>", summary, _table(found, zone)]
    parts += [_overview(key, plots.series[key], run, found, zone) for key in keys]
    parts += [_close_up(view, run, zone) for view in plots.close_ups]
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>Backtest of {escape(title)}</title><style>{_STYLE}</style>"
        f"<body>{''.join(parts)}</body></html>",
        encoding="utf-8",
    )


def _overview(key: str, series: Series, run: Run, found: Sequence[Found], zone: tzinfo) -> str:
    spans = [
        (one.declared.start, one.closed_at or run.last, _title(one, zone))
        for one in found
        if one.key == key
    ]
    end = series.first + len(series.contacts) * series.width
    name = key or "all contacts"
    head = f"<h2>{escape(name)}</h2><p class='note'>per {_long(series.width)}; shaded: in surge</p>"
    bounds = series.first, end
    return head + _pair(
        bounds, series.width, series.contacts, series.expected, series.highest, run, spans, zone
    )


def _close_up(view: _CloseUp, run: Run, zone: tzinfo) -> str:
    found = next(
        (one for one in run.found if one.key == view.key and one.declared_at == view.declared_at),
        None,
    )
    if found is None or not view.points:
        return ""
    begin, end = view.points[0][0], max(view.points[-1][0] + 1, view.declared_at + 1)
    width = max(_MINUTE, (end - begin) // 400)
    gaps = [b[0] - a[0] for a, b in zip(view.points, view.points[1:], strict=False)]
    if gaps and min(gaps) >= _HOUR:
        width = _HOUR
    count = (end - begin) // width + 1
    series = Series(begin, width, [0.0] * count, [0.0] * count, [0.0] * count, begin)
    for second, contacts, mass, statistic in view.points:
        series.add(second, contacts, mass, statistic)
    head = (
        f"<h2>{escape(view.key or 'all contacts')}, "
        f"{utc(view.declared_at).astimezone(zone):%Y-%m-%d %H:%M}</h2>"
        f"<p>{escape(_title(found, zone))}</p><p class='note'>per {_long(width)}</p>"
    )
    spans = [(found.declared_at, min(found.closed_at or end, end), "in surge")]
    return head + _pair(
        (begin, end),
        series.width,
        series.contacts,
        series.expected,
        series.highest,
        run,
        spans,
        zone,
    )


def _pair(
    bounds: tuple[int, int],
    width: int,
    contacts: Sequence[float],
    expected: Sequence[float],
    highest: Sequence[float],
    run: Run,
    spans: Sequence[tuple[int, int, str]],
    zone: tzinfo,
) -> str:
    """Arrivals over the expected band, and the statistic under them."""
    low = [max(0.0, mass - _Z * sqrt(mass)) for mass in expected]
    high = [mass + _Z * sqrt(mass) + 1 for mass in expected]
    times = _times(bounds, zone)
    upper = Frame(begin=bounds[0], end=bounds[1], top=max([*contacts, *high, 1.0]))
    arrivals = plot(
        upper,
        [
            marks(upper, spans),
            band(upper, bounds[0], width, low, high),
            steps(upper, bounds[0], width, contacts, "count"),
        ],
        times,
        "contacts, over the band where 90 % of ordinary counts lie",
    )
    top = max([*highest, run.threshold]) * 3
    lower = Frame(
        begin=bounds[0],
        end=bounds[1],
        top=min(top, run.threshold * 1e6),
        bottom=1e-2,
        log=True,
        height=120,
    )
    evidence = plot(
        lower,
        [
            marks(lower, spans),
            steps(lower, bounds[0], width, highest, "statistic"),
            level(lower, run.threshold, "threshold"),
        ],
        times,
        "the statistic against its threshold",
    )
    return arrivals + evidence


def _table(found: Sequence[Found], zone: tzinfo) -> str:
    if not found:
        return "<p>Nothing would have been declared.</p>"
    rows = "".join(
        f"<tr><td>{escape(one.key or 'all')}</td>"
        f"<td>{utc(one.declared.start).astimezone(zone):%Y-%m-%d %H:%M:%S}</td>"
        f"<td>{utc(one.declared_at).astimezone(zone):%H:%M:%S}</td>"
        f"<td>{escape(_title(one, zone))}</td></tr>"
        for one in found
    )
    return (
        "<div class='scroll'><table><tr><th>key</th><th>started</th><th>declared</th>"
        f"<th>evidence</th></tr>{rows}</table></div>"
    )


def _title(found: Found, zone: tzinfo) -> str:
    at = found.declared
    low, high = rise_interval(at.calls, at.mass)
    ended = (
        f"over at {utc(found.closed_at).astimezone(zone):%Y-%m-%d %H:%M}"
        if found.closed_at is not None
        else "still on at the end"
    )
    ratio = at.calls / at.mass if at.mass > 0 else 0.0
    return (
        f"{at.calls:.0f} where {at.mass:.2g} were expected: {ratio:.1f} times normal "
        f"({low:.1f}-{high:.1f}); {found.last.calls:.0f} in all; {ended}"
    )


def _times(bounds: tuple[int, int], zone: tzinfo) -> list[tuple[int, str]]:
    begin, end = bounds
    form = "%Y-%m-%d" if end - begin > 5 * _DAY else "%d %H:%M"
    step = max(1, (end - begin) // 7)
    marks_at = range(begin + step, end - step // 2, step)
    return [(at, f"{utc(at).astimezone(zone):{form}}") for at in marks_at]


def _long(seconds: int) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = seconds / unit
            return name if count == 1 else f"{count:.3g} {name}s"
    return "second"
