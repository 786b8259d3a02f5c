"""What a counselor is doing, as the phone system or the desk reports it."""

from typing import Literal

from streams.events.contacts import Code, Name
from streams.events.envelope import CloudEvent, Data

AgentState = Literal["offline", "available", "on_contact", "wrap_up", "break", "on_callback"]
STAFFED: frozenset[str] = frozenset({"available", "on_contact", "wrap_up", "on_callback"})


class AgentStateData(Data, frozen=True, kw_only=True):
    """`subject` of the event is the agent's id; `pool` is the group of people they sit with."""

    agent: Code
    pool: Name
    state: AgentState
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


class AgentStateChanged(
    CloudEvent, frozen=True, kw_only=True, tag="surgeline.agent.state-changed.v1"
):
    data: AgentStateData
