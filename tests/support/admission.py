"""Questions and situations in one line each, for tests of who waits and who is rung back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from streams.domain.admission.gates import Line
from streams.domain.admission.rules import Answer, Promise, Question, Situation, decide
from streams.domain.centre import AdmissionPolicy, Centre, OverflowPolicy
from streams.domain.contacts.rule_table import RuleTable
from streams.events.surges import WaitData
from tests.support.calls import CENTRE, NOON


def ago(minutes: float) -> datetime:
    """Minutes before noon, when every question here is asked."""
    return NOON - timedelta(minutes=minutes)


def wait(p50: float | None = 60.0, *, queue: str = "main", **said: Any) -> WaitData:
    """What staffing announced; without p50 the wait is unknown."""
    fields: dict[str, Any] = {"ahead": 20, "servers": 10}
    if p50 is not None:
        fields |= {"p50_seconds": p50, "p90_seconds": 2 * p50, "method": "queue_length"}
    return WaitData(queue=queue, **(fields | said))


def line(p50: float | None = 60.0, *, waiting: int = 20, head: float = 4, **said: Any) -> Line:
    """A line whose first has waited for `head` minutes."""
    return Line(wait=wait(p50, **said), waiting=waiting, head_since=ago(head) if waiting else None)


def promised(minutes: float, **said: Any) -> Promise:
    """An open callback of someone who first rang so many minutes ago."""
    fields: dict[str, Any] = {"reason": "waited_too_long"} | said
    return Promise(
        id="cb-1", origin=ago(minutes), promised_by=ago(minutes) + timedelta(hours=4), **fields
    )


SHORT = Situation(line=line())
LONG = Situation(line=line(600.0), long=True)


def answer(
    situation: Situation,
    *,
    policy: AdmissionPolicy | None = None,
    overflow: OverflowPolicy | None = None,
    **asked: Any,
) -> Answer:
    """The answer at noon for someone on the main queue whose number is known."""
    if overflow is not None:
        situation = replace(situation, table=RuleTable(overflow))
    fields: dict[str, Any] = {"queue": "main", "contact": "c-1", "caller": "ann"} | asked
    return decide(centre_with(policy), situation, Question(**fields), NOON)


def centre_with(policy: AdmissionPolicy | None) -> Centre:
    """The tests' centre with another admission policy."""
    return replace(CENTRE, admission=policy) if policy else CENTRE
