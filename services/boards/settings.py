"""What the boards are told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.auth import Tokens
from services.boards.access import Kiosk
from services.serving import listening
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.settings import Connections

PORT: Final = 8400


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The boards' settings; printing them shows no secret."""

    connections: Connections
    centre: Centre = field(repr=False)
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)
    kiosk: Kiosk | None = field(repr=False, default=None)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        return cls(
            connections=connections,
            centre=load_centre(connections.centre),
            **listening(env, PORT),
            kiosk=Kiosk.from_env(env),
        )
