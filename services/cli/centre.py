"""`surgeline centre`: how do people change the centre file of a running platform?"""

import difflib
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from services.cli.command_client import CommandClient, client_options

FileArgument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="centre.toml"
)
Reason = click.option("--reason", required=True, help="Why; kept with the version.")


@click.group(name="centre", context_settings={"help_option_names": ["-h", "--help"]})
@client_options(role="manager")
def command() -> None:
    """See, preview, apply and roll back the centre file while the platform runs.

    A version is kept whole on the log and named in every decision made by it. Nothing restarts.
    To look needs the role lead, to change it manager.
    """


@command.command()
@click.pass_obj
def versions(client: CommandClient) -> None:
    """The version in force, and those before it."""
    answer = client.ask("GET", "/v1/centre")
    if client.as_json:
        client.show(answer)
        return
    table = Table("", "version", "put in force by", "why", box=None)
    for position, version in enumerate(answer["history"]):
        mark = "in force" if position == 0 else ""
        back = " (rolled back)" if version["rolled_back"] else ""
        table.add_row(mark, version["version"], version["applied_by"] + back, version["reason"])
    Console().print(table)


@command.command()
@FileArgument
@click.pass_obj
def preview(client: CommandClient, file: Path) -> None:
    """What FILE would change, and what would follow. Changes nothing.

    Exit code 1 when the file cannot be used.
    """
    answer = client.ask("POST", "/v1/centre/preview", orjson.dumps({"text": file.read_text()}))
    if client.as_json:
        client.show(answer)
    else:
        _print_preview(file, answer)
    if answer["problems"]:
        raise SystemExit(1)


@command.command()
@FileArgument
@Reason
@click.option("--on", help="The version it was made from; by default the one in force now.")
@click.option("--yes", is_flag=True, help="Do not show the preview and ask.")
@click.pass_obj
def apply(client: CommandClient, file: Path, reason: str, on: str | None, yes: bool) -> None:
    """Put FILE in force, without a restart."""
    text = file.read_text()
    on = on or client.ask("GET", "/v1/centre")["version"]
    if not yes:
        shown = client.ask("POST", "/v1/centre/preview", orjson.dumps({"text": text}))
        _print_preview(file, shown)
        if shown["problems"]:
            raise SystemExit(1)
        click.confirm("Put it in force?", abort=True)
    body = orjson.dumps({"text": text, "on": on, "reason": reason})
    _say_applied(client, client.ask("POST", "/v1/centre/apply", body))


@command.command()
@click.argument("version")
@Reason
@click.pass_obj
def rollback(client: CommandClient, version: str, reason: str) -> None:
    """Put back VERSION, which was in force before."""
    on = client.ask("GET", "/v1/centre")["version"]
    body = orjson.dumps({"version": version, "on": on, "reason": reason})
    _say_applied(client, client.ask("POST", "/v1/centre/roll-back", body))


@command.command()
@FileArgument
@click.pass_obj
def diff(client: CommandClient, file: Path) -> None:
    """How FILE differs, line by line, from the version in force."""
    answer = client.ask("GET", "/v1/centre")
    lines = difflib.unified_diff(
        answer["text"].splitlines(keepends=True),
        file.read_text().splitlines(keepends=True),
        f"in force ({answer['version']})",
        str(file),
    )
    click.echo("".join(lines), nl=False)


def _say_applied(client: CommandClient, answer: dict[str, Any]) -> None:
    if client.as_json:
        client.show(answer)
        return
    version = answer["applied"]["version"]
    click.echo(f"{version} is in force already" if answer["repeated"] else f"{version} is in force")


def _print_preview(file: Path, answer: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if answer["problems"]:
        console.print(f"[bold]{file}[/bold] cannot be used:")
        for problem in answer["problems"]:
            console.print(f"  [bold]{problem['where']}[/bold] {problem['what']}")
            console.print(f"      → {problem['right']}")
        return
    if not answer["changes"]:
        console.print(f"[bold]{file}[/bold] changes nothing ({answer['version']})")
        return
    console.print(f"[bold]{file}[/bold] would be version {answer['version']}")
    table = Table("changes", "now", "then", box=None)
    for change in answer["changes"] + answer["effects"]:
        table.add_row(change["where"], change["before"] or "—", change["after"] or "—")
    console.print(table)
    console.print(_looking_back(answer["hindsight"]))


def _looking_back(seen: dict[str, Any]) -> str:
    if seen["before"] is None:
        return "past day: too many contacts to fold again now; try it with surgeline backtest"
    before, after = (", ".join(seen[side]) or "none" for side in ("before", "after"))
    return f"surges declared in the past day: {before} now, {after} then"
