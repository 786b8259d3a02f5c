"""Callbacks in one line each, for tests of what they amount to."""

from typing import Any

from streams.events.callbacks import Attempt, CallbackChanged, CallbackData, Request
from tests.support.calls import after, caller


def promise(name: str, *requests: str, who: str = "ann", **said: Any) -> CallbackData:
    """An open callback for these requests; with an outcome, a closed one."""
    state = "closed" if said.get("outcome") else "due"
    if state == "closed":
        said.setdefault("closed_at", after(3600))
    fields: dict[str, Any] = {
        "version": 1,
        "state": state,
        "origin": after(0),
        "reason": "abandoned",
        "queue": "main",
        "caller": caller(who),
        "contact": requests[0],
        "requested_at": after(60),
        "promised_by": after(60 + 4 * 3600),
        "due_at": after(60),
        "expires_at": after(60 + 24 * 3600),
    }
    wishes = tuple(Request(id=one, arrived_at=after(0), queue="main") for one in requests)
    return CallbackData(id=name, requests=wishes, **(fields | said))


def changed(state: CallbackData, change: str = "requested") -> CallbackChanged:
    """The record of a transition."""
    return CallbackChanged(
        id=f"{state.id}-{state.version}",
        source="surgeline/callbacks",
        subject=state.id,
        time=after(60 + state.version),
        change=change,
        data=state,
    )


def dial(name: str, began: float, ended: float | None = None, **said: Any) -> Attempt:
    """One dial."""
    over = None if ended is None else after(ended)
    return Attempt(id=name, agent="a1", started_at=after(began), ended_at=over, **said)
