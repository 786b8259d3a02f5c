"""Which commands follow from what the tally saw?"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.callbacks.commands import Command
from services.callbacks.dialable import Dialable
from services.callbacks.filed import Needed
from services.callbacks.former import Former
from services.never_dialled import Refusal
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.switches import may_register
from streams.events.callbacks import CallbackData, CallbackWanted, CallerServed, SwitchesData

NOT_REGISTERING: Refusal = ("withdrawn", "registering_off")


def command_for(
    fact: CallbackWanted | CallerServed,
    dialable: Dialable,
    switches: Callable[[], SwitchesData],
    former: Former | None = None,
) -> Command[CallbackData | None]:
    """The command that brings the list up to date with a fact."""
    if isinstance(fact, CallerServed):
        return Command(
            name="served",
            needed=Needed(requests=[fact.data.request], callers=[fact.data.caller_key]),
            decide=lambda _, book, now: book.served(fact, now),
        )

    before = former.keys(fact.data.caller) if former is not None else []

    def decide(_: object, book: CallbackBook, now: datetime) -> CallbackData | None:
        refusal = dialable.refusal(fact.data.caller)
        if refusal is None and not may_register(switches(), fact.data.request.queue):
            refusal = NOT_REGISTERING
        known = next(filter(book.has_open, before), None)
        return book.wanted(fact if known is None else _known_as(fact, known), now, refusal)

    return Command(
        name="request",
        needed=Needed(requests=[fact.data.request.id], callers=[fact.data.caller.key, *before]),
        decide=decide,
    )


def _known_as(fact: CallbackWanted, key: str) -> CallbackWanted:
    caller = msgspec.structs.replace(fact.data.caller, key=key)
    data = msgspec.structs.replace(fact.data, caller=caller)
    return msgspec.structs.replace(fact, data=data)
