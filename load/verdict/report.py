"""What would whoever ordered the rehearsal look at? One page that needs nothing but itself."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from load.drill.drawing import Line, Plot, drawn
from load.verdict.measures import SOURCES, Measure, measures
from load.verdict.result import END, MARK, Bar, Code, Result
from streams.domain.centre import Centre

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b2733;--faint:#7a8896;--paper:#fff;--held:#1f7a4d;
--missed:#c4321c}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#8b98a5;--paper:#12181f;
--held:#5fcf95;--missed:#ff8a75}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}h3{font-size:1rem;margin:1rem 0 0}
svg{width:100%;height:auto;display:block}table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.2rem 1.2rem .2rem 0;text-align:left;vertical-align:top}
td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.note{color:var(--faint);font-size:.85rem}.held{color:var(--held)}
.missed{color:var(--missed);font-weight:600}
"""
SENTENCES: Final = {
    Code.FINE: "Everything held.",
    Code.LOAD_NOT_ACHIEVED: "The load was not what it should have been: judge nothing by this run.",
    Code.OBJECTIVE_MISSED: "A service objective was missed.",
    Code.CALLER_LOST: "Somebody was lost or called twice.",
}


def sentence(result: Result) -> str:
    """The verdict in a line: what it comes to, the exit code, and each bar that was missed."""
    missed = [f"{bar.name} {bar.found}, wanted {bar.wanted}" for bar in _by_gravity(result.bars)]
    said = f"{SENTENCES[Code(result.code)]} (exit code {result.code})"
    return f"{said} Missed: {'; '.join(missed)}." if missed else said


def write_report(path: Path, result: Result, centre: Centre) -> None:
    """Write the page of a run; the run itself is in it, for `surgeline compare`."""
    # `<` cannot end the script early when it is written as JSON's own escape.
    kept = msgspec.json.encode(result).decode().replace("<", "\\u003c")
    body = [
        f"<h1>{escape(result.title)} ({escape(result.scenario)})</h1>",
        _when(result),
        f"<p><strong>{escape(sentence(result))}</strong></p>",
        bars_table(result.bars),
        *(drawn(plot) for plot in plots(result, centre) if plot.lines),
        *_tables(measures(result)),
        *([] if result.seen else ["<p class='note'>No Prometheus ran beside the platform.</p>"]),
        "<h2>Sources</h2><ul>",
        *(f"<li>{escape(source)}</li>" for source in result.sources),
        f"</ul>{MARK}{kept}{END}",
    ]
    path.write_text(page(f"Crisis: {result.title}", "".join(body)), encoding="utf-8")


def _when(result: Result) -> str:
    many = "process" if result.workers == 1 else "processes"
    return (
        f"<p>Run {escape(result.run)} on {result.begins:%A %d %B %Y, %H:%M} of the centre's clock;"
        f" ×{result.speed:g} in time, ×{result.peak:g} in height, {result.workers} {many}"
        f"{_held(result)}. Everything ran on one machine.</p>"
    )


def _held(result: Result) -> str:
    return f"; of the crisis only its height, for {result.hold:g} minutes" if result.hold else ""


def page(title: str, body: str) -> str:
    """A whole page around a body."""
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><body>{body}</body></html>"
    )


def bars_table(bars: Sequence[Bar]) -> str:
    """What must hold, and whether it does."""
    rows = "".join(
        f"<tr><td>{escape(bar.name)}</td><td>{escape(bar.wanted)}</td>"
        f"<td>{escape(bar.found)}</td><td class='{_class(bar)}'>{word(bar)}</td></tr>"
        for bar in bars
    )
    head = "<tr><th>what</th><th>wanted</th><th>found</th><th></th></tr>"
    return f"<h2>Verdict</h2><table>{head}{rows}</table>"


def word(bar: Bar) -> str:
    """Held, missed, or not known yet."""
    return "not known yet" if bar.holds is None else "holds" if bar.holds else "missed"


def plots(result: Result, centre: Centre) -> list[Plot]:
    """What the run looked like."""
    step = result.length / max(1, len(result.curve_true) - 1)
    surges = result.log.surges if result.log else []
    marks = [
        ((one.declared_at - result.begins).total_seconds(), f"surge: {one.key}") for one in surges
    ]
    mine, shown = result.record.curves, result.board.curves

    def plot(title: str, lines: Sequence[Line]) -> Plot:
        return Plot(
            title=title,
            starts=result.begins,
            zone=centre.timezone,
            step=step,
            lines=[line for line in lines if line.values],
            marks=marks,
        )

    def hourly(name: str) -> list[float]:
        return [value * 3600 / step for value in mine.get(name, [])]

    return [
        plot(
            "calls an hour",
            [
                Line("calls an hour", hourly("calls")),
                Line("people calling for the first time", hourly("people")),
                Line("answered", hourly("answered")),
            ],
        ),
        plot(
            "seats",
            [
                Line("truly needed, as it went", result.curve_true),
                Line("seats asked", shown.get("seats asked", [])),
                Line("at the phones", mine.get("at the phones", [])),
                Line("truly needed, if each moment lasted", result.curve_lasting),
            ],
        ),
        plot(
            "waiting",
            [
                Line("on hold", mine.get("on hold", [])),
                Line("callbacks promised", shown.get("promised", [])),
            ],
        ),
    ]


def _by_gravity(bars: Sequence[Bar]) -> list[Bar]:
    """Those that were missed, what the exit code speaks of first."""
    order = (Code.CALLER_LOST, Code.LOAD_NOT_ACHIEVED, Code.OBJECTIVE_MISSED)
    missed = [bar for bar in bars if bar.holds is False]
    return sorted(missed, key=lambda bar: order.index(Code(bar.code)))


def _class(bar: Bar) -> str:
    return "note" if bar.holds is None else "held" if bar.holds else "missed"


def _tables(found: Sequence[Measure]) -> Iterator[str]:
    yield "<h2>Measured</h2>"
    groups = [(name, list(rows)) for name, rows in groupby(found, key=lambda one: one.group)]
    for group, rows in groups:
        if not _is_latency(rows):
            lines = "".join(
                f"<tr><td>{escape(row.name)}</td><td class='number'>{escape(row.text)}</td>"
                f"<td class='note'>{escape(row.more)}</td></tr>"
                for row in rows
            )
            source = f"<p class='note'>{escape(SOURCES[group])}</p>"
            yield f"<h3>{escape(group)}</h3>{source}<table>{lines}</table>"
    yield _latencies([(group, rows) for group, rows in groups if _is_latency(rows)])


def _is_latency(rows: Sequence[Measure]) -> bool:
    return all(row.name == "most" or row.name.startswith("p") for row in rows)


def _latencies(groups: Sequence[tuple[str, Sequence[Measure]]]) -> str:
    """All percentiles as one table: how long what took."""
    if not groups:
        return ""
    names = ["", *(row.name for row in groups[0][1]), ""]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = "".join(
        f"<tr><td>{escape(group)}</td>"
        + "".join(f"<td class='number'>{escape(row.text)}</td>" for row in rows)
        + f"<td class='note'>{escape(rows[0].more)}</td></tr>"
        for group, rows in groups
    )
    source = (
        "By the load's own clock, from the moment at which each was to happen; a plain request from"
        " when it was sent. The board as anybody sees it from outside."
    )
    top = f"<h3>how long it took</h3><p class='note'>{source}</p>"
    return f"{top}<table><tr>{head}</tr>{lines}</table>"
