"""Which rights on the broker does each process need, and no more?

They follow from the catalogue: who writes a topic may write it, who reads it may read it. The rest
is here: whose offsets are committed under which group, who only asks how far a topic goes, and what
the commands need that a person runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from streams.topics import (
    BASELINES,
    CALLBACKS,
    CALLOUTS,
    CATALOGUE,
    CENTRE,
    CONTACT_KEYS,
    CONTACTS,
    DEAD_LETTERS,
    OVERFLOW,
    PEOPLE,
    Topic,
)

Operation = Literal["Read", "Write", "Describe", "Create", "DescribeConfigs", "AlterConfigs"]

EVERY_PROCESS: Final = "every process"
EVERY_SERVICE: Final = "every service"
SERVICES: Final = (
    "intake",
    "admission",
    "callbacks",
    "boards",
    "command",
    "callout",
    "consoles",
    "audit",
)
# What the catalogue calls a writer or reader, by the process that it runs in.
PROCESSES: Final[dict[str, tuple[str, ...]]] = {name: (name,) for name in SERVICES} | {
    "tally": ("tally",),
    "surge": ("surge", "staffing"),
    "learn": ("learn",),
}
# Commits under its name, and what it reads is shared out among its like.
GROUPS: Final = ("tally", "surge", "staffing", "callbacks")
ASKS_HOW_FAR_A_GROUP_IS: Final = {"audit": ("tally", "callbacks")}
ASKS_HOW_FAR_A_TOPIC_GOES: Final = {"admission": (CONTACTS,), "boards": (CONTACTS,)}
# Whoever is forgotten is told when the rest is gone: see services/callbacks/keeping.py.
ASKS_HOW_LONG_IT_IS_KEPT: Final = {"callbacks": (CONTACTS, CONTACT_KEYS, OVERFLOW, DEAD_LETTERS)}
OPEN_STATE: Final = (CALLBACKS, CALLOUTS, PEOPLE, BASELINES, CENTRE)
TOOLS: Final[dict[str, tuple[tuple[Operation, tuple[Topic, ...]], ...]]] = {
    "topics": tuple(
        (operation, CATALOGUE)
        for operation in ("Create", "Describe", "DescribeConfigs", "AlterConfigs")
    ),
    "export": (("Read", OPEN_STATE),),
    "import": (("Read", OPEN_STATE), ("Write", OPEN_STATE)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """One thing that one process may do; Kafka's own names for it."""

    process: str
    operation: Operation
    resource: Literal["topic", "group"]
    name: str


def acls(prefix: str = "") -> list[Acl]:
    """Every right there must be; each once, by process."""
    wanted = [*_of_processes(prefix), *_of_tools(prefix)]
    return list(dict.fromkeys(wanted))


def _of_processes(prefix: str) -> Iterator[Acl]:
    for process, parts in PROCESSES.items():
        for topic in CATALOGUE:
            for operation in _operations(topic, process, parts):
                yield Acl(
                    process=process,
                    operation=operation,
                    resource="topic",
                    name=f"{prefix}{topic.name}",
                )
        for group, operation in _groups(process, parts):
            yield Acl(
                process=process, operation=operation, resource="group", name=f"{prefix}{group}"
            )


def _operations(topic: Topic, process: str, parts: tuple[str, ...]) -> Iterator[Operation]:
    writers = {word.strip() for word in topic.writer.split(",")}
    if not writers.isdisjoint(parts) or (EVERY_SERVICE in writers and process in SERVICES):
        yield "Write"
    if not {EVERY_PROCESS, *parts}.isdisjoint(topic.readers):
        yield "Read"
    if topic in ASKS_HOW_FAR_A_TOPIC_GOES.get(process, ()):
        yield "Describe"
    if topic in ASKS_HOW_LONG_IT_IS_KEPT.get(process, ()):
        yield "DescribeConfigs"


def _groups(process: str, parts: tuple[str, ...]) -> Iterator[tuple[str, Operation]]:
    for group in GROUPS:
        if group in parts:
            yield group, "Read"
    for group in ASKS_HOW_FAR_A_GROUP_IS.get(process, ()):
        yield group, "Describe"


def _of_tools(prefix: str) -> Iterator[Acl]:
    for tool, rights in TOOLS.items():
        for operation, topics in rights:
            for topic in topics:
                yield Acl(
                    process=tool,
                    operation=operation,
                    resource="topic",
                    name=f"{prefix}{topic.name}",
                )
