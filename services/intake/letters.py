"""What becomes of an event that is refused? Its sender hears why, and its bytes are kept, sealed.

The bytes may hold a number, so they are readable only with the key; the reason, the field and the
sentence are not secret. The id is derived from the bytes, so a sender who tries again with the
same bytes makes the same letter.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.numbers import Pseudonyms
from services.sealing import Sealer
from streams.errors import InvalidEventError
from streams.events.codec import derived_id, encode
from streams.events.control import DeadLetterData, DeadLettered
from streams.kafka import Outgoing
from streams.topics import DEAD_LETTERS


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event that was not taken: its place in the request, what was wrong, its bytes."""

    index: int
    id: str | None
    error: InvalidEventError
    raw: bytes

    def told(self) -> dict[str, Any]:
        """What the sender hears."""
        return {
            "index": self.index,
            "id": self.id,
            "reason": self.error.reason,
            "field": self.error.field,
            "detail": self.error.detail,
        }


class Letters:
    """Seals refused events into dead letters."""

    def __init__(self, pseudonyms: Pseudonyms, sealer: Sealer, most_bytes: int) -> None:
        self._pseudonyms = pseudonyms
        self._sealer = sealer
        self._most_bytes = most_bytes

    def write(self, refusal: Refusal, sender: str, now: datetime) -> Outgoing:
        """The letter as a record; `sender` is the name of the token that was used."""
        error = refusal.error
        digest = self._pseudonyms.digest_of(refusal.raw).hex()
        letter = DeadLettered(
            id=derived_id("refused", sender, digest, refusal.index),
            source="surgeline/intake",
            subject=sender,
            time=now,
            data=DeadLetterData(
                reason=error.reason,
                field=error.field,
                detail=error.detail,
                sealed=self._sealer.seal(refusal.raw[: self._most_bytes]),
                truncated=len(refusal.raw) > self._most_bytes,
                index=refusal.index,
            ),
        )
        return Outgoing(topic=DEAD_LETTERS, partition=0, value=encode(letter))
