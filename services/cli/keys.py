"""`surgeline keys`: the secrets of an installation that no supervisor runs, a file for each.

What compose mounts and what a Kubernetes Secret is made of (`kubectl create secret generic
surgeline --from-file=FOLDER`): the names of the files are the keys that the chart expects.
"""

from pathlib import Path

import click

from services.supervisor.keys import Secrets, load_or_make, write_private
from services.supervisor.people import make_accounts
from streams.errors import WrongSettingError


@click.command(name="keys")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--people", is_flag=True, help="Also make sample accounts, to try the consoles.")
def command(folder: Path, people: bool) -> None:
    """Make the secrets of an installation in FOLDER; those that are there are kept.

    Keep a copy apart: with a lost pseudonym key every caller looks new, and with a lost seal key
    no sealed number can be read again.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = load_or_make(folder)
        for name, text in files(made).items():
            write_private(folder / name, text)
        if people:
            make_accounts(folder)
        elif not (folder / "accounts.json").exists():
            write_private(folder / "accounts.json", '{"accounts": []}\n')
    except (WrongSettingError, OSError) as error:
        click.echo(f"surgeline keys: {error}", err=True)
        raise SystemExit(2) from None
    click.echo(
        f"secrets are in {folder}; sign-in.txt there has passwords" if people else f"{folder}"
    )


def files(made: Secrets) -> dict[str, str]:
    """By the names under which the chart and compose look for them."""
    return {
        "pseudonym-key": made.pseudonym_key,
        "seal-keys": made.seal_keys,
        "session-keys": made.session_keys,
        "console-token": made.tokens["console"],
        "phone-token": made.tokens["phone"],
        "prometheus-token": made.tokens["viewer"],
        "alertmanager.token": made.tokens["source"],
    }
