"""What the boards are told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.auth import Tokens, check_listen
from services.boards.access import Kiosk
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.settings import Connections, whole_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The boards' settings; printing them shows no secret."""

    connections: Connections
    centre: Centre = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8400
    tokens: Tokens = field(repr=False)
    kiosk: Kiosk | None = field(repr=False, default=None)

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
            centre=load_centre(connections.centre),
            host=host,
            port=whole_number(env, "SURGELINE_PORT", 8400),
            tokens=tokens,
            kiosk=Kiosk.from_env(env),
        )
