"""What would a planner look at? One page: the table of what ifs, and each row as it went."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from load.drill.drawing import Line, Plot, drawn
from load.drill.judge import Judged
from load.drill.play import Played
from load.drill.whatif import Row, percent, told_seconds
from load.scenario import Scenario
from streams.domain.centre import Centre

COLUMNS: Final = (
    *("what if", "live", "rung back", "still promised", "lost", "lost without us"),
    *(
        "helped in 1 h",
        "kept in 1 h",
        "kept in 4 h",
        "oldest promise",
        "worst day's calls answered",
    ),
    "at the phones",
)
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b2733;--faint:#7a8896;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#8b98a5;--paper:#12181f}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}
svg{width:100%;height:auto;display:block}table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.2rem .8rem .2rem 0;text-align:left}.scroll{overflow-x:auto}
.note{color:var(--faint);font-size:.85rem}.missed{color:#c4321c;font-weight:600}
"""


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table, as `COLUMNS` names it: means, with an interval where runs differ."""
    oldest, present = row.measure("oldest_promise"), row.measure("most_present")
    without = sum(one.lost for one in row.history) / len(row.history)
    return (
        row.variant.label,
        *(_share(row, name) for name in ("live", "callback", "promised", "lost")),
        percent(without),
        *(_share(row, name) for name in ("helped_within_1h", "kept_within_1h", "kept_within_4h")),
        told_seconds(oldest.most if oldest and oldest.most else None),
        _share(row, "worst_day_answered"),
        f"{present.most:.0f}" if present else "–",
    )


def write_report(
    path: Path, scenario: Scenario, centre: Centre, rows: Sequence[Row], bars: Sequence[Judged]
) -> None:
    """Write the page; it needs nothing but itself."""
    runs = len(rows[0].runs)
    table = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(row))}</tr>" for row in rows
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    title = escape(f"Drill: {scenario.title_en} ({scenario.name})")
    body = [
        f"<h1>{title}</h1>",
        f"<p>{runs} {'run' if runs == 1 else 'runs'} a row, the same people in every row. ",
        "Shares are of the people who called; ± is the 95 % interval of the mean.</p>",
        f"<div class='scroll'><table><tr>{head}</tr>{table}</table></div>",
        _verdict(bars),
        *(_row(row, scenario, centre) for row in rows),
        "<h2>Sources</h2><ul>",
        *(f"<li>{escape(source)}</li>" for source in scenario.sources),
        "</ul>",
    ]
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style><body>{''.join(body)}</body></html>",
        encoding="utf-8",
    )


def plots(scenario: Scenario, centre: Centre, played: Played, title: str) -> list[Plot]:
    """What one run looked like: who called, who waited, who was at the phones."""
    timeline = played.timeline
    surges = [(one.at_minutes * 60, f"surge: {one.key}") for one in played.outcome.declared]

    def plot(name: str, lines: Sequence[Line]) -> Plot:
        return Plot(
            title=f"{title}: {name}",
            starts=scenario.starts,
            zone=centre.timezone,
            step=timeline.step,
            lines=lines,
            marks=surges,
        )

    return [
        plot(
            "calls an hour",
            [
                Line("calls an hour", timeline.per_hour(timeline.calls)),
                Line("people calling for the first time", timeline.per_hour(timeline.people)),
                Line("answered", timeline.per_hour(timeline.answered)),
            ],
        ),
        plot(
            "waiting and promised",
            [
                Line("on hold", timeline.waiting),
                Line("callbacks promised", timeline.promises),
                Line("counselors signed in", timeline.present),
            ],
        ),
    ]


def _row(row: Row, scenario: Scenario, centre: Centre) -> str:
    first = row.runs[0]
    drawings = "".join(
        drawn(plot) for plot in plots(scenario, centre, first, escape(row.variant.label))
    )
    return (
        f"<h2>{escape(row.variant.label)}</h2><p>{escape(row.sentence)}</p>"
        f"<p class='note'>seed {first.outcome.seed}; red: a surge is declared</p>{drawings}"
    )


def _verdict(bars: Sequence[Judged]) -> str:
    if not bars:
        return ""
    lines = "".join(
        f"<tr><td>{escape(bar.bar)}</td><td>{escape(bar.wanted)}</td><td>{escape(bar.found)}</td>"
        f"<td class='{'held' if bar.holds else 'missed'}'>{'holds' if bar.holds else 'missed'}</td>"
        "</tr>"
        for bar in bars
    )
    return (
        "<h2>Verdict</h2><table><tr><th>bar</th><th>wanted</th><th>found</th><th></th></tr>"
        f"{lines}</table>"
    )


def _share(row: Row, name: str) -> str:
    found = row.measure(name)
    if found is None:
        return "–"
    if len(row.runs) == 1:
        return percent(found.mean)
    return f"{percent(found.mean)} ± {100 * found.half_width:.1f}"
