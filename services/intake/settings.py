"""What intake is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.auth import Tokens
from services.numbers import Pseudonyms
from services.sealing import Sealer
from services.serving import listening
from streams.centre_file import load_centre
from streams.settings import Connections

PORT: Final = 8410


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
    port: int = PORT
    region: str = "KR"
    rehearsal: bool = False
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens = field(repr=False)
    pseudonyms: Pseudonyms = field(repr=False)
    sealer: Sealer = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        return cls(
            connections=connections,
            **listening(env, PORT),
            region=load_centre(connections.centre).region,
            rehearsal=env.get("SURGELINE_REHEARSAL") == "1",
            pseudonyms=Pseudonyms.from_env(env),
            sealer=Sealer.from_env(env),
        )
