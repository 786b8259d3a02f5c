"""`surgeline`: what can a person do from the command line?

Exit codes are the same for every command: 0 fine, 1 fell short, 2 wrong use.
"""

import importlib
from typing import Final

import click

# Loaded only when asked for: a command that reads a file should not wait for Kafka's client.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": ("services.cli.up", "Start the whole platform on this machine."),
    "demo": ("services.cli.demo", "Play an earthquake through the whole platform."),
    "replay": ("services.cli.replay", "Send recorded contacts through intake."),
    "audit": ("services.cli.audit", "Prove from the log that no caller was lost."),
    "check": ("services.cli.check", "Say what is wrong with a centre file."),
    "centre": ("services.cli.centre", "See, preview, apply, roll back a running centre file."),
    "contract": ("services.cli.contract", "Compare the checked-in schemas with the code."),
    "rules": ("services.cli.rules", "Compare rules, alerts and Grafana boards with the code."),
    "learn": ("services.cli.learn", "Learn ordinary weeks from a recording of contacts."),
    "backtest": ("services.cli.backtest", "Say which surges a recording of contacts holds."),
    "order": ("services.cli.order", "Declare, dismiss, extend or close a surge; plan an event."),
    "drill": ("services.cli.drill", "Play a crisis in virtual time, and ask what if."),
    "crisis": ("services.cli.crisis", "Rehearse a crisis over HTTP with Locust, and judge it."),
    "compare": ("services.cli.compare", "Show two rehearsals side by side."),
    "seats": ("services.cli.seats", "Say how many counselors a load of contacts needs."),
    "callout": ("services.cli.callout", "Call people in until the seats are filled."),
    "report": ("services.cli.report", "Write the after-action report of one surge."),
    "people": ("services.cli.people", "Take in the list of people who can be called out."),
    "pictures": ("services.cli.pictures", "Photograph the board while a crisis plays."),
    "accounts": ("services.cli.accounts", "Say who may sign in at the consoles."),
    "topics": ("services.cli.topics", "List the topics of the log, or make them."),
    "export": ("services.cli.export", "Write the open state into one encrypted file."),
    "import": ("services.cli.import_", "Put an exported state onto an empty log."),
    "erase": ("services.cli.erase", "Forget one person who asks for it."),
    "reseal": ("services.cli.reseal", "Seal numbers and names with the key of today."),
    "keys": ("services.cli.keys", "Make the secrets of an installation, a file for each."),
}


class Surgeline(click.Group):
    """The commands, each in a module of its own that holds a click command named `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Without loading the commands."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(cls=Surgeline, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="surgeline", prog_name="surgeline")
def main() -> None:
    """Surgeline keeps a crisis hotline answering when everyone calls at once.

    Exit codes: 0 fine, 1 fell short, 2 wrong use.
    """


if __name__ == "__main__":
    main()
