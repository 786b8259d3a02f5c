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
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.errors import WrongSettingError

PSEUDONYM_KEY: Final = "SURGELINE_PSEUDONYM_KEY"
SEAL_KEYS: Final = "SURGELINE_SEAL_KEYS"
SESSION_KEYS: Final = "SURGELINE_SESSION_KEYS"
ROLES: Final = (
    "source",
    "rehearsal",
    "counselor",
    "lead",
    "viewer",
    "auditor",
    "phone",
    "manager",
    "admin",
    "console",
    "provider",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Keys as the services take them, and one clear token for each role."""

    pseudonym_key: str
    seal_keys: str
    session_keys: str
    tokens: dict[str, str]

    def __repr__(self) -> str:
        return "Secrets(...)"

    def env(self, tokens_file: Path) -> dict[str, str]:
        """What a service gets: the keys, and where the hashes are."""
        return {
            "SURGELINE_TOKENS": str(tokens_file),
            PSEUDONYM_KEY: self.pseudonym_key,
            SEAL_KEYS: self.seal_keys,
            SESSION_KEYS: self.session_keys,
        }


def make_secrets() -> Secrets:
    """New keys and tokens."""
    return Secrets(
        pseudonym_key=f"p1:{_key()}",
        seal_keys=f"s1:{_key()}",
        session_keys=f"c1:{_key()}",
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
    """The folder's secrets; what is not there yet is made.

    Keys and tokens are kept apart: whoever removes tokens.env gets new tokens, but the pseudonym
    key stays.
    """
    made = make_secrets()
    names = [_variable(role) for role in ROLES]
    fresh_tokens = dict(zip(names, made.tokens.values(), strict=True))
    tokens = _kept(folder / "tokens.env", fresh_tokens, may_grow=names)
    fresh_keys = {
        PSEUDONYM_KEY: made.pseudonym_key,
        SEAL_KEYS: made.seal_keys,
        SESSION_KEYS: made.session_keys,
    }
    keys = _kept(folder / "keys.env", fresh_keys, may_grow=[SESSION_KEYS])
    found = Secrets(
        pseudonym_key=keys[PSEUDONYM_KEY],
        seal_keys=keys[SEAL_KEYS],
        session_keys=keys[SESSION_KEYS],
        tokens={role: tokens[name] for role, name in zip(ROLES, names, strict=True)},
    )
    write_private(folder / "tokens.json", hashed(found.tokens))
    return found


def _variable(role: str) -> str:
    return f"SURGELINE_{role.upper()}_TOKEN"


def _kept(path: Path, fresh: dict[str, str], may_grow: Collection[str]) -> dict[str, str]:
    """What the file holds; a file that is not there is written with the fresh values.

    What `may_grow` is added to an older file: nothing kept depends on it. A lost key of the others
    is named instead, for with a new one every caller would look new.
    """
    if not path.exists():
        write_private(path, _lines(fresh))
    text = path.read_text()
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    found = {name: value for name, _, value in lines}
    new = {name: fresh[name] for name in fresh if name not in found and name in may_grow}
    lacking = sorted(fresh.keys() - found.keys() - new.keys())
    if lacking:
        raise WrongSettingError(f"{path} lacks {', '.join(lacking)}; restore it, or remove it")
    if new:
        write_private(path, text.rstrip("\n") + "\n" + _lines(new))
    return found | new


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
