"""Which topics there are, what each holds, and who writes and reads it.

Topics are made by `surgeline topics` (and by `surgeline up`), never by auto-creation. Partition
counts are chosen once: they divide by many numbers, and changing one later moves keys.
"""

import zlib
from dataclasses import dataclass
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. `key` says in words what the record's key is; retention is in milliseconds."""

    name: str
    holds: str
    key: str
    partitions: int
    cleanup: str = "delete"
    retention_ms: int = 7 * DAY_MS
    writer: str
    readers: tuple[str, ...]

    def settings(self) -> dict[str, str]:
        """Kafka's own settings for this topic.

        Kafka forgets whole segments, never the one it writes to: without an end to a segment, what
        is kept for a time would be kept a week longer, and a number that was replaced until enough
        others were.
        """
        settings = {"cleanup.policy": self.cleanup, "retention.ms": str(self.retention_ms)}
        if "compact" in self.cleanup:
            return settings | {
                "min.cleanable.dirty.ratio": "0.1",
                "segment.ms": str(6 * HOUR_MS),
                "max.compaction.lag.ms": str(DAY_MS),
            }
        return settings | {"segment.ms": str(DAY_MS)}


CONTACTS = Topic(
    name="contacts",
    holds="what phone systems report about contacts, as parcels of CloudEvents",
    key="none; the partition is decided by caller pseudonym, or contact id when withheld",
    partitions=24,
    retention_ms=30 * DAY_MS,
    writer="intake",
    readers=("tally", "audit"),
)
CONTACT_KEYS = Topic(
    name="contact-keys",
    holds="the partition key of each contact id, decided once; the first record holds",
    key="contact id",
    partitions=6,
    retention_ms=3 * DAY_MS,
    writer="intake",
    readers=("intake",),
)
AGENTS = Topic(
    name="agents",
    holds="the latest state of each counselor",
    key="agent id",
    partitions=1,
    cleanup="compact",
    writer="intake",
    readers=("staffing", "boards", "callbacks", "callout"),
)
PULSES = Topic(
    name="pulses",
    holds="contacts per key and second of event time, cumulative for that second",
    key="none; the partition is decided by the pulse's key",
    partitions=12,
    writer="tally",
    readers=("surge", "boards", "command"),
)
QUEUES = Topic(
    name="queues",
    holds="what each partition of contacts amounts to: waiting, outcomes, waits, by queue and day",
    key="partition of contacts",
    partitions=1,
    cleanup="compact",
    writer="tally",
    readers=("staffing", "boards", "admission", "callbacks", "audit"),
)
SURGES = Topic(
    name="surges",
    holds="surges declared, revised and cleared; planned events; the feed fallen silent and back",
    key="episode; planned/ and the event; the word feed",
    partitions=1,
    cleanup="compact,delete",
    retention_ms=90 * DAY_MS,
    writer="surge",
    readers=("surge", "staffing", "boards", "command", "callout"),
)
SEATS = Topic(
    name="seats",
    holds="seats needed and staffed per pool; how long a queue's next caller will wait",
    key="pool; wait/ and the queue",
    partitions=1,
    cleanup="compact",
    writer="staffing",
    readers=("boards", "admission", "callout"),
)
OVERFLOW = Topic(
    name="overflow",
    holds="callers who need a callback, and those who were served after all",
    key="caller pseudonym",
    partitions=24,
    retention_ms=30 * DAY_MS,
    writer="tally",
    readers=("tally", "callbacks", "audit"),
)
CALLBACKS = Topic(
    name="callbacks",
    holds="every callback's whole state after each transition",
    key="callback id",
    partitions=12,
    cleanup="compact",
    retention_ms=90 * DAY_MS,
    writer="callbacks",
    readers=("callbacks", "boards", "audit", "admission"),
)
COMMANDS = Topic(
    name="commands",
    holds="what people in command ordered: declare, acknowledge, dismiss, extend, close, plan",
    key="the order's id",
    partitions=1,
    retention_ms=365 * DAY_MS,
    writer="command",
    readers=("surge", "command"),
)
CENTRE = Topic(
    name="centre",
    holds="each version of the centre file that was put in force, whole",
    key="the application's id",
    partitions=1,
    cleanup="compact",
    writer="command",
    readers=("every process",),
)
PEOPLE = Topic(
    name="people",
    holds="who can be called out and their shifts; names, numbers and addresses sealed",
    key="person/ or shift/ and the id",
    partitions=1,
    cleanup="compact",
    writer="callout",
    readers=("callout",),
)
CALLOUTS = Topic(
    name="callouts",
    holds="the whole state of every call-out, and of its offer to each person, after transitions",
    key="call-out id; offer id",
    partitions=6,
    cleanup="compact",
    retention_ms=90 * DAY_MS,
    writer="callout",
    readers=("callout", "boards", "audit", "command"),
)
CLOCK = Topic(
    name="clock",
    holds="the clock a replay or rehearsal declared",
    key="the word centre",
    partitions=1,
    cleanup="compact",
    writer="intake",
    readers=("every process",),
)
BASELINES = Topic(
    name="baselines",
    holds="what the detector has learned and folded: levels, shapes, checkpoints",
    key="detector/ or baseline/ and the surge key",
    partitions=1,
    cleanup="compact",
    writer="surge, learn",
    readers=("surge", "staffing", "boards"),
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    holds="what could not be taken, with the reason, its bytes sealed",
    key="none",
    partitions=1,
    retention_ms=30 * DAY_MS,
    writer="intake, tally, surge, staffing, callbacks",
    readers=(),
)
AUDIT = Topic(
    name="audit",
    holds="what people did or were refused: reveals, switches, orders, roles they lack",
    key="none",
    partitions=1,
    retention_ms=365 * DAY_MS,
    writer="every service",
    readers=("audit", "consoles"),
)

CATALOGUE: Final[tuple[Topic, ...]] = (
    CONTACTS,
    CONTACT_KEYS,
    AGENTS,
    PULSES,
    QUEUES,
    SURGES,
    SEATS,
    OVERFLOW,
    CALLBACKS,
    CALLOUTS,
    COMMANDS,
    CENTRE,
    PEOPLE,
    CLOCK,
    BASELINES,
    DEAD_LETTERS,
    AUDIT,
)


def partition_of(key: str, topic: Topic) -> int:
    """The partition of a key: CRC-32 of its UTF-8 bytes, the same in every process and language."""
    return zlib.crc32(key.encode()) % topic.partitions
