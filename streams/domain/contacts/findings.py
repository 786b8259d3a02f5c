"""What can be wrong with a log, said so that a person can look it up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`kind` is a short word from a closed set; `subject` an id (never a number or a key of a
    caller); `detail` a sentence.
    """

    kind: str
    subject: str
    detail: str


class OffsetRuns:
    """Which records of a partition followed each other without a hole in the offsets?

    A hole in `contacts` is a loss: nothing compacts that topic. A hole in `callbacks` is usual,
    and says that older versions between the two records may have been compacted away.
    """

    def __init__(self) -> None:
        self._next: dict[int, int] = {}
        self._run: dict[int, int] = {}

    def observe(self, partition: int, offset: int) -> tuple[int, int | None]:
        """The run this record belongs to, and the offset that was missing before it, if any.

        Run 0 begins with the first record of the partition that was ever written.
        """
        expected = self._next.get(partition)
        if expected is None:
            self._run[partition] = 0 if offset == 0 else 1
        elif offset > expected:
            self._run[partition] += 1
        self._next[partition] = max(offset + 1, expected or 0)
        missing = expected if expected is not None and offset > expected else None
        return self._run[partition], missing
