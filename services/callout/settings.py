"""What the call-out service is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from services.auth import Tokens as AccessTokens
from services.callout.answering.tokens import Tokens
from services.message_setup import public_url
from services.numbers import Pseudonyms
from services.people_file import Secrets
from services.sealing import Sealer
from services.serving import listening
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.retention import FORGOTTEN_BY_SERVICES, NAMES, forgetting
from streams.settings import Connections

DEFAULT_PORT = 8470
DEFAULT_FOLDER = ".surgeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Printing them shows no secret.

    `providers` is the file of message accounts; without it nobody can be reached. `public_url` is
    where people and providers reach this service. `dead_man_url` is pinged while all is well.
    """

    connections: Connections
    centre: Centre
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    providers: Path | None = None
    folder: Path = Path(DEFAULT_FOLDER)
    dead_man_url: str | None = field(default=None, repr=False)
    tokens: AccessTokens = field(repr=False)
    answer_tokens: Tokens = field(repr=False)
    secrets: Secrets = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    names_kept: timedelta = timedelta(days=FORGOTTEN_BY_SERVICES[NAMES])

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        where = listening(env, DEFAULT_PORT)
        providers = env.get("SURGELINE_PROVIDERS")
        return cls(
            connections=connections,
            centre=load_centre(connections.centre),
            **where,
            public_url=public_url(env),
            providers=Path(providers) if providers else None,
            folder=Path(env.get("SURGELINE_FOLDER", DEFAULT_FOLDER)),
            dead_man_url=env.get("SURGELINE_DEAD_MAN_URL") or None,
            answer_tokens=Tokens.from_env(env),
            secrets=Secrets(Sealer.from_env(env), Pseudonyms.from_env(env)),
            env=env,
            names_kept=forgetting(env).names,
        )
