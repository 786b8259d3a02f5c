"""What is a streams worker told?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.errors import WrongSettingError
from streams.groups import PROCESSORS
from streams.settings import Connections, whole_number

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsSettings:
    """`stuck_after_seconds` is the watchdog's limit, `letter_limit` that of dead letters in a row.

    `instance` is this worker's own name among those of its groups, where there is a fixed number
    of them (one machine; the ordinal of a StatefulSet): a worker that was killed then takes its
    partitions up again at once, without the wait for its former self to be missed. Workers that
    are scaled up and down have none.

    Health and metrics hold no personal data but carry no authentication either, so they are
    given on loopback only, unless SURGELINE_METRICS_OUTSIDE says that something else, such as a
    network policy, keeps strangers away.
    """

    connections: Connections = field(default_factory=Connections)
    host: str = "127.0.0.1"
    port: int = 8430
    processors: tuple[str, ...] = tuple(PROCESSORS)
    stuck_after_seconds: int = 30
    letter_limit: int = 1000
    instance: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str], only: str | None = None) -> "StreamsSettings":
        """Read SURGELINE_*; `only` is a list such as "tally,surge"."""
        processors = tuple(name.strip() for name in only.split(",")) if only else tuple(PROCESSORS)
        unknown = [name for name in processors if name not in PROCESSORS]
        if unknown:
            raise WrongSettingError(
                f"--only names {', '.join(unknown)}; there are {', '.join(PROCESSORS)}"
            )
        host = env.get("SURGELINE_HOST", "127.0.0.1")
        if host not in LOOPBACK and env.get("SURGELINE_METRICS_OUTSIDE") != "1":
            raise WrongSettingError(
                f"SURGELINE_HOST is {host!r}, but health and metrics are given on loopback only,"
                " unless SURGELINE_METRICS_OUTSIDE=1 says that the network guards them"
            )
        return cls(
            connections=Connections.from_env(env),
            host=host,
            port=whole_number(env, "SURGELINE_PORT", 8430),
            processors=processors,
            stuck_after_seconds=whole_number(env, "SURGELINE_STUCK_AFTER_SECONDS", 30),
            letter_limit=whole_number(env, "SURGELINE_LETTER_LIMIT", 1000),
            instance=env.get("SURGELINE_INSTANCE", ""),
        )
