"""May promises be made, and may people be dialled, for this queue?

Two switches apart, per queue and for all: in a flood one stops promising and goes on dialling; when
the lines fail one stops dialling and goes on promising.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal

from msgspec.structs import replace

from streams.domain.callbacks.callback import SOURCE
from streams.domain.callbacks.order import EVERY_QUEUE
from streams.events.callbacks import SwitchesData, SwitchesSet
from streams.events.codec import derived_id

SwitchName = Literal["registering", "dialling"]
SWITCHES_KEY: Final = "switches"
ALL_ON: Final = SwitchesData(version=0)


def may_register(switches: SwitchesData, queue: str) -> bool:
    """Whether a new promise may be made."""
    return not {queue, EVERY_QUEUE} & set(switches.registering_off)


def may_dial(switches: SwitchesData, queue: str) -> bool:
    """Whether callbacks of this queue may be given out and dialled."""
    return not {queue, EVERY_QUEUE} & set(switches.dialling_off)


def turn(
    switches: SwitchesData, name: SwitchName, queue: str, *, on: bool, by: str, reason: str
) -> SwitchesData | None:
    """The switches after one was turned, or None when it stood so already."""
    off = switches.registering_off if name == "registering" else switches.dialling_off
    after = _without(off, queue) if on else _with(off, queue)
    if after == off:
        return None
    turned = {f"{name}_off": after}
    return replace(switches, version=switches.version + 1, by=by, reason=reason, **turned)


def _with(off: Collection[str], queue: str) -> tuple[str, ...]:
    return tuple(sorted({*off, queue}))


def switches_fact(switches: SwitchesData, now: datetime) -> SwitchesSet:
    """What goes on the log: the switches as they are now, by whom and why."""
    return SwitchesSet(
        id=derived_id("switches-set", switches.version, switches.by),
        source=SOURCE,
        subject=SWITCHES_KEY,
        time=now,
        data=switches,
    )


def _without(off: Collection[str], queue: str) -> tuple[str, ...]:
    return tuple(sorted({*off} - {queue}))
