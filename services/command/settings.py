"""What the command service is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.auth import Tokens
from services.serving import listening
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.settings import Connections

PORT: Final = 8480


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Printing them shows no secret."""

    connections: Connections
    centre: Centre = field(repr=False)
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        centre = load_centre(connections.centre)
        return cls(connections=connections, centre=centre, **listening(env, PORT))
