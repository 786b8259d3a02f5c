"""What a process is told from outside, read once from a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.errors import WrongSettingError
from streams.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Where the log and Redis are, and which centre this is.

    `prefix` goes before every topic and Redis key, so that test runs share one broker.
    """

    kafka: str = "127.0.0.1:9092"
    redis: str = "redis://127.0.0.1:6379/0"
    prefix: str = ""
    centre: Path = Path("centre.toml")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Connections":
        """Read SURGELINE_KAFKA, SURGELINE_REDIS, SURGELINE_PREFIX and SURGELINE_CENTRE."""
        default = cls()
        return cls(
            kafka=env.get("SURGELINE_KAFKA", default.kafka),
            redis=env.get("SURGELINE_REDIS", default.redis),
            prefix=env.get("SURGELINE_PREFIX", ""),
            centre=Path(env.get("SURGELINE_CENTRE", "centre.toml")),
        )

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
