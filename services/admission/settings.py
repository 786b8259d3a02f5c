"""What admission is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.auth import Tokens, check_listen
from services.numbers import Pseudonyms
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.settings import Connections, whole_number

PORT: Final = 8450


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Admission's settings; printing them shows no secret."""

    connections: Connections
    centre: Centre = field(repr=False)
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)
    pseudonyms: Pseudonyms = field(repr=False)

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
            port=whole_number(env, "SURGELINE_PORT", PORT),
            tokens=tokens,
            pseudonyms=Pseudonyms.from_env(env),
        )
