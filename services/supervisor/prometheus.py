"""How does Prometheus read our services on this machine, and by which rules does it judge them?

It is Debian's, used when present; nothing depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.supervisor.keys import write_private

RULES: Final = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusPlan:
    """One Prometheus on loopback; `targets` are the host:port of each job.

    `token` is shown to services that ask who reads them; alerts go to `alertmanager`.
    """

    data: Path
    port: int
    targets: Mapping[str, str]
    token: str
    alertmanager: str
    seconds: int = 2

    @property
    def config_file(self) -> Path:
        return self.data / "prometheus.yml"

    @property
    def token_file(self) -> Path:
        return self.data / "token"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def config(self) -> str:
        """Each service is asked every two seconds: a surge is over in minutes."""
        who = f"    authorization: {{credentials_file: '{self.token_file}'}}\n"
        jobs = "".join(
            f"  - job_name: {name}\n{who}    static_configs:\n      - targets: ['{address}']\n"
            for name, address in self.targets.items()
        )
        pace = f"{self.seconds}s"
        timing = "".join(
            f"  {what}: {pace}\n"
            for what in ("scrape_interval", "scrape_timeout", "evaluation_interval")
        )
        alerting = (
            f"  alertmanagers:\n    - static_configs: [{{targets: ['{self.alertmanager}']}}]\n"
        )
        rules = f"rule_files: ['{RULES}/*.yml']\n"
        return f"global:\n{timing}{rules}alerting:\n{alerting}scrape_configs:\n{jobs}"

    def write_files(self) -> None:
        """Put the settings where argv looks for them."""
        self.data.mkdir(parents=True, exist_ok=True)
        write_private(self.token_file, self.token)
        self.config_file.write_text(self.config())

    def argv(self) -> list[str]:
        """Run Prometheus in the foreground."""
        return [
            "prometheus",
            f"--config.file={self.config_file}",
            f"--storage.tsdb.path={self.data / 'tsdb'}",
            "--storage.tsdb.retention.time=30d",
            f"--web.listen-address=127.0.0.1:{self.port}",
            # What was said before Alertmanager was there is said again soon, not after a minute.
            "--rules.alert.resend-delay=10s",
            "--log.level=warn",
        ]
