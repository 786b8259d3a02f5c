"""Between which counts does nearly every minute fall, when this many are expected?"""

import math
from functools import lru_cache

# One minute in a thousand is above the range by chance: a calm day shows none or one.
TAIL = 0.001
LARGE = 400.0


def middle(mean: float) -> tuple[int, int]:
    """The 0.1 % and 99.9 % quantiles of a Poisson count."""
    return _middle(round(max(0.0, mean), 3))


@lru_cache(maxsize=4096)
def _middle(mean: float) -> tuple[int, int]:
    if mean > LARGE:
        half = 3.09 * math.sqrt(mean)
        return math.floor(mean - half), math.ceil(mean + half)
    return _quantile(mean, TAIL), _quantile(mean, 1 - TAIL)


def _quantile(mean: float, share: float) -> int:
    count, term = 0, math.exp(-mean)
    reached = term
    while reached < share:
        count += 1
        term *= mean / count
        reached += term
    return count
