"""What the standing audit is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from services.auth import Tokens
from services.serving import listening
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError
from streams.settings import Connections, whole_number

PORT: Final = 8490
EVERY_SECONDS: Final = 300
HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`every` is the pause between two audits; `reach` how far back people are judged."""

    connections: Connections
    centre: Centre = field(repr=False)
    host: str = "127.0.0.1"
    port: int = PORT
    tokens: Tokens = field(repr=False)
    every: timedelta = timedelta(seconds=EVERY_SECONDS)
    reach: timedelta = timedelta(hours=HOURS)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        every = whole_number(env, "SURGELINE_AUDIT_EVERY", EVERY_SECONDS)
        hours = whole_number(env, "SURGELINE_AUDIT_HOURS", HOURS)
        if every < 1 or hours < 1:
            raise WrongSettingError("SURGELINE_AUDIT_EVERY (seconds) and _HOURS must be 1 or more")
        return cls(
            connections=connections,
            centre=load_centre(connections.centre),
            **listening(env, PORT),
            every=timedelta(seconds=every),
            reach=timedelta(hours=hours),
        )
