"""`surgeline check`: is the centre file right, and what does it promise?"""

from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table

from streams.centre_file import Problem, check_centre
from streams.domain.centre import Centre
from streams.domain.detection.keys import thresholds
from streams.domain.detection.standing import Thresholds


@click.command(name="check")
@click.argument("file", type=click.Path(path_type=Path), default=Path("centre.toml"))
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
@click.pass_context
def command(context: click.Context, file: Path, as_json: bool) -> None:
    """Check a centre FILE (default centre.toml): what is wrong, where, and what would be right.

    Exit code 0 when the file can be used, 1 when it cannot.
    """
    centre, problems = check_centre(file)
    if as_json:
        click.echo(orjson.dumps(_as_json(centre, problems), option=orjson.OPT_INDENT_2))
    elif problems or centre is None:
        _print_problems(file, problems)
    else:
        _print_centre(file, centre)
    context.exit(1 if problems or centre is None else 0)


def _as_json(centre: Centre | None, problems: list[Problem]) -> dict[str, object]:
    usable = centre is not None and not problems
    return {
        "usable": usable,
        "problems": [
            {"where": problem.where, "what": problem.what, "right": problem.right}
            for problem in problems
        ],
        "thresholds": _as_numbers(_thresholds(centre)) if usable and centre else None,
        "version": centre.version if centre else None,
    }


def _as_numbers(found: Thresholds) -> dict[str, float]:
    return {"watch": found.watch, "alert": found.alert}


def _thresholds(centre: Centre) -> Thresholds:
    return thresholds(sum(line.per_year() for line in centre.baselines), centre.alerts)


def _print_problems(file: Path, problems: list[Problem]) -> None:
    console = Console(stderr=True)
    noun = "problem" if len(problems) == 1 else "problems"
    console.print(f"[bold]{file}[/bold] cannot be used: {len(problems)} {noun}", highlight=False)
    for problem in problems:
        console.print(f"  [bold]{problem.where}[/bold] {problem.what}", highlight=False)
        console.print(f"      → {problem.right}", highlight=False)


def _print_centre(file: Path, centre: Centre) -> None:
    console = Console()
    console.print(f"[bold]{file}[/bold] can be used: {centre.title_ko} · {centre.title_en}")
    table = Table(show_header=False, box=None, padding=(0, 2))
    total = centre.baselines[0]
    table.add_row("version", centre.version)
    for pool in centre.pools:
        table.add_row(f"pool {pool.name}", f"{pool.seats} seats, {', '.join(pool.languages)}")
    for queue in centre.queues:
        table.add_row(f"queue {queue.name}", f"{queue.title_ko} · {queue.title_en}, {queue.hours}")
    table.add_row(
        "expected",
        f"{total.per_year():,.0f} contacts a year, {min(total.week):.1f} to"
        f" {max(total.week):.1f} an hour, {len(centre.baselines)} keys and roll-ups",
    )
    target = centre.target
    table.add_row(
        "target",
        f"{target.share:.0%} answered within {target.within.total_seconds():g} s,"
        f" at most {target.abandoned:.0%} abandoned",
    )
    alerts = centre.alerts
    found = _thresholds(centre)
    for tier, value, budget in (
        ("watch", found.watch, f"{alerts.watch_per_week:g} a week"),
        ("alert", found.alert, f"{alerts.alert_per_year:g} a year"),
    ):
        table.add_row(
            f"threshold {tier}",
            f"{value:,.0f} (at most {budget} false alarms over all keys)",
        )
    console.print(table)
