"""What the callbacks service is told from outside, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.auth import Tokens
from services.callbacks.former import NAME, Former
from services.numbers import Pseudonyms
from services.sealing import Sealer, read_keys
from services.serving import listening
from streams.domain.callbacks.forgetting import Keeping
from streams.retention import forgetting
from streams.settings import Connections

DEFAULT_PORT = 8420


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Printing them shows no secret. Without a phone system, agents dial by hand."""

    connections: Connections
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    phone_url: str | None = None
    phone_token: str | None = field(default=None, repr=False)
    tokens: Tokens = field(repr=False)
    sealer: Sealer = field(repr=False)
    former: Former | None = field(repr=False, default=None)
    pseudonyms: tuple[Pseudonyms, ...] = field(repr=False, default=())
    keeping: Keeping = field(default_factory=Keeping)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check everything; `WrongSettingError` says what would be right."""
        connections = Connections.from_env(env)
        keys = read_keys(env, NAME) if env.get(NAME) else {}
        kept = forgetting(env)
        return cls(
            connections=connections,
            **listening(env, DEFAULT_PORT),
            phone_url=env.get("SURGELINE_PHONE_URL") or None,
            phone_token=env.get("SURGELINE_PHONE_TOKEN") or None,
            sealer=(sealer := Sealer.from_env(env)),
            former=Former(keys, sealer),
            pseudonyms=tuple(Pseudonyms({key_id: key}) for key_id, key in keys.items()),
            keeping=Keeping(numbers=kept.numbers, records=kept.records),
        )
