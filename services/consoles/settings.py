"""What does the consoles process need to know? Its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.accounts import Accounts
from services.auth import Tokens, is_loopback
from services.consoles.provider import Provider
from services.serving import address_of, listening
from services.sessions import Sessions
from streams.errors import WrongSettingError
from streams.settings import Connections

DEFAULT_PORT = 8460
CALLBACKS_URL = "http://127.0.0.1:8420"
CALLOUT_URL = "http://127.0.0.1:8470"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Printing them shows no secret."""

    connections: Connections
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str | None = None
    callbacks_url: str = CALLBACKS_URL
    callout_url: str = CALLOUT_URL
    boards_url: str = ""
    tokens: Tokens = field(repr=False)
    console_token: str = field(default="", repr=False)
    accounts: Accounts
    sessions: Sessions = field(repr=False)
    provider: Provider | None = None

    @property
    def secure(self) -> bool:
        """Whether cookies go over TLS only; plain http is for loopback alone."""
        return self.public_url is not None and self.public_url.startswith("https:")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        where = listening(env, DEFAULT_PORT)
        public_url = _public_url(env.get("SURGELINE_PUBLIC_URL", ""), where["host"])
        accounts = Accounts(Path(env.get("SURGELINE_ACCOUNTS", ".surgeline/accounts.json")))
        accounts.all()
        return cls(
            connections=connections,
            **where,
            public_url=public_url,
            callbacks_url=env.get("SURGELINE_CALLBACKS_URL", CALLBACKS_URL).rstrip("/"),
            callout_url=env.get("SURGELINE_CALLOUT_URL", CALLOUT_URL).rstrip("/"),
            boards_url=address_of(env, "SURGELINE_BOARDS_URL"),
            console_token=env.get("SURGELINE_CONSOLE_TOKEN", ""),
            accounts=accounts,
            sessions=Sessions.from_env(env),
            provider=Provider.from_env(env),
        )


def _public_url(text: str, host: str) -> str | None:
    """The address in the browser's bar: needed as soon as it is not this machine's own."""
    parts = urlsplit(text)
    near = parts.hostname is not None and is_loopback(parts.hostname)
    if text and (parts.scheme == "https" or (parts.scheme == "http" and near)) and parts.hostname:
        return f"{parts.scheme}://{parts.netloc}"
    if text or not is_loopback(host):
        raise WrongSettingError(
            "SURGELINE_PUBLIC_URL must be the https:// address under which people open the"
            " consoles; without it they listen on loopback only"
        )
    return None
