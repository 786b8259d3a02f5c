"""How does Prometheus read our services on this machine?

It is Debian's, used when present; nothing depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusPlan:
    """One Prometheus on loopback; `targets` are the host:port of each job."""

    data: Path
    port: int
    targets: Mapping[str, str]

    @property
    def config_file(self) -> Path:
        return self.data / "prometheus.yml"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def config(self) -> str:
        """Each service is asked every two seconds: a surge is over in minutes."""
        jobs = "".join(
            f"  - job_name: {name}\n    static_configs:\n      - targets: ['{address}']\n"
            for name, address in self.targets.items()
        )
        timing = "  scrape_interval: 2s\n  scrape_timeout: 2s\n  evaluation_interval: 2s\n"
        return f"global:\n{timing}scrape_configs:\n{jobs}"

    def write_files(self) -> None:
        """Put the settings where argv looks for them."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(self.config())

    def argv(self) -> list[str]:
        """Run Prometheus in the foreground."""
        return [
            "prometheus",
            f"--config.file={self.config_file}",
            f"--storage.tsdb.path={self.data / 'tsdb'}",
            "--storage.tsdb.retention.time=30d",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        ]
