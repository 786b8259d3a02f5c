"""Which providers does this centre have, by the file that SURGELINE_PROVIDERS names?

A TOML file with a `[[provider]]` for each account, apart from the centre file because it holds
secrets. Without it nobody can be paged, which the service says at every start.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from services.adapters.pagerduty import EVENTS, PagerDuty
from services.adapters.push import Push
from services.adapters.smtp import MailServer, SmtpMail
from services.adapters.twilio import TwilioSms, TwilioVoice
from services.adapters.twilio_rest import API, Account
from services.message_ports import Provider
from services.message_router import Route
from services.numbers import normalise
from streams.centre_table import Problem, Table
from streams.errors import InvalidEventError, WrongSettingError

DEFAULT_PORT: Final = "8470"
MOST_PER_SECOND: Final = 1000.0


def routes_from_env(env: Mapping[str, str], region: str) -> list[Route]:
    """Every provider of the file; an empty list without one."""
    name = env.get("SURGELINE_PROVIDERS")
    if not name:
        return []
    return read_routes(Path(name), public_url(env), region)


def public_url(env: Mapping[str, str]) -> str:
    """Where providers and people reach the call-out, without a last slash.

    Not the consoles' address: links in messages and signed requests come to this service.
    """
    here = f"http://127.0.0.1:{env.get('SURGELINE_PORT', DEFAULT_PORT)}"
    return (env.get("SURGELINE_CALLOUT_PUBLIC_URL") or here).rstrip("/")


def signing_tokens(providers: Iterable[Provider]) -> dict[str, str]:
    """By provider, what its requests to us must be signed with."""
    return {
        provider.name: provider.signing_token
        for provider in providers
        if isinstance(provider, TwilioSms | TwilioVoice)
    }


def read_routes(path: Path, public: str, region: str) -> list[Route]:
    """Read and check the file; the error lists everything wrong, and no secret."""
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettingError(f"{path} cannot be used: {type(error).__name__}") from None
    problems: list[Problem] = []
    root = Table("", values, problems)
    tables = root.tables("provider")
    routes = [_route(table, public, region) for table in tables]
    root.finish()
    names = [table.values.get("name") for table in tables]
    for twice in sorted({str(name) for name in names if names.count(name) > 1}):
        root.wrong("provider", f"has {twice!r} twice", "give each a name of its own")
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise WrongSettingError(f"{path} cannot be used:\n{lines}")
    return [route for route in routes if route is not None]


def _route(table: Table, public: str, region: str) -> Route | None:
    kind = table.text("type", example='"twilio-sms"')
    if kind not in _MAKERS:
        table.wrong("type", f"is {kind!r}", f"types are {', '.join(_MAKERS)}")
        return None
    weight = table.number("weight", 0.0, low=0, high=100)
    burst = int(table.number("burst", 1, low=1, high=100, whole=True))
    before = len(table.problems)
    make = _MAKERS[kind](table, public, region)
    table.finish()
    if len(table.problems) > before:
        return None
    return Route(make(), weight if table.has("weight") else None, burst)


def _twilio(
    made: Callable[[Account], Provider],
) -> Callable[[Table, str, str], Callable[[], Provider]]:
    def read(table: Table, public: str, region: str) -> Callable[[], Provider]:
        account = Account(
            name=table.name(),
            sid=table.text("sid", example='"AC…"'),
            token=table.text("token", example='"…"'),
            sender=_sender(table, region),
            public_url=public,
            per_second=_rate(table, 1.0),
            api=table.text("api", API),
            drills=_yes(table, "drills"),
        )
        return lambda: made(account)

    return read


def _smtp(table: Table, _: str, __: str) -> Callable[[], Provider]:
    server = MailServer(
        name=table.name(),
        host=table.text("host", example='"mail.example.org"'),
        port=int(table.number("port", 587, low=1, high=65_535, whole=True)),
        sender=table.text("from", example='"callout@example.org"'),
        user=table.text("user", "") if table.has("user") else "",
        password=table.text("password", "") if table.has("password") else "",
        tls=_yes(table, "tls"),
        per_second=_rate(table, 10.0),
        drills=_yes(table, "drills"),
    )
    return lambda: SmtpMail(server)


def _push(table: Table, _: str, __: str) -> Callable[[], Provider]:
    name, per_second = table.name(), _rate(table, 20.0)
    pagerduty, drills = table.text("pagerduty_api", EVENTS), _yes(table, "drills")
    return lambda: Push(name, per_second=per_second, pagerduty=PagerDuty(pagerduty), drills=drills)


def _sender(table: Table, region: str) -> str:
    text = table.text("from", example='"+15005550006"')
    if text.startswith("MG"):
        return text
    try:
        return normalise(text, region) if text else ""
    except InvalidEventError as error:
        table.wrong("from", error.detail, "a number of the account, or its messaging service")
        return ""


def _rate(table: Table, default: float) -> float:
    return table.number("per_second", default, low=0.01, high=MOST_PER_SECOND)


def _yes(table: Table, name: str) -> bool:
    table.asked.add(name)
    value = table.values.get(name, False)
    if not isinstance(value, bool):
        table.wrong(name, f"is {value!r}", "must be true or false")
    return value is True


_MAKERS: Final[dict[str, Callable[[Table, str, str], Callable[[], Provider]]]] = {
    "twilio-sms": _twilio(TwilioSms),
    "twilio-voice": _twilio(TwilioVoice),
    "smtp": _smtp,
    "push": _push,
}
