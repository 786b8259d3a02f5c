"""Which secrets does a platform on this machine need, and where are they kept?

They are made once per data folder: the pseudonym key must stay, or every caller would look new.
What the services read holds only hashes of the tokens; the clear ones are in tokens.env, for the
person at this machine.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROLES: Final = ("source", "rehearsal", "counselor", "lead", "viewer", "auditor", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Keys as the services take them, and one clear token for each role."""

    pseudonym_key: str
    seal_keys: str
    tokens: dict[str, str]

    def __repr__(self) -> str:
        return "Secrets(...)"

    def env(self, tokens_file: Path) -> dict[str, str]:
        """What a service gets: the keys, and where the hashes are."""
        return {
            "SURGELINE_TOKENS": str(tokens_file),
            "SURGELINE_PSEUDONYM_KEY": self.pseudonym_key,
            "SURGELINE_SEAL_KEYS": self.seal_keys,
        }


def make_secrets() -> Secrets:
    """New keys and tokens."""
    return Secrets(
        pseudonym_key=f"p1:{_key()}",
        seal_keys=f"s1:{_key()}",
        tokens={role: secrets.token_urlsafe(24) for role in ROLES},
    )


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def hashed(tokens: dict[str, str]) -> str:
    """The tokens file that services read: a name, its roles, and the token's SHA-256."""
    listed = [
        {"name": f"{role}-1", "roles": [role], "sha256": hashlib.sha256(token.encode()).hexdigest()}
        for role, token in tokens.items()
    ]
    return json.dumps({"tokens": listed}, indent=2) + "\n"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    scratch.replace(path)


def load_or_make(folder: Path) -> Secrets:
    """The folder's secrets; the first time, new ones."""
    keys_file, tokens_file = folder / "keys.env", folder / "tokens.env"
    if keys_file.exists() and tokens_file.exists():
        keys, tokens = _read(keys_file), _read(tokens_file)
        found = Secrets(
            pseudonym_key=keys["SURGELINE_PSEUDONYM_KEY"],
            seal_keys=keys["SURGELINE_SEAL_KEYS"],
            tokens={role: tokens[_variable(role)] for role in ROLES},
        )
    else:
        found = make_secrets()
        clear = "".join(f"{_variable(role)}={token}\n" for role, token in found.tokens.items())
        write_private(tokens_file, clear)
        write_private(
            keys_file,
            f"SURGELINE_PSEUDONYM_KEY={found.pseudonym_key}\nSURGELINE_SEAL_KEYS={found.seal_keys}\n",
        )
    write_private(folder / "tokens.json", hashed(found.tokens))
    return found


def _variable(role: str) -> str:
    return f"SURGELINE_{role.upper()}_TOKEN"


def _read(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in lines}
