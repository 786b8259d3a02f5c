"""How do alerts reach our call-outs on this machine?

Alertmanager is Debian's, used when present; nothing depends on it. Its routes are those that are
checked in, with this platform's addresses put in.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.supervisor.keys import write_private

ROUTES: Final = Path(__file__).parents[2] / "deploy" / "alertmanager" / "alertmanager.yml"
# As they stand in ROUTES (services/observability/alertmanager.py).
CALLOUT: Final = "http://127.0.0.1:8470"
CREDENTIALS: Final = "/etc/surgeline/alertmanager.token"


def program() -> str | None:
    """Debian names it differently from everybody else."""
    return next(filter(shutil.which, ("prometheus-alertmanager", "alertmanager")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerPlan:
    """One Alertmanager on loopback; `token` is what it shows the call-outs at `callout`."""

    data: Path
    port: int
    callout: str
    token: str

    @property
    def config_file(self) -> Path:
        return self.data / "alertmanager.yml"

    @property
    def token_file(self) -> Path:
        return self.data / "token"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def write_files(self) -> None:
        """Put the routes where argv looks for them."""
        self.data.mkdir(parents=True, exist_ok=True)
        write_private(self.token_file, self.token)
        routes = ROUTES.read_text(encoding="utf-8")
        routes = routes.replace(CALLOUT, self.callout).replace(CREDENTIALS, str(self.token_file))
        self.config_file.write_text(routes, encoding="utf-8")

    def argv(self, name: str) -> list[str]:
        """Run it in the foreground, alone: no cluster of one."""
        return [
            name,
            f"--config.file={self.config_file}",
            f"--storage.path={self.data / 'state'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]
