"""Who may look at the board?

On loopback everybody on this machine may: the board shows no personal data. On any other address
it takes a bearer token with a viewing role, or a kiosk link: a signed address for a screen on a
wall, good until a date, which sets a cookie and leaves the address bar. Links end when their date
passes, or all at once when the key is replaced.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from fastapi import Request

from services.auth import AccessError, Tokens, allowed, is_loopback
from streams.errors import WrongSettingError

VIEWERS: Final = ("viewer", "lead", "counselor", "auditor")
COOKIE: Final = "surgeline_kiosk"
LEAST_KEY_BYTES: Final = 32
LOCAL_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Kiosk:
    """Makes and checks links for screens; SURGELINE_KIOSK_KEY is base64url of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Kiosk | None":
        """None when no key is set: then there are no links."""
        text = env.get("SURGELINE_KIOSK_KEY", "")
        if not text:
            return None
        try:
            key = base64.urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) < LEAST_KEY_BYTES:
            raise WrongSettingError(
                "SURGELINE_KIOSK_KEY cannot be used: it must be base64url of 32 random bytes"
            )
        return cls(key)

    def sign(self, until: datetime) -> str:
        """A pass that is good until then."""
        ends = str(int(until.timestamp()))
        return f"{ends}.{self._seal(ends)}"

    def good_until(self, given: str) -> datetime | None:
        """When the pass ends; None when it is not ours."""
        ends, _, seal = given[:200].partition(".")
        if not ends.isdecimal() or not hmac.compare_digest(
            seal.encode(), self._seal(ends).encode()
        ):
            return None
        return datetime.fromtimestamp(int(ends), UTC)

    def admits(self, given: str | None, now: datetime) -> bool:
        """Whether the pass is ours and still good."""
        until = self.good_until(given) if given else None
        return until is not None and now < until

    def _seal(self, ends: str) -> str:
        return hmac.new(self._key, f"kiosk.{ends}".encode(), hashlib.sha256).hexdigest()


def viewer(host: str, tokens: Tokens, kiosk: Kiosk | None) -> Callable[[Request], None]:
    """The check that every page and number goes through."""
    near = is_loopback(host)

    def check(request: Request) -> None:
        if near:
            _must_be_asked_locally(request)
        elif kiosk is None or not kiosk.admits(request.cookies.get(COOKIE), datetime.now(UTC)):
            allowed(request, *VIEWERS)

    if not near and tokens.open_to_all:
        raise WrongSettingError("the board has no tokens and may only listen on loopback")
    return check


def _must_be_asked_locally(request: Request) -> None:
    """A foreign page that makes its own name point here must not read the board."""
    name = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if name not in LOCAL_NAMES:
        raise AccessError(403, "forbidden", "ask for this board by 127.0.0.1 or localhost")
