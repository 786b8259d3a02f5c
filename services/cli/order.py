"""`surgeline order`: how do people in command give orders from a terminal?"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click
import orjson

from services.cli.command_client import CommandClient, client_options
from streams.centre_table import as_duration

Command = Callable[..., None]
ANSWER_SECONDS: Final = 12.0


class Moment(click.ParamType):
    """A time with its zone, or so long from now: 2026-03-11T14:00+09:00, 90m, 2h."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta | datetime:
        """A span is added to the centre's clock, which may be a rehearsal's."""
        del param, ctx
        span = as_duration(str(value))
        if span is not None:
            return span
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("must be a time such as 2026-03-11T14:00+09:00, or a span such as 2h")
        if moment.tzinfo is None:
            self.fail("needs a zone, such as +09:00 or Z")
        return moment.astimezone(UTC)


class Orders:
    """Orders as one command gives them. Given again under its id, an order is one order."""

    def __init__(self, client: CommandClient, id_: str | None) -> None:
        self.client = client
        self._id = id_ or f"order-{uuid.uuid4()}"
        client.note = f" [id {self._id}]"
        client.patience_seconds = ANSWER_SECONDS
        client.unanswered = "; the same --id is safe"

    def give(self, kind: str, said: str, **fields: Any) -> None:
        """Give the order and say that it is on the log."""
        given = {name: value for name, value in fields.items() if value is not None}
        if any(isinstance(value, timedelta) for value in given.values()):
            now = datetime.fromisoformat(self.client.ask("GET", "/v1/commands?limit=1")["now"])
            given = {n: now + v if isinstance(v, timedelta) else v for n, v in given.items()}
        body = {"id": self._id, "kind": kind, **given}
        answer = self.client.ask("POST", "/v1/commands", orjson.dumps(body))
        if self.client.as_json:
            self.client.show(answer)
        else:
            click.echo(f"{said}: order {answer['order']['id']} is on the log")


@click.group(name="order", context_settings={"help_option_names": ["-h", "--help"]})
@client_options(role="lead")
@click.option("--id", "id_", help="The order's id: given twice, it is one order.")
def command(id_: str | None) -> None:
    """Order what the numbers cannot know: that it is a surge, or none, or goes on, or is over.

    Each order is an event on the log with who gave it, when and why. TIME is 2h (from now) or
    2026-03-11T14:00+09:00. Needs the role lead or manager.
    """
    context = click.get_current_context()
    context.obj = Orders(context.obj, id_)


@command.command()
@click.argument("key")
@click.option("--reason", required=True)
@click.option("--until", type=Moment(), help="It goes on at least until then (default 2h).")
@click.option("--ratio", type=float, help="How many times the usual is expected.")
@click.pass_obj
def declare(orders: Orders, key: str, reason: str, until: object, ratio: float | None) -> None:
    """Declare a surge on a key: total, country:JP, topic:visa, queue:main, …"""
    orders.give("declare", f"surge on {key}", key=key, reason=reason, until=until, ratio=ratio)


@command.command()
@click.argument("episode")
@click.option("--reason")
@click.pass_obj
def ack(orders: Orders, episode: str, reason: str | None) -> None:
    """Acknowledge a surge: somebody takes care of it."""
    orders.give("acknowledge", "acknowledged", episode=episode, reason=reason)


@command.command()
@click.argument("episode")
@click.option("--reason", required=True)
@click.option("--quiet-until", type=Moment(), help="Not declared again before (default 6h).")
@click.pass_obj
def dismiss(orders: Orders, episode: str, reason: str, quiet_until: object) -> None:
    """Dismiss a surge: it is none."""
    orders.give("dismiss", "dismissed", episode=episode, reason=reason, quiet_until=quiet_until)


@command.command()
@click.argument("episode")
@click.option("--until", type=Moment(), required=True)
@click.option("--reason")
@click.pass_obj
def extend(orders: Orders, episode: str, until: object, reason: str | None) -> None:
    """Extend a surge: it is not over before a time."""
    orders.give("extend", "extended", episode=episode, until=until, reason=reason)


@command.command()
@click.argument("episode")
@click.option("--reason")
@click.option("--quiet-until", type=Moment(), help="Not declared again before (default 6h).")
@click.pass_obj
def close(orders: Orders, episode: str, reason: str | None, quiet_until: object) -> None:
    """Close a surge: it is over."""
    orders.give("close", "closed", episode=episode, reason=reason, quiet_until=quiet_until)


@command.command()
@click.argument("key")
@click.option("--from", "begins_at", type=Moment(), required=True)
@click.option("--to", "ends_at", type=Moment(), required=True)
@click.option("--ratio", type=float, required=True, help="How many times the usual is expected.")
@click.option("--title", required=True)
@click.option("--reason")
@click.pass_obj
def planned(
    orders: Orders,
    key: str,
    begins_at: object,
    ends_at: object,
    ratio: float,
    title: str,
    reason: str | None,
) -> None:
    """Plan an event: more (or fewer) contacts are expected of a key, and that is no surge."""
    window = {"from": begins_at, "to": ends_at}
    orders.give(
        "planned_event",
        f"planned {title}",
        key=key,
        ratio=ratio,
        title=title,
        reason=reason,
        **window,
    )


@command.command()
@click.argument("event")
@click.option("--reason")
@click.pass_obj
def cancel(orders: Orders, event: str, reason: str | None) -> None:
    """Call a planned event off; EVENT is the id of its order."""
    orders.give("cancel_event", "called off", event=event, reason=reason)


@command.command(name="list")
@click.pass_obj
def show_orders(orders: Orders) -> None:
    """List the surges that are on, and the latest orders."""
    client = orders.client
    surges, given = client.ask("GET", "/v1/surges"), client.ask("GET", "/v1/commands?limit=20")
    if client.as_json:
        client.show({**surges, **given})
        return
    for surge in surges["surges"]:
        click.echo(f"{surge['episode']}  {surge['tier']:<6} {surge['key']}: {surge['sentence']}")
    for order in given["orders"]:
        obeyed = "obeyed" if order["obeyed"] else "given"
        click.echo(
            f"{order['at']}  {order['role']:<8} {order['order']['kind']}  {obeyed}  {order['id']}"
        )
