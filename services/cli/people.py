"""`surgeline people`: is the list of people right, and what would taking it change?"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import httpx
import orjson

from services.numbers import Pseudonyms
from services.people_cells import CellProblem
from services.people_file import Listed, Secrets, read_people
from services.sealing import KEY_BYTES, Sealer
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError

TIMEOUT_SECONDS = 60.0


@click.group(name="people")
def command() -> None:
    """Who can be called out: take a list in, look at how ready everyone is."""


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what is wrong and what would happen.")
@click.option("--remove-missing", is_flag=True, help="Retire everyone who is not in FILE.")
@click.option(
    "--centre",
    "centre_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("centre.toml"),
    show_default=True,
    help="The centre file, for its pools.",
)
@click.option("--url", help="The call-out service; a dry run needs none.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def take(
    file: Path,
    dry_run: bool,
    remove_missing: bool,
    centre_file: Path,
    url: str | None,
    as_json: bool,
) -> None:
    """Take the people of a CSV FILE in.

    Every problem is named with its line and column, and with any problem nobody is taken in.
    A dry run without --url checks the file alone; with --url it also says who is new or changed.
    The token is taken from SURGELINE_TOKEN.
    """
    raw = file.read_bytes()
    try:
        listed = _checked(raw, load_centre(centre_file))
    except WrongSettingError as error:
        raise click.UsageError(str(error)) from None
    if listed.problems or (dry_run and url is None):
        _tell(_alone(listed), as_json=as_json)
        sys.exit(1 if listed.problems else 0)
    told = _send(url or "http://127.0.0.1:8470", raw, dry_run=dry_run, remove=remove_missing)
    _tell(told, as_json=as_json)
    sys.exit(1 if told["problems"] else 0)


@command.command(name="ready")
@click.option("--url", default="http://127.0.0.1:8470", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
def ready(url: str, as_json: bool) -> None:
    """How many could be reached tonight, by pool and tier, and why not the others."""
    told = _asked("GET", f"{url}/v1/people")
    if as_json:
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for row in told["lights"]:
        counts = "  ".join(f"{row.get(light, 0)} {light}" for light in ("green", "amber", "red"))
        click.echo(f"{row['pool']} tier {row['tier']}: {counts}")
    for person in told["people"]:
        if person["light"] == "red":
            click.echo(f"  {person['id']}: {', '.join(person['reasons'])}")


def _checked(raw: bytes, centre: Centre) -> Listed:
    # Nothing leaves this process, so any keys will do.
    throwaway = os.urandom(KEY_BYTES)
    secrets = Secrets(Sealer({"check": throwaway}), Pseudonyms({"check": throwaway}))
    return read_people(raw, centre, secrets)


def _alone(listed: Listed) -> dict[str, Any]:
    return {
        "imported": False,
        "dry_run": True,
        "people": len(listed.people),
        "problems": _rows(listed.problems),
        "warnings": _rows(listed.warnings),
    }


def _rows(problems: Iterable[CellProblem]) -> list[dict[str, Any]]:
    return [
        {"line": p.line, "column": p.column, "what": p.what, "right": p.right} for p in problems
    ]


def _send(url: str, raw: bytes, *, dry_run: bool, remove: bool) -> dict[str, Any]:
    params = {"dry_run": str(int(dry_run)), "remove_missing": str(int(remove))}
    return _asked("POST", f"{url}/v1/people/import", params=params, content=raw)


def _asked(method: str, url: str, **given: Any) -> dict[str, Any]:
    token = os.environ.get("SURGELINE_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, **given)
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise click.ClickException(f"the call-out service: {type(error).__name__}") from None
    if "error" in told:
        raise click.ClickException(f"the call-out service: {told['error']['detail']}")
    return told


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for problem in told["problems"]:
        click.echo(_line(problem))
    for warning in told["warnings"]:
        click.echo(f"note: {_line(warning)}")
    if told["problems"]:
        click.echo(f"{len(told['problems'])} problems: nobody is taken in")
        return
    if "new" in told:
        counts = ", ".join(f"{told[word]} {word}" for word in ("new", "updated", "unchanged"))
        verb = "would be" if told["dry_run"] else "are"
        click.echo(f"{told['people']} people: {counts}; {told['deactivated']} {verb} retired")
    else:
        click.echo(f"{told['people']} people, nothing wrong")


def _line(problem: dict[str, Any]) -> str:
    return str(CellProblem(**problem))
