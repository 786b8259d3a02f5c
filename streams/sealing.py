"""How is a number, or a refused event, kept so that only a holder of the key can read it?

AES-256-GCM with a random nonce. A sealed text is "<key id>.<base64url of nonce and ciphertext>":
the key id is in the clear so that a key can be retired, and is bound to the ciphertext so that it
cannot be exchanged. Random nonces are safe for 2^32 seals per key, a century of a busy centre.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streams.errors import SurgelineError, WrongSettingError

KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,16}$")


class CannotOpenError(SurgelineError):
    """Sealed with a key that is not here, or altered. Says nothing of what was inside."""


class Sealer:
    """Seals with the first key; opens with any of them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.key_id = next(iter(keys))
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Sealer":
        """Read SURGELINE_SEAL_KEYS: "s1:<base64url of 32 bytes>[,s0:...]"."""
        return cls(read_keys(env, "SURGELINE_SEAL_KEYS"))

    def seal(self, plain: bytes) -> str:
        """Another text every time, also for the same bytes."""
        nonce = os.urandom(NONCE_BYTES)
        key_id = self.key_id
        ciphertext = self._ciphers[key_id].encrypt(nonce, plain, key_id.encode())
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + ciphertext).rstrip(b'=').decode()}"

    def open(self, sealed: str) -> bytes:
        """The bytes again; `CannotOpenError` when the key is gone or the text was altered."""
        key_id, _, text = sealed.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpenError("sealed with a key that this process does not have")
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise CannotOpenError("the sealed text was altered or cut short") from None

    def is_current(self, sealed: str) -> bool:
        """Whether it was sealed with the key that seals now; others may be on their way out."""
        return sealed.startswith(f"{self.key_id}.")


def read_keys(env: Mapping[str, str], name: str) -> dict[str, bytes]:
    """The secrets of one setting by their ids, in order; an error never repeats a secret."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in env.get(name, "").split(","))):
        key_id, _, text = part.partition(":")
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _KEY_ID.match(key_id) or len(key) != KEY_BYTES or key_id in keys:
            raise WrongSettingError(
                f"{name}: entry {len(keys) + 1} must be <id>:<base64url of {KEY_BYTES} bytes>,"
                " with an id of its own (letters, digits, - and _)"
            )
        keys[key_id] = key
    if not keys:
        raise WrongSettingError(f"{name} is not set; it must be <id>:<base64url of 32 bytes>")
    return keys
