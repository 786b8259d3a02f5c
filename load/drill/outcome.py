"""How did one run end, for the people who called and for those who answered?"""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from load.drill.watch import Timeline
from load.sim.engine import Rehearsal
from load.sim.people import Person
from streams.events.callbacks import CallbackData

HOUR: Final = 3600.0
# As many may be on hold at any moment of an ordinary day.
FEW: Final = 2
_KEPT: Final = ("completed", "reached_us_first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One surge: its key, and how soon after a burst's first call it was said."""

    key: str
    tier: str
    at_minutes: float
    after_seconds: float | None
    after_calls: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run. Shares are of the people who called and add up to 1: live, callback, open, waiting,
    lost. Times are seconds; None where there was nothing to measure.
    """

    seed: int
    people: int
    calls: int
    live: float
    callback: float
    promised: float
    waiting: float
    lost: float
    helped_within_1h: float
    burst_live: float
    answered_calls: float
    worst_day_answered: float
    abandoned_calls: float
    mean_wait: float | None
    promises: int
    kept: float | None
    kept_within_1h: float | None
    kept_within_4h: float | None
    oldest_promise: float
    double_dials: int
    declared: tuple[Declared, ...]
    false_declarations: int
    seats_asked: int
    most_present: int
    called_out: int
    came: int
    recovered: float | None


def outcome_of(run: Rehearsal, timeline: Timeline, seed: int) -> Outcome:
    """Count what a run that is over has left."""
    score, length = run.score, run.hall.agenda.now
    shares = score.shares(run.promises)
    people = score.people
    promises = list(run.promises.book.all())
    kinds = score.kinds
    since = min((b.at.total_seconds() for b in run.scenario.bursts), default=0.0)
    talking = {call.person for call in run.hall.calls.values() if call.stage == "talking"}
    of_burst = [person for person in people if person.first_called >= since]
    live = [person for person in of_burst if person.served == "live" or person in talking]
    return Outcome(
        seed=seed,
        people=len(people),
        calls=score.rings,
        live=shares.get("served_live", 0.0),
        callback=shares.get("served_callback", 0.0),
        promised=shares.get("promised", 0.0),
        waiting=shares.get("waiting", 0.0),
        lost=shares.get("lost", 0.0),
        helped_within_1h=_share(sum(map(_soon, people)), len(people)) or 0.0,
        burst_live=_share(len(live), len(of_burst)) or 0.0,
        answered_calls=_share(kinds["answered"], score.rings) or 0.0,
        worst_day_answered=timeline.worst_day(),
        abandoned_calls=score.abandoned_share(),
        mean_wait=sum(score.waits) / len(score.waits) if score.waits else None,
        promises=len(promises),
        kept=_share(sum(one.outcome in _KEPT for one in promises), len(promises)),
        kept_within_1h=_kept(promises, timedelta(hours=1)),
        kept_within_4h=_kept(promises, timedelta(hours=4)),
        oldest_promise=_oldest(promises, run.moment(length)),
        double_dials=_double_dials(run),
        declared=tuple(_declared(run)),
        false_declarations=_false(run),
        seats_asked=score.most_seats,
        most_present=max(timeline.present, default=0),
        called_out=run.reserve.asked if run.reserve else 0,
        came=run.reserve.came if run.reserve else 0,
        recovered=_recovered(timeline, since),
    )


def _soon(person: Person) -> bool:
    return person.served_at is not None and person.served_at - person.first_called <= HOUR


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _kept(promises: list[CallbackData], within: timedelta) -> float | None:
    kept = sum(
        one.outcome in _KEPT
        and one.closed_at is not None
        and one.closed_at - one.requested_at <= within
        for one in promises
    )
    return _share(kept, len(promises))


def _oldest(promises: list[CallbackData], end: datetime) -> float:
    ages = ((one.closed_at or end) - one.requested_at for one in promises)
    return max((age.total_seconds() for age in ages), default=0.0)


def _double_dials(run: Rehearsal) -> int:
    talked = Counter(
        dial.callback for dial in run.promises.switch.dials.values() if dial.outcome == "completed"
    )
    return sum(count - 1 for count in talked.values())


def _declared(run: Rehearsal) -> list[Declared]:
    """Each surge, beside the first burst that none before it was said of and that had begun."""
    scenario = run.scenario
    bursts = sorted(scenario.bursts, key=lambda burst: burst.at)
    called = [[p.first_called for p in run.score.people if p.source == one.name] for one in bursts]
    bringing = deque(calls for calls in called if calls)
    found = []
    for fact in run.score.declared:
        at = (fact.data.declared_at - scenario.starts).total_seconds()
        calls = bringing.popleft() if bringing and bringing[0][0] <= at else None
        found.append(
            Declared(
                key=fact.data.key,
                tier="alert" if fact.data.episode in run.score.alerted else "watch",
                at_minutes=round(at / 60, 2),
                after_seconds=round(at - calls[0], 1) if calls else None,
                after_calls=sum(one <= at for one in calls) if calls else None,
            )
        )
    return found


def _false(run: Rehearsal) -> int:
    """Surges that were declared before anything had happened."""
    scenario = run.scenario
    begins = min((scenario.starts + burst.at for burst in scenario.bursts), default=None)
    return sum(begins is None or fact.data.declared_at < begins for fact in run.score.declared)


def _recovered(timeline: Timeline, since: float) -> float | None:
    """Seconds from the first burst until hardly anybody is on hold any more; None: not yet."""
    crowded = [nth for nth, waiting in enumerate(timeline.waiting) if waiting > FEW]
    if not crowded:
        return 0.0
    if crowded[-1] == len(timeline.waiting) - 1:
        return None
    return max(0.0, (crowded[-1] + 1) * timeline.step - since)
