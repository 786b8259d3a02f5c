"""What is the verdict on every scenario, in one table?

Each as the drill judges it: people once by what became of them, and beside the bars the numbers
that a rehearsal is about. Bars that speak of wall time, HTTP or the audit are judged by
`surgeline crisis` alone.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from load.drill.found import Found
from load.drill.judge import span

COLUMNS: Final = (
    *("scenario", "verdict", "runs", "surges (false)", "declared after", "seats asked"),
    *("needed if it lasted / as it went", "live", "callback kept", "open", "lost", "lost without"),
    *("rung twice", "line clear after"),
)
# Without bars of its own in virtual time there is nothing to hold or miss.
_ALWAYS_THERE: Final = "people rung twice"


def cells(row: Found, without: Found | None) -> tuple[str, ...]:
    """One scenario's line; `without` is the same without the platform."""
    return (
        row.scenario,
        verdict(row),
        str(row.runs),
        f"{row.declared} ({row.false})",
        _delay(row),
        f"{row.seats_asked:.0f}",
        f"{row.seats_lasting} / {row.seats_true}",
        f"{row.live:.1%}",
        f"{row.callback:.1%}",
        f"{row.promised:.1%}",
        f"{row.lost:.2%}",
        f"{without.lost:.1%}" if without else "",
        str(row.double_dials),
        "not by the end" if row.recovered is None else span(row.recovered),
    )


def verdict(row: Found) -> str:
    """Holds, or which bars were missed and by what."""
    missed = [f"{bar.bar} {bar.found}, wanted {bar.wanted}" for bar in row.bars if not bar.holds]
    if missed:
        return "missed: " + "; ".join(missed)
    return "holds" if any(bar.bar != _ALWAYS_THERE for bar in row.bars) else "no bars"


def lines(rows: Iterable[Found]) -> Iterator[tuple[str, ...]]:
    """Every scenario that was played with the platform, in their order."""
    known = {(row.scenario, row.platform): row for row in rows}
    for (name, platform), row in known.items():
        if platform:
            yield cells(row, known.get((name, False)))


def as_markdown(rows: Iterable[Found]) -> Iterator[str]:
    """The table of the page."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---|---" + "|---:" * (len(COLUMNS) - 2) + "|"
    for name, *rest in lines(rows):
        yield "| " + " | ".join([f"[`{name}`](#{name.lower()})", *rest]) + " |"


def _delay(row: Found) -> str:
    if row.declared_after_seconds is None:
        return "" if row.declared else "–"
    return f"{span(row.declared_after_seconds)}, {row.declared_after_calls:.0f} calls"
