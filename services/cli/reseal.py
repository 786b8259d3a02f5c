"""`surgeline reseal`: after a new seal key was put in front, is the old one still needed?"""

from typing import Any, Final

import click

from services.cli.command_client import CommandClient, client_options
from services.cli.erase import CALLOUT_URL, PATIENCE_SECONDS, URL

SEALED_ANEW: Final = (
    ("callbacks", "/v1/callbacks/reseal"),
    ("people", "/v1/people/reseal"),
)


@click.command(name="reseal")
@client_options("manager", URL, "SURGELINE_CALLBACKS_URL")
@click.option(
    "--callout-url", envvar="SURGELINE_CALLOUT_URL", default=CALLOUT_URL, show_default=True
)
def command(callout_url: str) -> None:
    """Seal every number, name and address with the first of SURGELINE_SEAL_KEYS.

    Nothing pauses, and it may be repeated. It says what is sealed with which key afterwards: a key
    that is not named any more may be taken away. Exits 1 while something is left that no key of
    the services opens. Needs the role manager or admin.
    """
    client: CommandClient = click.get_current_context().obj
    client.patience_seconds = PATIENCE_SECONDS
    urls = {"callbacks": "", "people": callout_url}
    told = {what: client.ask("POST", f"{urls[what]}{path}") for what, path in SEALED_ANEW}
    if client.as_json:
        client.show(told)
    else:
        for what, done in told.items():
            click.echo(_line(what, done))
    if any(done["unreadable"] for done in told.values()):
        raise SystemExit(1)


def _line(what: str, done: dict[str, Any]) -> str:
    keys = ", ".join(f"{count} with {key}" for key, count in sorted(done["by_key"].items()))
    line = f"{what}: {done['resealed']} sealed anew; now {keys or 'nothing is sealed'}"
    lost = done["unreadable"]
    return f"{line}; {lost} cannot be opened with any key here" if lost else line
