"""Where is the platform that is rehearsed, and with which tokens is it asked?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from load.open_loop.client import Client
from streams.errors import WrongSettingError
from streams.settings import whole_number

# Each part with its usual address and the role that asks it.
PARTS: Final = {
    "intake": ("http://127.0.0.1:8410", "source"),
    "admission": ("http://127.0.0.1:8450", "source"),
    "callbacks": ("http://127.0.0.1:8420", "counselor"),
    "boards": ("http://127.0.0.1:8400", "viewer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Addresses and tokens, from the environment.

    Crises are played against this machine only: whoever names another address is refused.
    """

    urls: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)
    centre: Path
    port: int
    prometheus: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Servers":
        """What `surgeline crisis` sets; without it, the usual ports and the tokens of `up`."""
        urls = {
            part: env.get(f"SURGELINE_{part.upper()}_URL", usual)
            for part, (usual, _) in PARTS.items()
        }
        prometheus = env.get("SURGELINE_PROMETHEUS")
        asked = [*urls.values(), *([prometheus] if prometheus else [])]
        outside = [url for url in asked if not _is_loopback(url)]
        if outside:
            raise WrongSettingError(f"crises are for this machine only, not for {outside}")
        roles = {"rehearsal", "phone", *(role for _, role in PARTS.values())}
        tokens = {role: env.get(f"SURGELINE_{role.upper()}_TOKEN", "") for role in roles}
        missing = sorted(role for role, token in tokens.items() if not token)
        if missing:
            named = ", ".join(f"SURGELINE_{role.upper()}_TOKEN" for role in missing)
            raise WrongSettingError(f"set {named}: `surgeline up` writes them into tokens.env")
        return cls(
            urls=urls,
            tokens=tokens,
            centre=Path(env.get("SURGELINE_CENTRE", "centre.toml")),
            port=whole_number(env, "SURGELINE_PHONE_PORT", 8440),
            prometheus=prometheus or None,
        )

    def client(self, part: str, role: str | None = None) -> Client:
        """Connections to one part, as the role that usually asks it, or another."""
        return Client(self.urls[part], self.tokens[role or PARTS[part][1]])


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
