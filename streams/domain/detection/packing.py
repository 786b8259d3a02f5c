"""How is a key put away while nothing is heard of it?

A million keys are quiet most of the time. What their detectors hold is then kept as one short
string of bytes: the scores and the learned level, to the last bit. A key is put away only when
none of its likelihoods is above zero, so that no rise has begun.
"""

import struct
from typing import Final

from streams.domain.detection.level import Learned
from streams.domain.detection.mixture import Scores
from streams.domain.detection.standing import Standing

RATIOS: Final = 5
_LAYOUT: Final = struct.Struct(f"<IIi{RATIOS}d6d")
# The bytes of a key that is put away, without Python's own header.
SIZE: Final = _LAYOUT.size
_NOTHING: Final = -(1 << 31)


def pack(standing: Standing, learned: Learned | None) -> bytes:
    """A quiet key's statistic and level."""
    scores = standing.scores
    seen, expected, slot = learned if learned is not None else (0.0, 0.0, _NOTHING)
    return _LAYOUT.pack(
        scores.at,
        standing.heard,
        slot,
        *scores.scores,
        scores.calls,
        scores.mass,
        standing.identified,
        standing.repeats,
        seen,
        expected,
    )


def unpack(raw: bytes) -> tuple[Standing, Learned | None]:
    """The same, as it was."""
    at, heard, slot, *numbers = _LAYOUT.unpack(raw)
    values = tuple(numbers[:RATIOS])
    calls, mass, identified, repeats, seen, expected = numbers[RATIOS:]
    # Runs that are over begin anew at the next contact, whatever they were.
    over = ((at, calls, mass),) * RATIOS
    scores = Scores(at, values, calls, mass, over)
    learned = Learned(seen, expected, slot) if slot != _NOTHING else None
    return Standing(scores, None, identified, repeats, heard), learned
