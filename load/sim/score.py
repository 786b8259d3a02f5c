"""How did it go? Counts of one run, as the hall and the platform each saw it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from load.sim.people import Person
from load.sim.reports import ContactReport, Dial
from load.sim.worklist import PromiseList
from streams.events.callbacks import CallbackWanted, CallerServed
from streams.events.surges import SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised


@dataclass(slots=True)
class Score:
    """What happened, kept small enough for a year."""

    rings: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    deflected: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    dials: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    declared: list[SurgeDeclared] = field(default_factory=list)
    alerted: dict[str, datetime] = field(default_factory=dict)
    cleared: list[SurgeCleared] = field(default_factory=list)
    seats: dict[str, SeatsNeeded] = field(default_factory=dict)
    most_seats: int = 0
    served_again: int = 0

    def contact(self, report: ContactReport) -> None:
        """Count a report of the hall."""
        self.kinds[report.kind] += 1
        call = report.call
        if report.kind == "arrived":
            self.rings += 1
            if call.person.calls == 1:
                self.people.append(call.person)
        elif report.kind in ("answered", "abandoned") and call.queued:
            self.waits.append(report.at - call.queued)
        elif report.kind == "deflected":
            self.deflected[report.extra["reason"]] += 1

    def dial(self, dial: Dial) -> None:
        """Count a dial that has ended."""
        if dial.state == "ended":
            self.dials[dial.outcome or ""] += 1

    def overflow(self, fact: CallbackWanted | CallerServed) -> None:
        """Count what the contact book asked for."""
        if isinstance(fact, CallbackWanted):
            self.wanted[fact.data.reason] += 1
        else:
            self.served_again += 1

    def surge(self, fact: SurgeDeclared | SurgeRevised | SurgeCleared) -> None:
        """Keep declarations and clearances, and when each episode became an alert."""
        if fact.data.tier == "alert":
            self.alerted.setdefault(fact.data.episode, fact.time)
        if isinstance(fact, SurgeDeclared):
            self.declared.append(fact)
        elif isinstance(fact, SurgeCleared):
            self.cleared.append(fact)

    def seats_needed(self, fact: SeatsNeeded) -> None:
        """Keep the last word on each pool, and the most that was asked for."""
        self.seats[fact.data.pool] = fact
        self.most_seats = max(self.most_seats, fact.data.needed)

    def abandoned_share(self) -> float:
        """Abandoned calls among those that were answered or abandoned."""
        ended = self.kinds["answered"] + self.kinds["abandoned"]
        return self.kinds["abandoned"] / ended if ended else 0.0

    def shares(self, promises: PromiseList) -> dict[str, float]:
        """What became of each person: exhaustive, adds up to 1."""
        open_promise = {int(state.caller.key, 16) for state in promises.open.values()}
        ends: Counter[str] = Counter()
        for person in self.people:
            if person.served is not None:
                ends[f"served_{person.served}"] += 1
            elif person.index in open_promise:
                ends["promised"] += 1
            elif person.on_the_phone:
                ends["waiting"] += 1
            else:
                ends["lost"] += 1
        total = len(self.people) or 1
        return {name: count / total for name, count in ends.items()}
