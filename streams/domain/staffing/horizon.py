"""How much work will be in the house over the next two hours?

From what is in the house now, towards what the rate leads to: the modified offered load follows
the rate with a lag of about one handle time. The excess is held where it is estimated to be now:
nobody knows whether a crisis will grow or fade, and the estimate is made anew every minute.
"""

from collections.abc import Callable
from typing import Final

from streams.domain.staffing.histories import Range
from streams.domain.staffing.offered_load import along

# Minutes ahead for which seats are said.
AHEAD: Final = (0, 15, 30, 60, 120)
_STEP_MINUTES: Final = 5


def loads_ahead(
    in_house: Range, rate: Callable[[float], Range], handle_hours: float
) -> tuple[Range, ...]:
    """Erlangs at each of `AHEAD`; `rate` gives contacts per hour, so many hours from now.

    The low, middle and high end are carried through one by one: all three are monotone.
    """
    steps = max(AHEAD) // _STEP_MINUTES
    rates = [rate((step + 0.5) * _STEP_MINUTES / 60) for step in range(steps)]
    middle = _path(in_house.middle, [each.middle for each in rates], handle_hours)
    if all(each.low == each.high for each in (in_house, *rates)):
        # Without a surge there is nothing to be unsure of.
        return tuple(Range(low=x, middle=x, high=x) for x in _at_each(middle))
    low = _path(in_house.low, [each.low for each in rates], handle_hours)
    high = _path(in_house.high, [each.high for each in rates], handle_hours)
    paths = zip(_at_each(low), _at_each(middle), _at_each(high), strict=True)
    return tuple(Range(low=low, middle=middle, high=high) for low, middle, high in paths)


def _at_each(path: list[float]) -> list[float]:
    return [path[minutes // _STEP_MINUTES] for minutes in AHEAD]


def _path(start: float, rates: list[float], handle_hours: float) -> list[float]:
    step = _STEP_MINUTES / 60
    return along(
        lambda hours: rates[int(hours / step)], handle_hours, start, step, len(rates) * step
    )
