"""Should this contact wait in line, be offered a callback, or be turned away, and why?

The rules, first match: a life at risk waits, first in line, whatever else holds. Who has an open
callback is told so and keeps the place. A closed queue offers a callback, or says when it opens.
A full one offers a callback, or says so. A long wait offers a callback unless none can be promised.
Everyone else waits. Where the centre's overflow table says that no callback is made of somebody,
none is offered.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from streams.domain.admission.gates import Ceiling, Line, passed
from streams.domain.centre import Centre, Occasion, OverflowPolicy, OverflowRule
from streams.domain.contacts.rule_table import VOICE, Facts, RuleTable
from streams.domain.staffing.waits import Wait, by_queue_length
from streams.events.callbacks import WantedReason
from streams.events.contacts import Channel, Urgency
from streams.events.surges import WaitUnknown

Decision = Literal["queue", "offer_callback", "deflect"]
Obstacle = Literal["no_number", "never_dialled", "ruled_out", "registering_off"] | Ceiling
Reason = (
    Literal[
        "life_at_risk",
        "callback_open",
        "place_resumed",
        "closed_hours",
        "queue_full",
        "long_wait",
        "nobody_staffed",
        "short_wait",
        "wait_unknown",
    ]
    | Obstacle
)
# Ours, or the name of one in the centre file's overflow rules.
PROMPTS: Final = (
    "callback_open",
    "place_resumed",
    "callback_offer",
    "closed",
    "full",
    "long_wait",
    "more_calls",
)
Unknown = WaitUnknown | Literal["not_estimated", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One arriving contact; `caller` is a pseudonym, None when the number is withheld.

    `may_be_rung` is false for a number that is never dialled.
    """

    queue: str
    contact: str
    caller: str | None = None
    may_be_rung: bool = True
    urgency: Urgency = "normal"
    topic: str | None = None
    channel: Channel = "voice"
    language: str | None = None
    country: str | None = None

    def facts(self) -> Facts:
        """What the overflow table is asked about."""
        channel = None if self.channel == VOICE else self.channel
        return (self.queue, channel, self.language, self.country, self.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A caller's open callback: since when they have their place, and how it came about."""

    id: str
    origin: datetime
    promised_by: datetime
    reason: WantedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known when the question comes.

    `long` and `ceiling` are the two gates (see gates.py); `registering` is the lead's switch;
    `promise` is the asking caller's own; `table` holds the centre's overflow rules. `at_most` is
    the worst place that may still be told to who was told one before.
    """

    line: Line
    table: RuleTable = field(default_factory=lambda: RuleTable(OverflowPolicy()))
    open: bool = True
    long: bool = False
    ceiling: Ceiling | None = None
    registering: bool = True
    promise: Promise | None = None
    at_most: int | None = None
    handle_seconds: float | None = None
    patience_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the phone system should do. `position` counts from 1; `wait` is for that place."""

    decision: Decision
    reason: Reason
    position: int | None
    wait: Wait | Unknown
    prompt: str | None = None
    promise: Promise | None = None


def decide(centre: Centre, situation: Situation, question: Question, now: datetime) -> Answer:
    """The first rule that fits."""
    table = situation.table
    if table.is_grave(question.urgency, question.topic):
        return _answer(centre, situation, "queue", "life_at_risk", position=1)
    if situation.promise is not None:
        return _holding(centre, situation, situation.promise, now)
    facts = question.facts()
    if not situation.open:
        rule = table.rule("closed_hours", facts)
        return _turned(centre, situation, question, rule)
    if _is_full(situation.line, centre):
        rule = table.rule("queue_full", facts)
        return _turned(centre, situation, question, rule)
    rule = table.rule("waited_past", facts)
    return _joining(centre, situation, _obstacle(question, situation, rule))


def _joining(centre: Centre, situation: Situation, obstacle: Obstacle | None) -> Answer:
    """The line is open to them: is it short enough?"""
    if not situation.long:
        return _waiting(centre, situation)
    if obstacle is not None:
        return _answer(centre, situation, "queue", obstacle, prompt="long_wait")
    wait = situation.line.wait
    unstaffed = wait is not None and wait.unknown == "nobody_staffed"
    reason: Reason = "nobody_staffed" if unstaffed else "long_wait"
    return _answer(centre, situation, "offer_callback", reason, prompt="callback_offer")


def _holding(centre: Centre, situation: Situation, promise: Promise, now: datetime) -> Answer:
    """Nothing new is promised here, so neither switch nor ceiling matters."""
    position = place_in_line(situation.line, promise.origin, now)
    closed = not situation.open or _is_full(situation.line, centre)
    if promise.reason == "abandoned" and not closed:
        # They rang again because they want to speak now; the callback stands until they do.
        return _answer(centre, situation, "queue", "place_resumed", position, "place_resumed")
    queued = _answer(centre, situation, "queue", "callback_open", position, "callback_open")
    if not closed and _is_near(centre, situation, queued.wait):
        return queued
    return _answer(centre, situation, "offer_callback", "callback_open", position, "callback_open")


def _is_near(centre: Centre, situation: Situation, wait: Wait | Unknown) -> bool:
    """Whether it is soon the turn of a place that may lie ahead of the line's end."""
    if not isinstance(wait, Wait):
        return not situation.long
    limit = centre.overflow.wait_limit.total_seconds()
    return not passed(situation.long, wait.p50, limit, centre.admission.hysteresis)


def place_in_line(line: Line, origin: datetime, now: datetime) -> int:
    """Where someone with this arrival stands, taking the others to have come evenly since the
    first in line did: the log knows when the first came and how many wait, not when each came.
    """
    if line.head_since is None or origin <= line.head_since:
        return 1
    span = (now - line.head_since).total_seconds()
    before = (origin - line.head_since).total_seconds() / span if span > 0 else 1.0
    return 1 + round(line.waiting * min(1.0, before))


def _obstacle(question: Question, situation: Situation, rule: OverflowRule) -> Obstacle | None:
    if rule.then != "callback":
        return "ruled_out"
    if question.caller is None:
        return "no_number"
    if not question.may_be_rung:
        return "never_dialled"
    return situation.ceiling if situation.registering else "registering_off"


def _is_full(line: Line, centre: Centre) -> bool:
    most = centre.admission.most_waiting
    return 0 < most <= line.waiting


_TURNED: Final[dict[Occasion, tuple[Reason, str]]] = {
    "closed_hours": ("closed_hours", "closed"),
    "queue_full": ("queue_full", "full"),
}


def _turned(centre: Centre, situation: Situation, question: Question, rule: OverflowRule) -> Answer:
    reason, prompt = _TURNED[rule.when]
    if _obstacle(question, situation, rule) is None:
        return _answer(centre, situation, "offer_callback", reason, prompt="callback_offer")
    return _answer(centre, situation, "deflect", reason, prompt=rule.prompt or prompt)


def _waiting(centre: Centre, situation: Situation) -> Answer:
    wait = situation.line.wait
    told = wait is not None and wait.p50_seconds is not None
    prompt = "more_calls" if wait is not None and wait.volume_has_risen else None
    reason: Reason = "short_wait" if told else "wait_unknown"
    return _answer(centre, situation, "queue", reason, prompt=prompt)


def _answer(
    centre: Centre,
    situation: Situation,
    decision: Decision,
    reason: Reason,
    position: int | None = None,
    prompt: str | None = None,
) -> Answer:
    in_line = decision != "deflect" and (situation.open or reason == "life_at_risk")
    place = (position or situation.line.waiting + 1) if in_line else None
    if place is not None and situation.at_most is not None:
        place = min(place, situation.at_most)
    return Answer(
        decision=decision,
        reason=reason,
        position=place,
        wait="closed" if place is None and not situation.open else _wait(centre, situation, place),
        prompt=prompt,
        promise=situation.promise,
    )


def _wait(centre: Centre, situation: Situation, place: int | None) -> Wait | Unknown:
    """What was announced for the end of the line; for a place ahead of it, less."""
    said = situation.line.wait
    if said is None:
        return "not_estimated"
    if said.p50_seconds is None or said.p90_seconds is None or said.method is None:
        return said.unknown or "not_estimated"
    announced = Wait(p50=said.p50_seconds, p90=said.p90_seconds, method=said.method)
    if place is None or place > situation.line.waiting or not said.servers:
        return announced
    handle = situation.handle_seconds or centre.target.handle_time.total_seconds()
    patience = situation.patience_seconds or centre.target.patience.total_seconds()
    ahead = by_queue_length(place - 1, said.servers, handle, patience)
    return ahead if ahead.p90 < announced.p90 else announced
