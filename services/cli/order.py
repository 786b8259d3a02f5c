"""`surgeline order`: how do people in command give orders from a terminal?"""

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import httpx
import orjson

from streams.centre_table import as_duration
from streams.errors import WrongSettingError

URL: Final = "http://127.0.0.1:8480"
ANSWER_SECONDS: Final = 12.0
FELL_SHORT, WRONG_USE = 1, 2
Command = Callable[..., None]


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


class Service:
    """The command service, asked with the token of the environment."""

    def __init__(self, url: str, token: str, id_: str | None, as_json: bool) -> None:
        self._http = httpx.Client(
            base_url=url, timeout=ANSWER_SECONDS, headers={"Authorization": f"Bearer {token}"}
        )
        self._id = id_ or f"order-{uuid.uuid4()}"
        self.as_json = as_json

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def give(self, kind: str, said: str, **fields: Any) -> None:
        """Give the order and say that it is on the log."""
        given = {name: value for name, value in fields.items() if value is not None}
        if any(isinstance(value, timedelta) for value in given.values()):
            now = datetime.fromisoformat(self.ask("GET", "/v1/commands?limit=1")["now"])
            given = {n: now + v if isinstance(v, timedelta) else v for n, v in given.items()}
        body = {"id": self._id, "kind": kind, **given}
        answer = self.ask("POST", "/v1/commands", orjson.dumps(body))
        if self.as_json:
            show(answer)
        else:
            click.echo(f"{said}: order {answer['order']['id']} is on the log")

    def ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The answer, or the end of the command with the reason."""
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.request(method, path, content=body, headers=headers)
            answer: dict[str, Any] = response.json()
        except httpx.HTTPError as error:
            why = f"no answer ({type(error).__name__}); the same --id is safe"
            raise self._end(FELL_SHORT, why) from None
        except ValueError:
            why = f"no answer that can be read (HTTP {response.status_code})"
            raise self._end(FELL_SHORT, why) from None
        if response.is_success:
            return answer
        told = answer.get("error", {})
        ours = response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
        field = f"{told['field']}: " if told.get("field") else ""
        why = f"{field}{told.get('detail', 'refused')}"
        raise self._end(FELL_SHORT if ours else WRONG_USE, why)

    def _end(self, code: int, why: str) -> SystemExit:
        click.echo(f"surgeline order: {why} [id {self._id}]", err=True)
        return SystemExit(code)


def show(answer: dict[str, Any]) -> None:
    """For a program."""
    click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))


@click.group(name="order", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="SURGELINE_COMMAND_URL", default=URL, show_default=True)
@click.option("--token", envvar="SURGELINE_TOKEN", help="Default: that of the lead in tokens.env.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".surgeline"),
    show_default=True,
    help="The folder of `surgeline up`, where tokens.env is.",
)
@click.option("--id", "id_", help="The order's id: given twice, it is one order.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context, url: str, token: str | None, data: Path, id_: str | None, as_json: bool
) -> None:
    """Order what the numbers cannot know: that it is a surge, or none, or goes on, or is over.

    Each order is an event on the log with who gave it, when and why. TIME is 2h (from now) or
    2026-03-11T14:00+09:00. Needs the role lead or manager.
    """
    try:
        service = Service(url, token or _lead_token(data), id_, as_json)
    except WrongSettingError as error:
        raise click.UsageError(str(error)) from None
    context.obj = service
    context.call_on_close(service.close)


def _lead_token(data: Path) -> str:
    name = "SURGELINE_LEAD_TOKEN"
    file = data / "tokens.env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = dict(line.split("=", 1) for line in lines if "=" in line)
    token = os.environ.get(name) or kept.get(name)
    if not token:
        raise WrongSettingError(f"no token: set SURGELINE_TOKEN, or --data to the folder of {file}")
    return token


@command.command()
@click.argument("key")
@click.option("--reason", required=True)
@click.option("--until", type=Moment(), help="It goes on at least until then (default 2h).")
@click.option("--ratio", type=float, help="How many times the usual is expected.")
@click.pass_obj
def declare(service: Service, key: str, reason: str, until: object, ratio: float | None) -> None:
    """Declare a surge on a key: total, country:JP, topic:visa, queue:main, …"""
    service.give("declare", f"surge on {key}", key=key, reason=reason, until=until, ratio=ratio)


@command.command()
@click.argument("episode")
@click.option("--reason")
@click.pass_obj
def ack(service: Service, episode: str, reason: str | None) -> None:
    """Acknowledge a surge: somebody takes care of it."""
    service.give("acknowledge", "acknowledged", episode=episode, reason=reason)


@command.command()
@click.argument("episode")
@click.option("--reason", required=True)
@click.option("--quiet-until", type=Moment(), help="Not declared again before (default 6h).")
@click.pass_obj
def dismiss(service: Service, episode: str, reason: str, quiet_until: object) -> None:
    """Dismiss a surge: it is none."""
    service.give("dismiss", "dismissed", episode=episode, reason=reason, quiet_until=quiet_until)


@command.command()
@click.argument("episode")
@click.option("--until", type=Moment(), required=True)
@click.option("--reason")
@click.pass_obj
def extend(service: Service, episode: str, until: object, reason: str | None) -> None:
    """Extend a surge: it is not over before a time."""
    service.give("extend", "extended", episode=episode, until=until, reason=reason)


@command.command()
@click.argument("episode")
@click.option("--reason")
@click.option("--quiet-until", type=Moment(), help="Not declared again before (default 6h).")
@click.pass_obj
def close(service: Service, episode: str, reason: str | None, quiet_until: object) -> None:
    """Close a surge: it is over."""
    service.give("close", "closed", episode=episode, reason=reason, quiet_until=quiet_until)


@command.command()
@click.argument("key")
@click.option("--from", "begins_at", type=Moment(), required=True)
@click.option("--to", "ends_at", type=Moment(), required=True)
@click.option("--ratio", type=float, required=True, help="How many times the usual is expected.")
@click.option("--title", required=True)
@click.option("--reason")
@click.pass_obj
def planned(
    service: Service,
    key: str,
    begins_at: object,
    ends_at: object,
    ratio: float,
    title: str,
    reason: str | None,
) -> None:
    """Plan an event: more (or fewer) contacts are expected of a key, and that is no surge."""
    window = {"from": begins_at, "to": ends_at}
    service.give(
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
def cancel(service: Service, event: str, reason: str | None) -> None:
    """Call a planned event off; EVENT is the id of its order."""
    service.give("cancel_event", "called off", event=event, reason=reason)


@command.command(name="list")
@click.pass_obj
def show_orders(service: Service) -> None:
    """List the surges that are on, and the latest orders."""
    surges, orders = service.ask("GET", "/v1/surges"), service.ask("GET", "/v1/commands?limit=20")
    if service.as_json:
        show({**surges, **orders})
        return
    for surge in surges["surges"]:
        click.echo(f"{surge['episode']}  {surge['tier']:<6} {surge['key']}: {surge['sentence']}")
    for order in orders["orders"]:
        obeyed = "obeyed" if order["obeyed"] else "given"
        click.echo(
            f"{order['at']}  {order['role']:<8} {order['order']['kind']}  {obeyed}  {order['id']}"
        )
