"""`surgeline accounts`: who may sign in at the consoles of this machine?

A password is asked for, or read from the input; it is never an argument, where others could see it.
"""

import sys
from pathlib import Path

import click

from services.accounts import LANGUAGES, Account, AccountError, Accounts, hash_password
from services.acting import PERSON_ROLES
from streams.errors import WrongSettingError

FELL_SHORT, WRONG_USE = 1, 2


class _Commands(click.Group):
    """Says what is wrong in one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (AccountError, WrongSettingError) as error:
            click.echo(f"surgeline: {error}", err=True)
            ctx.exit(WRONG_USE)


@click.group(name="accounts", cls=_Commands)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(".surgeline/accounts.json"),
    envvar="SURGELINE_ACCOUNTS",
    show_default=True,
    help="The accounts file.",
)
@click.pass_context
def command(context: click.Context, path: Path) -> None:
    """Say who may sign in at the consoles. A change is felt at the person's next click."""
    context.obj = Accounts(path)


@command.command(name="list")
@click.pass_obj
def show(accounts: Accounts) -> None:
    """List the accounts."""
    for account in accounts.all().values():
        how = "disabled" if account.disabled else "password" if account.password else "provider"
        agent = account.agent or "-"
        roles = ",".join(account.roles)
        click.echo(f"{account.name:<20} {roles:<24} {agent:<12} {how:<9} {account.title}")


@command.command()
@click.argument("name")
@click.option("--title", help="The name that is shown. Default: the account's name.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(PERSON_ROLES)),
    help="May be given more than once.",
)
@click.option("--agent", default="", help="The agent id in the phone system; counselors need one.")
@click.option("--language", type=click.Choice(LANGUAGES), default="ko", show_default=True)
@click.option("--speaks", multiple=True, help="Only callbacks in these languages. Default: any.")
@click.option("--skill", "skills", multiple=True, help="Only callbacks for these skills.")
@click.option("--outside", is_flag=True, help="Signs in through the provider: no password here.")
@click.pass_obj
def add(
    accounts: Accounts,
    name: str,
    title: str | None,
    roles: tuple[str, ...],
    agent: str,
    language: str,
    speaks: tuple[str, ...],
    skills: tuple[str, ...],
    outside: bool,
) -> None:
    """Add an account; the password is asked for, or read from the input."""
    account = Account(
        name=name,
        title=title or name,
        roles=roles,
        agent=agent,
        language=language,
        speaks=speaks,
        skills=skills,
    )
    accounts.add(account if outside else account.with_password(hash_password(_password())))
    click.echo(f"{name} may sign in")


@command.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@click.pass_obj
def disable(accounts: Accounts, name: str, undo: bool) -> None:
    """Let nobody in by this name, and end its sessions."""
    accounts.alter(name, disabled=not undo)
    click.echo(f"{name} may sign in again" if undo else f"{name} is out")


@command.command()
@click.argument("name")
@click.pass_obj
def password(accounts: Accounts, name: str) -> None:
    """Set a new password, and end the sessions that began with the old one."""
    if accounts.get(name) is None:
        raise AccountError("name", f"there is no account {name}")
    accounts.alter(name, password=hash_password(_password()))
    click.echo(f"{name} has a new password")


@command.command(name="end-sessions")
@click.argument("name")
@click.pass_obj
def end_sessions(accounts: Accounts, name: str) -> None:
    """Sign somebody out everywhere."""
    accounts.alter(name)
    click.echo(f"{name} is signed out everywhere")


def _password() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
