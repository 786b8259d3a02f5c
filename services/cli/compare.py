"""`surgeline compare A B`: what is different between two rehearsals?"""

from pathlib import Path

import click
from rich.console import Console

from load.verdict.compare import compared, show, write_page
from load.verdict.result import read_result
from streams.errors import WrongSettingError

FINE, WRONG_USE = 0, 2
A_RUN = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="compare")
@click.argument("before", type=A_RUN)
@click.argument("after", type=A_RUN)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for a program.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page, too."
)
@click.pass_context
def command(
    context: click.Context, before: Path, after: Path, as_json: bool, report: Path | None
) -> None:
    """Show two runs of `surgeline crisis` side by side.

    BEFORE and AFTER are the pages or the JSON files that the runs wrote. Nothing is judged: two
    runs differ by chance alone, and the difference says how much.
    """
    try:
        runs = read_result(before), read_result(after)
    except WrongSettingError as error:
        click.echo(f"surgeline: {error}", err=True)
        context.exit(WRONG_USE)
    rows = compared(*runs)
    show(runs, rows, Console(highlight=False), as_json=as_json)
    if report is not None:
        write_page(report, runs, rows)
    context.exit(FINE)
