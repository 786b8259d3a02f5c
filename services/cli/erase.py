"""`surgeline erase`: how is one person forgotten who asks for it?

A caller's number is asked for, or read from standard input: an argument would stay in the shell's
history and in the list of processes.
"""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import orjson

from services.backup import BackupError, Kept, opened, sealed_lines
from services.cli.backup_erasure import without_caller, without_person
from services.cli.command_client import CommandClient, client_options
from services.cli.export import KEYS
from services.numbers import Pseudonyms, normalise
from services.sealing import Sealer, read_keys
from services.supervisor.keys import PSEUDONYM_KEY, write_private
from streams import secret_files
from streams.centre_file import load_centre
from streams.errors import InvalidEventError, WrongSettingError

URL: Final = "http://127.0.0.1:8420"
CALLOUT_URL: Final = "http://127.0.0.1:8470"
# The whole log of callbacks is read, and every one of theirs written.
PATIENCE_SECONDS: Final = 300.0


@click.command(name="erase")
@client_options("manager", URL, "SURGELINE_CALLBACKS_URL")
@click.option("--reason", default="", help="Why, for the audit trail; never who it is.")
@click.option("--person", help="The id of somebody who can be called out, instead of a caller.")
@click.option(
    "--callout-url", envvar="SURGELINE_CALLOUT_URL", default=CALLOUT_URL, show_default=True
)
@click.option(
    "--backup",
    "backups",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of `surgeline export`, to forget them in as well.",
)
@click.option("--only-backups", is_flag=True, help="Ask no service; only the files.")
@click.option(
    "--centre",
    "centre_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("centre.toml"),
    show_default=True,
    help="For the country of a national number in a backup.",
)
def command(
    reason: str,
    person: str | None,
    callout_url: str,
    backups: tuple[Path, ...],
    only_backups: bool,
    centre_file: Path,
) -> None:
    """Forget a caller, whose number is asked for; or with --person somebody who can be called out.

    An open promise is withdrawn, and no record that can be changed leads to them any more: neither
    on the log nor in Redis, nor in the backups that are named. What is on the log for a time only
    is said, with the days until it is gone. Needs the role manager or admin; it is on the audit
    trail that, when and by whom somebody was erased, and never who.

    For backups SURGELINE_EXPORT_KEYS and SURGELINE_PSEUDONYM_KEY are needed, as the services have
    them.
    """
    client: CommandClient = click.get_current_context().obj
    client.patience_seconds = PATIENCE_SECONDS
    if person is None and not only_backups and not reason:
        raise click.UsageError("--reason is required")
    number = _number() if person is None else ""
    told: dict[str, Any] = {}
    if not only_backups:
        told = _ask(client, number, reason, person, callout_url)
    try:
        told["backups"] = {str(f): _scrub(f, number, person, centre_file) for f in backups}
    except (WrongSettingError, BackupError, InvalidEventError, OSError) as error:
        why = error.detail if isinstance(error, InvalidEventError) else str(error)
        click.echo(f"surgeline erase: {why}", err=True)
        raise SystemExit(2) from None
    if client.as_json:
        client.show(told)
    else:
        _tell(told, person)


def _number() -> str:
    if sys.stdin.isatty():
        given: str = click.prompt("The caller's number", hide_input=True)
    else:
        given = sys.stdin.readline()
    return given.strip()


def _ask(
    client: CommandClient, number: str, reason: str, person: str | None, callout_url: str
) -> dict[str, Any]:
    if person is None:
        body = {"number": number, "reason": reason}
        return client.ask("POST", "/v1/callbacks/erasures", orjson.dumps(body))
    client.ask("DELETE", f"{callout_url}/v1/people/{person}")
    return {"person": person}


def _scrub(file: Path, number: str, person: str | None, centre_file: Path) -> int:
    """Write a backup again without them; how many of its records that changed."""
    env = secret_files.opened(os.environ)
    sealer = Sealer(read_keys(env, KEYS))
    with file.open(encoding="utf-8") as lines:
        made_at, kept = opened(lines, sealer)
    if person is not None:
        left = without_person(kept, person)
    else:
        e164 = normalise(number, load_centre(centre_file).region)
        keys = read_keys(env, PSEUDONYM_KEY).items()
        mine = {Pseudonyms({key_id: key}).key_of(e164)[0] for key_id, key in keys}
        left = without_caller(kept, mine, datetime.now(UTC))
    changed = _difference(kept, left)
    if changed:
        write_private(file, "".join(f"{line}\n" for line in sealed_lines(left, made_at, sealer)))
    return changed


def _difference(before: Sequence[Kept], after: Sequence[Kept]) -> int:
    return len(set(before) - set(after))


def _tell(told: dict[str, Any], person: str | None) -> None:
    if person is not None and "person" in told:
        click.echo(
            "forgotten: the record and the shifts. Take them out of the list of people as well,"
            " or they are back at the next start"
        )
    if "callbacks" in told:
        click.echo(
            f"forgotten in {told['callbacks']} callbacks, {told['withdrawn']} of them withdrawn"
            f" (erasure {told['erasure']})"
        )
        days = ", ".join(f"{name} {left:g} days" for name, left in told["gone_in_days"].items())
        click.echo(f"until it is gone by itself, sealed and without a name: {days}")
    for file, changed in told["backups"].items():
        click.echo(f"{file}: {changed} records changed")
