"""`surgeline callout`: call people in from the terminal."""

from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table

from services.cli.command_client import CommandClient, client_options

URL: Final = "http://127.0.0.1:8470"
MINUTE: Final = 60.0
MOST_NAMED: Final = 12


@click.group(name="callout", invoke_without_command=True)
@click.option("--need", "seats", type=click.IntRange(1, 1000), help="How many seats.")
@click.option("--pool", help="Whose people are asked.")
@click.option("--skill", help="A skill that every seat asks for.")
@click.option("--language", help="A language that every seat asks for.")
@click.option("--reason", default="", help="Why, for those who ask later.")
@click.option("--drill", is_flag=True, help="Reaches nobody real; every message says DRILL.")
@click.option("--preview", is_flag=True, help="Only show who would be asked and how long it takes.")
@click.option(
    "--speed",
    type=click.Choice(["few", "fewer", "balanced", "faster", "all"]),
    default="balanced",
    show_default=True,
    help="Few people woken, or fast.",
)
@client_options("manager", URL, "SURGELINE_CALLOUT_URL")
@click.pass_context
def command(
    context: click.Context,
    seats: int | None,
    pool: str | None,
    skill: str | None,
    language: str | None,
    reason: str,
    drill: bool,
    preview: bool,
    speed: str,
) -> None:
    """Call people in until the seats are filled.

    Without --preview the call-out is sent after the number of seats has been typed. A preview
    leaves a draft that `surgeline callout start` sends, or `stop` drops.
    """
    if context.invoked_subcommand is not None:
        return
    if seats is None or pool is None:
        raise click.UsageError("--need and --pool are required to open a call-out")
    client: CommandClient = context.obj
    quota = {"seats": seats, "skill": skill, "language": language}
    body = {"pool": pool, "quotas": [quota], "reason": reason, "drill": drill}
    opened = _ask(client, "POST", "/v1/needs", body)
    callout = opened["callout"]["id"]
    seen = _ask(client, "POST", f"/v1/callouts/{callout}/preview", {"mark": speed})
    if client.as_json and preview:
        client.show(seen)
        return
    _print_preview(seen, opened)
    if preview:
        click.echo(f"nothing was sent; to send: surgeline callout start {callout}")
        return
    typed = click.prompt(f"This asks people now. Type the number of seats ({seats})", type=int)
    told = _ask(
        client, "POST", f"/v1/callouts/{callout}/start", {"mark": speed, "people": int(typed)}
    )
    _tell(client, told)


@command.command(name="start")
@click.argument("callout")
@click.pass_obj
def start(client: CommandClient, callout: str) -> None:
    """Send a call-out that was looked at."""
    _tell(client, _ask(client, "POST", f"/v1/callouts/{callout}/start", {}))


@command.command(name="stop")
@click.argument("callout")
@click.option("--silently", is_flag=True, help="Tell nobody that they may sleep on.")
@click.pass_obj
def stop(client: CommandClient, callout: str, silently: bool) -> None:
    """Ask nobody else; who is seated stays."""
    _tell(client, _ask(client, "POST", f"/v1/callouts/{callout}/stop", {"tell": not silently}))


@command.command(name="status")
@click.argument("callout", required=False)
@click.pass_obj
def status(client: CommandClient, callout: str | None) -> None:
    """How the call-outs stand, or one of them."""
    if callout is not None:
        _tell(client, _ask(client, "GET", f"/v1/callouts/{callout}"))
        return
    found = _ask(client, "GET", "/v1/callouts")
    if client.as_json:
        client.show(found)
        return
    for one in found["callouts"]:
        click.echo(_line(one))
    if not found["callouts"]:
        click.echo("no call-out is open")


def _ask(
    client: CommandClient, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    return client.ask(method, path, None if body is None else orjson.dumps(body))


def _tell(client: CommandClient, shown: dict[str, Any]) -> None:
    if client.as_json:
        client.show(shown)
    else:
        click.echo(_line(shown))


def _line(shown: dict[str, Any]) -> str:
    callout = shown["callout"]
    drill = "DRILL " if callout.get("drill") else ""
    return (
        f"{drill}{callout['id']}  {callout['need']['pool']}  {callout['state']}:"
        f" needed {shown['needed']}, accepted {shown['accepted']}, expected {shown['expected']},"
        f" waitlisted {shown['waitlisted']}, woken {shown['woken']}"
    )


def _print_preview(seen: dict[str, Any], opened: dict[str, Any]) -> None:
    console = Console()
    if opened["callout"].get("drill"):
        console.print("[bold]DRILL[/bold]: reaches nobody real")
    console.print(
        f"{opened['needed']} seats: {len(seen['order'])} people may be asked,"
        f" {len(seen['first'])} of them at once; {len(seen['others'])} may not",
        highlight=False,
    )
    table = Table(
        "speed", "filled in", "nine in ten by", "people woken", "surplus", "filled in 2 h"
    )
    for mark, row in seen["slider"].items():
        table.add_row(
            mark,
            _minutes(row["fill_seconds"]),
            _minutes(row["fill_seconds_p90"]),
            f"{row['people_woken']:.0f}",
            f"{row['surplus']:.0f}",
            f"{row['filled_in_two_hours']:.0%}",
        )
    console.print(table)
    for tier in seen["tiers"]:
        reasons = ", ".join(f"{count} {why}" for why, count in tier["reasons"].items())
        console.print(
            f"tier {tier['tier']}: {tier['ready']} ready",
            f"not now: {reasons}" if reasons else "",
        )
    for other in seen["others"][:MOST_NAMED]:
        until = f" until {other['until']}" if other["until"] else ""
        console.print(f"  {other['person']}: {other['reason']}{until}", highlight=False)


def _minutes(seconds: float | None) -> str:
    return "not" if seconds is None else f"{seconds / MINUTE:.1f} min"
