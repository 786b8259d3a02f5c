"""How is one Redis run on this machine?

Redis only serves what the log can give back, so it writes nothing to disk: an emptied Redis is
rebuilt, and a stale file on disk would be a second truth.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPlan:
    """One Redis on loopback."""

    data: Path
    port: int
    max_memory_mb: int = 512

    @property
    def url(self) -> str:
        """What clients connect to."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def config_file(self) -> Path:
        return self.data / "redis.conf"

    def config(self) -> str:
        """Redis' settings, as its own file."""
        return (
            "bind 127.0.0.1\n"
            f"port {self.port}\n"
            f'dir "{self.data}"\n'
            'save ""\n'
            "appendonly no\n"
            "daemonize no\n"
            'logfile ""\n'
            f"maxmemory {self.max_memory_mb}mb\n"
            # Throwing keys away to make room would lose callbacks; refusing a write is honest.
            "maxmemory-policy noeviction\n"
        )

    def write_files(self) -> None:
        """Put the settings where argv looks for them."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(self.config())

    def argv(self) -> list[str]:
        """Run Redis in the foreground."""
        return ["redis-server", str(self.config_file)]
