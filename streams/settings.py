"""What a process is told from outside, read once from a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.errors import WrongSettingError
from streams.security import OPEN_LINE, KafkaSecurity, redis_url
from streams.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Where the log and Redis are, and which centre this is.

    `prefix` goes before every topic and Redis key, so that test runs share one broker.
    """

    kafka: str = "127.0.0.1:9092"
    kafka_security: KafkaSecurity = OPEN_LINE
    # It holds the password: read it, never print it.
    redis: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    prefix: str = ""
    centre: Path = Path("centre.toml")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Connections":
        """Read SURGELINE_KAFKA*, SURGELINE_REDIS*, SURGELINE_PREFIX and SURGELINE_CENTRE."""
        default = cls()
        return cls(
            kafka=env.get("SURGELINE_KAFKA", default.kafka),
            kafka_security=KafkaSecurity.from_env(env),
            redis=redis_url(env, default.redis),
            prefix=env.get("SURGELINE_PREFIX", ""),
            centre=Path(env.get("SURGELINE_CENTRE", "centre.toml")),
        )

    def kafka_options(self) -> dict[str, Any]:
        """What every Kafka client of this process is told first."""
        return {"bootstrap_servers": self.kafka, **self.kafka_security.options()}

    def topic(self, topic: Topic) -> str:
        """The topic's name on the broker."""
        return f"{self.prefix}{topic.name}"


def whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from the environment, or a clear error."""
    text = env.get(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise WrongSettingError(f"{name} is {text!r}, but must be a whole number") from None
