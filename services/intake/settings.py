"""What intake is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.auth import Tokens, check_listen
from services.numbers import Pseudonyms
from services.sealing import Sealer
from streams.centre_file import load_centre
from streams.settings import Connections, whole_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request and one process may hold, checked before anything is parsed."""

    body_bytes: int = 4 * 1024 * 1024
    events: int = 5_000
    event_bytes: int = 16 * 1024
    held_bytes: int = 64 * 1024 * 1024
    body_seconds: float = 15.0
    dead_letter_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Intake's settings; printing them shows no secret."""

    connections: Connections
    host: str = "127.0.0.1"
    port: int = 8410
    region: str = "KR"
    rehearsal: bool = False
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens = field(repr=False)
    pseudonyms: Pseudonyms = field(repr=False)
    sealer: Sealer = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        tokens_file = env.get("SURGELINE_TOKENS")
        tokens = Tokens.load(Path(tokens_file) if tokens_file else None)
        host = env.get("SURGELINE_HOST", "127.0.0.1")
        check_listen(host, tokens)
        connections = Connections.from_env(env)
        return cls(
            connections=connections,
            host=host,
            port=whole_number(env, "SURGELINE_PORT", 8410),
            region=load_centre(connections.centre).region,
            rehearsal=env.get("SURGELINE_REHEARSAL") == "1",
            tokens=tokens,
            pseudonyms=Pseudonyms.from_env(env),
            sealer=Sealer.from_env(env),
        )
