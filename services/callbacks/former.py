"""By which other pseudonyms was this caller known before the key was changed?

While several secrets are set (SURGELINE_PSEUDONYM_KEY: the first counts, the others are former
ones), a caller who asks again is looked for under the former pseudonyms of the same number, too:
a change of key must not ring anybody twice. The number is opened here for as long as that takes.
"""

from collections.abc import Mapping

from services.numbers import Pseudonyms
from services.sealing import CannotOpenError, Sealer
from streams.events.contacts import Caller

NAME = "SURGELINE_PSEUDONYM_KEY"


class Former:
    """The secrets that were in use before the present one."""

    def __init__(self, keys: Mapping[str, bytes], sealer: Sealer) -> None:
        self._former = [Pseudonyms({key_id: key}) for key_id, key in [*keys.items()][1:]]
        self._sealer = sealer

    def keys(self, caller: Caller) -> list[str]:
        """Former pseudonyms of the caller; none when the number is not known or not readable."""
        if not self._former or caller.sealed is None:
            return []
        try:
            number = self._sealer.open(caller.sealed).decode()
        except (CannotOpenError, UnicodeDecodeError):
            return []
        found = (pseudonyms.key_of(number)[0] for pseudonyms in self._former)
        return [key for key in found if key != caller.key]
