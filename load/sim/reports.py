"""What does a phone system say about what happens in it?

The hall reports in these words; whoever listens turns them into CloudEvents with a number (the
scripted phone system, over HTTP) or with a pseudonym (virtual time, straight into the domain).
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from load.sim.people import Person
from streams.events.agents import AgentState

Kind = Literal["arrived", "queued", "offered", "answered", "abandoned", "completed", "deflected"]
DialOutcome = Literal[
    "completed",
    "no_answer",
    "busy",
    "abandoned_by_us",
    "cancelled",
    "refused_stale",
    "refused_in_flight",
    "refused_agent",
    "refused_number",
]


@dataclass(slots=True, eq=False)
class Call:
    """One attempt to reach us, as long as the hall knows of it."""

    id: str
    person: Person
    arrived: float
    stage: Literal["greeting", "queued", "ringing", "talking", "ended"] = "greeting"
    queued: float = 0.0
    agent: str | None = None
    offers: int = 0


class ContactReport(NamedTuple):
    """Something happened to a call at `at`; `extra` is what its kind adds to `data`."""

    kind: Kind
    call: Call
    at: float
    extra: dict[str, Any]


class AgentReport(NamedTuple):
    """A counselor's state from `at` on; `serial` counts the changes of this counselor."""

    agent: str
    pool: str
    state: AgentState
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    at: float
    serial: int


@dataclass(slots=True, eq=False)
class Dial:
    """A ring from us to a caller, as the platform ordered it; `first` is who is rung first."""

    id: str
    callback: str
    token: int
    agent: str
    number: str
    first: Literal["agent", "customer"] = "agent"
    holds_caller: bool = False
    state: Literal["ringing_agent", "ringing_caller", "connected", "ended"] = "ringing_agent"
    outcome: DialOutcome | None = None
    started: float = 0.0
    connected: float | None = None
    ended: float | None = None


class Listener(Protocol):
    """Hears everything that happens in the hall."""

    def contact(self, report: ContactReport) -> None: ...

    def agent(self, report: AgentReport) -> None: ...

    def dial(self, dial: Dial) -> None: ...


class DialWatcher(Protocol):
    """Hears how a dial goes on."""

    def dial(self, dial: Dial) -> None: ...


class Worklist(Protocol):
    """Where a free counselor asks for the next callback.

    `ask` starts the question; the answer comes as `hall.work(agent)` (a callback is theirs, the
    order to dial follows) or `hall.nothing_to_do(agent)`. A list that knows it is empty may say
    so, and calls `hall.look_again()` when that changes.
    """

    def worth_asking(self) -> bool: ...

    def ask(self, agent: str, pool: str) -> None: ...
