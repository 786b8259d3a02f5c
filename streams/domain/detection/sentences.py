"""How is a surge said in one sentence that a duty officer can read aloud?"""

from collections.abc import Sequence
from datetime import timedelta

from streams.events.surges import SurgeData

_WORDS = (
    "",
    "",
    "twice",
    "three times",
    "four times",
    "five times",
    "six times",
    "seven times",
    "eight times",
    "nine times",
    "ten times",
    "eleven times",
    "twelve times",
)


def evidence(observed: int, expected: float, ratio: float, low: float, high: float) -> str:
    """For example "11 calls where 1.1 were expected: ten times normal (7-14)"."""
    return (
        f"{observed} calls where {_few(expected)} {'was' if expected == 1 else 'were'} expected: "
        f"{_times(ratio)} normal ({_few(low)}-{_few(high)})"
    )


def coverage(covers: float, also: Sequence[str]) -> str:
    """What the named key does not hold of the rise, and what else it has raised."""
    words = ""
    if covers < 0.9:  # noqa: PLR2004 - a tenth is within the noise of what was counted
        words += f"; {1 - covers:.0%} of the rise is outside it"
    if also:
        words += f"; also raised: {', '.join(also)}"
    return words


def by_a_person(evidence: str) -> str:
    """A surge that somebody declared, with the numbers as they are."""
    return f"declared by a person; {evidence}"


def ended(data: SurgeData) -> str:
    """What is said when somebody ended a surge."""
    return (
        f"{data.ended} by a person; "
        f"{data.observed} calls had come where {_few(data.expected)} were expected"
    )


def closing(data: SurgeData) -> str:
    """What is said when a surge is over."""
    return (
        f"demand is back below one and a half times normal; "
        f"{data.observed} calls came where {_few(data.expected)} were expected"
    )


def silence(expected: float, lasted: timedelta) -> str:
    """What is said when nothing comes in any more."""
    return (
        f"no calls for {_minutes(lasted)} where {_few(expected)} were expected: "
        "the feed is silent, which does not mean that it is calm"
    )


def resumed(expected: float, lasted: timedelta) -> str:
    """What is said when the feed is back."""
    return (
        f"the feed is back after {_minutes(lasted)}; "
        f"what became of about {_few(expected)} calls is not known here"
    )


def _minutes(lasted: timedelta) -> str:
    minutes = round(lasted.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"  # noqa: PLR2004


def _times(ratio: float) -> str:
    whole = round(ratio)
    if whole < len(_WORDS) and _WORDS[whole]:
        return _WORDS[whole]
    return f"{_few(ratio)} times"


def _few(value: float) -> str:
    """Two digits of a small number, whole ones of a large one."""
    if value >= 10:  # noqa: PLR2004
        return f"{value:.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 0.1 else f"{value:.2g}"  # noqa: PLR2004
