"""What goes on the log in a caller's stead, and what would give their number away elsewhere?

A caller is named in each of a contact's events, and again when they redial. Reading the number,
hiding and sealing it takes as long as all else about an event, so the latest are kept in mind, in
this process only. One caller's seal is then the same text in several events, which tells no more
than the pseudonym beside it.
"""

from functools import lru_cache
from typing import Final

import msgspec

from services.numbers import Pseudonyms, number_of, withheld
from services.sealing import Sealer
from streams.events.contacts import Caller

KEPT: Final = 16_384
# A national number of fewer digits would be found in too many innocent ids.
TELLING_DIGITS: Final = 8


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who can be rung back. `bare` is the pseudonym alone, `sealed` has the number too,
    `zone` is the time zone of its prefix, `telling` the digits that no other field may hold.
    """

    bare: Caller
    sealed: Caller
    zone: str | None
    telling: str


class Callers:
    """The callers of late, each under the text that a phone system wrote."""

    def __init__(self, pseudonyms: Pseudonyms, sealer: Sealer, region: str) -> None:
        self._pseudonyms = pseudonyms
        self._sealer = sealer
        self._region = region
        self.known = lru_cache(maxsize=KEPT)(self._known)

    def _known(self, text: str) -> Known | None:
        """None when the number is withheld; `InvalidEventError` when it is none."""
        if withheld(text):
            return None
        number, zone = number_of(text, self._region)
        key, key_id = self._pseudonyms.key_of(number)
        sealed = self._sealer.seal(number.encode())
        return Known(
            bare=Caller(key=key, key_id=key_id),
            sealed=Caller(key=key, key_id=key_id, sealed=sealed),
            zone=zone,
            telling=_national(number),
        )


def _national(number: str) -> str:
    """The tail that every way of writing a number shares: country codes have 1 to 3 digits."""
    return number[4:] if len(number) - 4 >= TELLING_DIGITS else number[1:]
