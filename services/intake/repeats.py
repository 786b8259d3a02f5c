"""Has this event been here before, and was it the same?

A bounded memory of the latest events by (source, id). It spares the log most of what senders
repeat, and tells a sender at once that an id was used for two different things. What it has
forgotten, or never knew after a restart, the tally recognises.
"""

from typing import Final, Literal

KEPT: Final = 300_000
Seen = Literal["new", "repeated", "differs"]


class Repeats:
    """Digests of (source, id) to digests of content, oldest forgotten first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._contents: dict[bytes, bytes] = {}
        self._unsure: set[bytes] = set()

    def see(self, identity: bytes, digest: bytes) -> Seen:
        """What this event is. A new one is kept in mind until `settled` says what came of it.

        One whose writing is not yet certain counts as new again: better twice on the log, where
        it changes nothing, than not at all.
        """
        known = self._contents.get(identity)
        if known is None:
            self._contents[identity] = digest
            self._unsure.add(identity)
            self._forget()
            return "new"
        if known != digest:
            return "differs"
        return "new" if identity in self._unsure else "repeated"

    def written(self, identities: list[bytes]) -> None:
        """The broker has these."""
        self._unsure.difference_update(identities)

    def unwritten(self, identities: list[bytes]) -> None:
        """These were refused for certain, so their ids are free again."""
        for identity in self._unsure.intersection(identities):
            self._unsure.discard(identity)
            self._contents.pop(identity, None)

    def _forget(self) -> None:
        while len(self._contents) > self._kept:
            oldest = next(iter(self._contents))
            del self._contents[oldest]
            self._unsure.discard(oldest)
