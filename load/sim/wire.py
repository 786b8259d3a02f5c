"""How does what happened in the hall become an event of the contract?

Two renderings of the same report: as the JSON a real phone system would post, with the caller's
number, and as the typed event that intake would have made of it, with a pseudonym.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from load.sim.people import Person
from load.sim.reports import AgentReport, ContactReport
from streams.events.agents import AgentStateChanged, AgentStateData
from streams.events.contacts import (
    AbandonedData,
    AnsweredData,
    ArrivedData,
    Caller,
    CompletedData,
    ContactAbandoned,
    ContactAnswered,
    ContactArrived,
    ContactCompleted,
    ContactDeflected,
    ContactEvent,
    ContactOffered,
    ContactQueued,
    DeflectedData,
    OfferedData,
    QueuedData,
)

TYPES: dict[str, tuple[Any, Any]] = {
    "arrived": (ContactArrived, ArrivedData),
    "queued": (ContactQueued, QueuedData),
    "offered": (ContactOffered, OfferedData),
    "answered": (ContactAnswered, AnsweredData),
    "abandoned": (ContactAbandoned, AbandonedData),
    "completed": (ContactCompleted, CompletedData),
    "deflected": (ContactDeflected, DeflectedData),
}
Moment = Callable[[float], datetime]


def event_clock(starts: datetime) -> Moment:
    """From seconds since the scenario's start to event time, in UTC.

    Worked out once for all that is asked of one moment.
    """
    # A difference of two moments is taken sooner when both are in the same zone.
    first = starts.astimezone(UTC)
    known, last = 0.0, first

    def moment(at: float) -> datetime:
        nonlocal known, last
        if at != known:
            known, last = at, first + timedelta(seconds=at)
        return last

    return moment


def contact_fields(report: ContactReport) -> dict[str, Any]:
    """The fields of `data` that both renderings share; what is not known is left out."""
    person = report.call.person
    if person.known is None:
        person.known = _known_of(person)
    fields = person.known | report.extra
    if report.kind != "arrived":
        # The keys pressed during the greeting: whether a callback would be welcome.
        fields["consent_callback"] = person.accepts_callback
    return fields


def _known_of(person: Person) -> dict[str, Any]:
    fields = {
        "queue": person.queue,
        "channel": person.channel,
        "language": person.language,
        "country": person.country,
        "topic": person.topic,
        "urgency": person.urgency,
    }
    return {name: value for name, value in fields.items() if value is not None}


def event_id(report: ContactReport) -> str:
    """The same report always has the same id, so that sending it twice changes nothing."""
    if report.kind != "offered":
        return f"{report.call.id}:{report.kind}:"
    offer, outcome = report.extra.get("offer", ""), report.extra.get("outcome", "")
    return f"{report.call.id}:{report.kind}:{offer.rpartition('/')[2]}{outcome}"


def contact_json(report: ContactReport, source: str, moment: Moment) -> dict[str, Any]:
    """What the phone system posts to intake: the number is in the clear, as it rings in."""
    fields = contact_fields(report)
    if report.call.person.number is not None:
        fields["caller"] = report.call.person.number
    kind = TYPES[report.kind][0]
    return {
        "specversion": "1.0",
        "type": kind.__struct_config__.tag,
        "id": event_id(report),
        "source": source,
        "subject": report.call.id,
        "time": moment(report.at).isoformat(),
        "datacontenttype": "application/json",
        "data": fields,
    }


def contact_event(report: ContactReport, source: str, moment: Moment) -> ContactEvent:
    """What intake would have written: a pseudonym in place of the number."""
    kind, data = TYPES[report.kind]
    event: ContactEvent = kind(
        id=event_id(report),
        source=source,
        subject=report.call.id,
        time=moment(report.at),
        data=data(**contact_fields(report), caller=pseudonym(report.call.person)),
    )
    return event


def pseudonym(person: Person) -> Caller | None:
    """A stand-in for the keyed hash: unique, and readable in a debugger."""
    if person.number is None:
        return None
    if person.pseudonym is None:
        index = person.index
        person.pseudonym = Caller(key=f"{index:032x}", key_id="sim", sealed=f"sim.{index}")
    return person.pseudonym


def agent_json(report: AgentReport, source: str, moment: Moment) -> dict[str, Any]:
    """A counselor's state as the phone system posts it."""
    return {
        "specversion": "1.0",
        "type": AgentStateChanged.__struct_config__.tag,
        "id": _agent_event_id(report),
        "source": source,
        "subject": report.agent,
        "time": moment(report.at).isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "agent": report.agent,
            "pool": report.pool,
            "state": report.state,
            "languages": list(report.languages),
            "skills": list(report.skills),
        },
    }


def agent_event(report: AgentReport, source: str, moment: Moment) -> AgentStateChanged:
    """A counselor's state as it stands on the log."""
    return AgentStateChanged(
        id=_agent_event_id(report),
        source=source,
        subject=report.agent,
        time=moment(report.at),
        data=AgentStateData(
            agent=report.agent,
            pool=report.pool,
            state=report.state,
            languages=report.languages,
            skills=report.skills,
        ),
    )


def _agent_event_id(report: AgentReport) -> str:
    return f"{report.agent}:{report.serial}"
