"""What do very many ordinary contacts look like on the log, hour after hour?

Whole lives from the arrival to the end, as intake writes them: ids of 36 characters, keyed and
sealed callers, parcels of what came in the same ten seconds. Drawn from a seed. Text is made by
filling in templates, so that a bench spends its time on what it measures.
"""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from streams.topics import CONTACTS, partition_of

SLOT_SECONDS: Final = 10
DAY_SECONDS: Final = 86_400
# Of 100 people 78 are answered, 14 hang up after a real wait, 8 within seconds. One contact in ten
# is a redial, one in twenty-five comes without a number.
ANSWERED: Final = 0.78
GIVES_UP: Final = 0.14
REDIALS: Final = 0.10
WITHHELD: Final = 0.04
LATE: Final = 0.01
TWICE: Final = 0.01
_EVENT: Final = (
    '{"type":"surgeline.contact.%s.v1","specversion":"1.0","id":"%s-%s","source":"/phone/bench",'
    '"subject":"%s","time":"%s","recordedtime":"%s","partitionkey":"%s","data":{"queue":"%s",'
    '"language":"%s","country":"%s","topic":"%s"%s%s}}'
)
_CALLER: Final = ',"caller":{"key":"%s","key_id":"p1","sealed":"s1.%s"}'
QUEUES: Final = ("main", "main", "main", "english")
LANGUAGES: Final = ("ko", "ko", "ko", "en")
COUNTRIES: Final = ("JP", "US", "TH", "FR", "VN", "CN", "PH", "TR")
TOPICS: Final = ("passport", "accident", "arrest", "missing", "quake")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one partition's record holds."""

    partition: int
    value: bytes
    events: int


@dataclass(slots=True)
class Traffic:
    """Contacts at a steady rate from a moment on. `slots` gives the parcels of each ten seconds.

    `answered` and `gives_up` are shares of all contacts; the rest hangs up within seconds.
    """

    begin: datetime
    contacts_a_day: int
    seed: int = 1
    answered: float = ANSWERED
    gives_up: float = GIVES_UP
    contacts: int = 0
    events: int = 0
    _rng: random.Random = field(init=False)
    _due: dict[int, dict[int, list[str]]] = field(init=False)
    _lately: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._due = defaultdict(lambda: defaultdict(list))
        self._lately = []

    def slots(self, count: int) -> Iterator[tuple[datetime, list[Parcel]]]:
        """So many slots, each with the moment at which it ends."""
        begin = int(self.begin.timestamp())
        per_slot = self.contacts_a_day * SLOT_SECONDS / DAY_SECONDS
        for slot in range(count):
            for _ in range(int((slot + 1) * per_slot) - int(slot * per_slot)):
                self._live(begin, slot)
            end = datetime.fromtimestamp(begin + (slot + 1) * SLOT_SECONDS, UTC)
            yield end, [self._parcel(*part) for part in self._due.pop(slot, {}).items()]

    def _parcel(self, partition: int, events: list[str]) -> Parcel:
        self.events += len(events)
        return Parcel(partition, f"[{','.join(events)}]".encode(), len(events))

    def _live(self, begin: int, slot: int) -> None:
        """Put a contact's whole life into the slots in which it is reported."""
        rng = self._rng
        contact = str(uuid.UUID(int=rng.getrandbits(128)))
        caller = self._caller()
        key = caller or contact
        number = "" if caller is None else _CALLER % (caller, f"{rng.getrandbits(224):056x}"[:54])
        which = rng.randrange(len(QUEUES))
        place = (QUEUES[which], LANGUAGES[which], rng.choice(COUNTRIES), rng.choice(TOPICS))
        partition = partition_of(key, CONTACTS)
        self.contacts += 1
        for kind, after, more in self._course():
            happens = slot * SLOT_SECONDS + after
            told = int(happens // SLOT_SECONDS)
            late = rng.random() < LATE
            at = _text(begin + happens)
            event = _EVENT % (kind, contact, kind, contact, at, at, key, *place, number, more)
            self._due[told + (6 if late else 0)][partition].append(event)
            if rng.random() < TWICE:
                self._due[told + 6][partition].append(event)

    def _course(self) -> list[tuple[str, float, str]]:
        rng, agent = self._rng, f',"agent":"a{self._rng.randrange(500)}"'
        chance = rng.random()
        begun = [("arrived", 0.0, ""), ("queued", 1.0, "")]
        if chance < self.answered:
            wait = rng.expovariate(1 / 20.0)
            talk = rng.expovariate(1 / 300.0)
            return [
                *begun,
                ("offered", 1 + wait, agent),
                ("answered", 4 + wait, agent),
                ("completed", 4 + wait + talk, agent),
            ]
        gives_up = chance < self.answered + self.gives_up
        wait = 30 + rng.expovariate(1 / 60.0) if gives_up else 1 + 2 * rng.random()
        return [*begun, ("abandoned", 1 + wait, "")]

    def _caller(self) -> str | None:
        """A caller's key: mostly of someone new, sometimes of one of the last hour or so."""
        rng, lately = self._rng, self._lately
        if rng.random() < WITHHELD:
            return None
        if lately and rng.random() < REDIALS:
            return rng.choice(lately)
        caller = f"{rng.getrandbits(128):032x}"
        if len(lately) < self.contacts_a_day // 24:
            lately.append(caller)
        else:
            lately[rng.randrange(len(lately))] = caller
        return caller


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
