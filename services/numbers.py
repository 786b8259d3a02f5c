"""Which person is behind a phone number, without keeping the number?

A number is brought to E.164 first ("010-1234-5678" and "+82 10 1234 5678" are one person), then
replaced by a keyed hash. The hash is stable, so that a redial is recognised next week too; its
secret has an id, so that it can be retired. A plain hash would not do: there are so few numbers
that all of them can be hashed in minutes.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from services.sealing import read_keys
from streams.errors import InvalidEventError

LONGEST = 64
PSEUDONYM_DIGITS = 32
WITHHELD = frozenset({"", "withheld", "anonymous", "private", "restricted", "unavailable"})
_SHORT = re.compile(r"^\d{2,6}$")


class Pseudonyms:
    """Keyed hashes of numbers, under the first secret of SURGELINE_PSEUDONYM_KEY."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.key_id, secret = next(iter(keys.items()))
        self._secret = hmac.new(secret, digestmod=hashlib.sha256)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Pseudonyms":
        """Read SURGELINE_PSEUDONYM_KEY: "p1:<base64url of 32 bytes>"."""
        return cls(read_keys(env, "SURGELINE_PSEUDONYM_KEY"))

    def key_of(self, e164: str) -> tuple[str, str]:
        """The caller's pseudonym (32 hex digits) and the id of the secret behind it."""
        digest = self._secret.copy()
        digest.update(e164.encode())
        return digest.hexdigest()[:PSEUDONYM_DIGITS], self.key_id

    def digest_of(self, content: bytes) -> bytes:
        """16 bytes that stand for a content which may hold a number."""
        digest = self._secret.copy()
        digest.update(b"content\x1f")
        digest.update(content)
        return digest.digest()[:16]


def caller_number(text: str, region: str) -> str | None:
    """The number in E.164, or None when there is none that could be rung back.

    A short number (119, 110, an extension) is that of a switchboard or another emergency line
    passing people on: many people share it and none can be rung back there, so it counts as
    withheld.
    """
    return None if withheld(text) else normalise(text.strip(), region)


def withheld(text: str) -> bool:
    """Whether this is no number of a caller's own."""
    plain = text.strip()
    return plain.lower() in WITHHELD or _SHORT.match(plain) is not None


@lru_cache(maxsize=16_384)
def normalise(text: str, region: str) -> str:
    """E.164; a national number is read as one of `region`. The error never repeats the number."""
    return _e164(_parsed(text, region))


def number_of(text: str, region: str) -> tuple[str, str | None]:
    """The number in E.164 with the time zone of its prefix, where that is one only."""
    number = _parsed(text.strip(), region)
    return _e164(number), _zone(number)


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber:
    if len(text) > LONGEST:
        raise _not_a_number(f"is longer than {LONGEST} characters")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _not_a_number("is neither a phone number nor the word withheld") from None
    # Possible, not valid: number plans change faster than libraries, and a caller is never
    # turned away because a range is new.
    if not phonenumbers.is_possible_number(number):
        raise _not_a_number("has too few or too many digits for a phone number")
    return number


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _zone(number: phonenumbers.PhoneNumber) -> str | None:
    zones = time_zones_for_number(number)
    return str(zones[0]) if len(zones) == 1 and zones[0] != UNKNOWN_TIMEZONE else None


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def mask(e164: str) -> str:
    """Enough to recognise a number one knows already: "+82 ••••5678"."""
    try:
        country = f"+{phonenumbers.parse(e164).country_code} "
    except phonenumbers.NumberParseException:
        country = ""
    return f"{country}••••{e164[-4:]}"


def _not_a_number(detail: str) -> InvalidEventError:
    return InvalidEventError("invalid", "data.caller", detail)
