"""How does a link prove that it was sent to one person for one offer, and for one purpose?

A token is 128 bits that only we could have made, so it fits an SMS and tells nothing. It is
computed again when a message must be sent again, and only its hash is stored: who reads the log
cannot answer for anybody. A token made under a retired key still has its hash, so it still works.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final, Literal

from services.sealing import read_keys

Purpose = Literal["answer", "calendar", "feed"]
TOKEN_BYTES: Final = 16
TOKEN_LENGTH: Final = 22
_TOKEN: Final = re.compile(rf"^[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}$")


class Tokens:
    """Makes tokens under the first of the sealing keys."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        secret = next(iter(keys.values()))
        # A key of its own: what seals numbers must never sign anything else.
        self._key = hmac.digest(secret, b"surgeline answer tokens", "sha256")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Tokens":
        """Read SURGELINE_SEAL_KEYS."""
        return cls(read_keys(env, "SURGELINE_SEAL_KEYS"))

    def token(self, subject: str, purpose: Purpose) -> str:
        """The token of an offer (or of a person's feed and its issue) for one purpose."""
        digest = hmac.digest(self._key, f"{purpose}\x1f{subject}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What is stored of a token: enough to know it again, not to make it."""
    return hashlib.sha256(token.encode()).hexdigest()


def looks_like_a_token(text: str) -> bool:
    """Whether it is worth looking up at all."""
    return _TOKEN.match(text) is not None
