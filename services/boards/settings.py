"""What the boards are told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.accounts import Accounts
from services.auth import Tokens
from services.boards.kiosks import Kiosks
from services.register import Register
from services.serving import address_of, listening
from services.sessions import KEYS, Sessions
from services.signed_in import SignedIn
from streams.settings import Connections

PORT: Final = 8400


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The boards' settings; printing them shows no secret."""

    connections: Connections
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)
    kiosks: Kiosks | None = field(repr=False, default=None)
    people: SignedIn | None = field(repr=False, default=None)
    consoles_url: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        return cls(
            connections=connections,
            **listening(env, PORT),
            kiosks=Kiosks.from_env(env),
            people=_people(env, connections),
            consoles_url=address_of(env, "SURGELINE_CONSOLES_URL"),
        )


def _people(env: Mapping[str, str], connections: Connections) -> SignedIn | None:
    """None without session keys: then nobody's cookie is known here."""
    if not env.get(KEYS):
        return None
    accounts = Accounts(Path(env.get("SURGELINE_ACCOUNTS", ".surgeline/accounts.json")))
    accounts.all()
    register = Register(connections.redis, connections.prefix)
    return SignedIn(Sessions.from_env(env), accounts, register)
