"""How long did it take, by share, when there are a million answers from several processes?

A histogram whose buckets grow by one per cent, so that any percentile is within half a per cent
and two histograms add up.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

_GROWTH: Final = math.log(1.01)
_LEAST_SECONDS: Final = 1e-4


class Latencies:
    """Seconds, counted by bucket."""

    def __init__(self, buckets: Mapping[int, int] | None = None, most: float = 0.0) -> None:
        self.buckets: Counter[int] = Counter(buckets or {})
        self.most = most

    def __len__(self) -> int:
        return self.buckets.total()

    def add(self, seconds: float) -> None:
        """One more."""
        scaled = max(seconds, _LEAST_SECONDS) / _LEAST_SECONDS
        self.buckets[round(math.log(scaled) / _GROWTH)] += 1
        self.most = max(self.most, seconds)

    def merge(self, other: "Latencies") -> None:
        """All of another's."""
        self.buckets.update(other.buckets)
        self.most = max(self.most, other.most)

    def quantile(self, share: float) -> float | None:
        """Seconds that this share did not exceed; None when there is nothing."""
        wanted = share * len(self)
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(_LEAST_SECONDS * math.exp(bucket * _GROWTH), self.most)
        return None
