"""What does the centre file's `[callout]` table say, and what is wrong in it?"""

from datetime import timedelta
from typing import Any, Final

from streams.centre_table import Table
from streams.domain.callout.policy import CalloutPolicy

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "raise_needs": ("automatic", "confirm", "off"),
    "unconfirmed": ("send", "drop"),
    "second_silent": ("send", "drop"),
    "rule": ("forecast", "rounds", "sequential", "blast"),
}
_DURATIONS: Final = (
    "confirm_within",
    "every",
    "grace",
    "no_answer",
    "remind_before",
    "no_show",
    "shift",
    "expires",
    "retry_after",
    "lease",
    "give_up",
    "second_within",
)
_SHORTEST: Final = timedelta(seconds=1)
_LONGEST_SHIFT: Final = timedelta(hours=24)


def callout_policy(table: Table) -> CalloutPolicy:
    """Read and check the table."""
    default = CalloutPolicy()
    read: dict[str, Any] = {name: _word(table, name, default) for name in _WORDS}
    read |= {name: table.duration(name, getattr(default, name)) for name in _DURATIONS}
    for name in _DURATIONS:
        if read[name] < _SHORTEST:
            table.wrong(name, f"is {read[name]}", "must be a second or longer")
    if read["shift"] > _LONGEST_SHIFT:
        table.wrong("shift", "is over 24h", "nobody sits longer than a day")
    policy = CalloutPolicy(
        **read,
        speed=table.number("speed", default.speed, low=0, high=1),
        most_asked=int(table.number("most_asked", default.most_asked, low=1, high=1e5, whole=True)),
        retries=int(table.number("retries", default.retries, low=0, high=20, whole=True)),
        second_above=int(
            table.number("second_above", default.second_above, low=0, high=1e5, whole=True)
        ),
        second_pools=table.texts("second_pools", ()),
        place=table.text("place", "", example='"remote"') if table.has("place") else "",
    )
    table.finish()
    return policy


def _word(table: Table, name: str, default: CalloutPolicy) -> str:
    words = _WORDS[name]
    usual: str = getattr(default, name)
    word = table.text(name, usual)
    if word not in words:
        table.wrong(name, f"is {word!r}", f"must be one of {', '.join(words)}")
        return usual
    return word
