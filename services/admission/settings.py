"""What admission is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.auth import Tokens
from services.numbers import Pseudonyms
from services.serving import listening
from streams.settings import Connections

PORT: Final = 8450


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Admission's settings; printing them shows no secret."""

    connections: Connections
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)
    pseudonyms: Pseudonyms = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        return cls(
            connections=connections,
            **listening(env, PORT),
            pseudonyms=Pseudonyms.from_env(env),
        )
