"""What did the run find, as a program or a person reads it?"""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from rich import box
from rich.table import Table

from services.backtest.moments import utc
from services.backtest.run import Found, Run
from streams.domain.detection.gamma import rise_interval

DAY = 86_400


def as_json(run: Run, zone: tzinfo, *, wrong: int, learning_until: int | None) -> dict[str, Any]:
    """The answer of `--json`; times are ISO-8601 in the zone that was given."""
    return {
        "contacts": run.contacts + run.redials,
        "redials": run.redials,
        "span_days": round(span_days(run), 3),
        "keys": len(run.keys),
        "contacts_a_year": round(run.book.per_year, 1) if run.book else 0.0,
        "false_alarms_per_year": run.budget,
        "threshold": run.threshold,
        "too_late": run.too_late,
        "wrong_rows": wrong,
        "learning_until": _time(learning_until, zone),
        "episodes": [episode(found, zone) for found in in_order(run)],
    }


def episode(found: Found, zone: tzinfo) -> dict[str, Any]:
    """One surge. What was observed and expected is as of the declaration; `total_*` to its end."""
    at, last = found.declared, found.last
    low, high = rise_interval(at.calls, at.mass)
    return {
        "key": found.key,
        "tier": "alert",
        "started_at": _time(at.start, zone),
        "declared_at": _time(found.declared_at, zone),
        "cleared_at": _time(found.closed_at, zone),
        "observed": round(at.calls),
        "expected": round(at.mass, 4),
        "ratio": round(at.calls / at.mass, 3) if at.mass > 0 else None,
        "ratio_low": round(low, 3),
        "ratio_high": round(high, 3),
        "statistic": at.evidence,
        "total_observed": round(last.calls),
        "total_expected": round(last.mass, 3),
    }


def as_table(run: Run, zone: tzinfo) -> Table:
    """The episodes, one a line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    keyed = any(found.key for found in run.found)
    for name in (["key"] if keyed else []) + ["started", "declared", "cleared"]:
        table.add_column(name, no_wrap=True)
    for name in ("after", "observed", "expected", "ratio (90 %)", "in all"):
        table.add_column(name, justify="right", no_wrap=True)
    for found in in_order(run):
        at = found.declared
        low, high = rise_interval(at.calls, at.mass)
        ratio = at.calls / at.mass if at.mass > 0 else 0.0
        cells = [found.key] if keyed else []
        cells += [
            f"{utc(at.start).astimezone(zone):%Y-%m-%d %a %H:%M:%S}",
            f"{utc(found.declared_at).astimezone(zone):%H:%M:%S}",
            _ended(found, zone),
            str(timedelta(seconds=found.declared_at - at.start)),
            f"{at.calls:.0f}",
            f"{at.mass:.2f}" if at.mass < 10 else f"{at.mass:.0f}",  # noqa: PLR2004
            f"{ratio:.1f} ({low:.1f}-{high:.1f})",
            f"{found.last.calls:.0f}/{found.last.mass:.0f}",
        ]
        table.add_row(*cells)
    return table


def in_order(run: Run) -> list[Found]:
    """Episodes by the time they were declared."""
    return sorted(run.found, key=lambda found: (found.declared_at, found.key))


def span_days(run: Run) -> float:
    """Days from the first contact to the last."""
    return (run.last - run.first) / DAY if run.first is not None else 0.0


def _time(second: int | None, zone: tzinfo) -> str | None:
    return None if second is None else _in(second, zone).isoformat()


def _in(second: int, zone: tzinfo) -> datetime:
    return utc(second).astimezone(zone)


def _ended(found: Found, zone: tzinfo) -> str:
    if found.closed_at is None:
        return "still on"
    return f"{_in(found.closed_at, zone):%Y-%m-%d %H:%M}"
