"""By which ways can a person be reached, and which of them may be used now?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from streams.events.people import (
    ContactMethod,
    Group,
    MethodKind,
    Person,
    PlanStep,
    QuietHours,
    Span,
    Standing,
)

__all__ = [
    "ContactMethod",
    "Group",
    "MethodKind",
    "Person",
    "PlanStep",
    "QuietHours",
    "Span",
    "Standing",
    "age_of_success",
    "can_be_paged_by",
    "method_of",
    "opted_out",
    "reached",
    "usable_plan",
    "verified",
]

# The default of paging.md 3.6: messages at once, a call after two minutes, another after five.
_FIRST_CALL_SECONDS = 120
_SECOND_CALL_SECONDS = 300


def method_of(person: Person, method_id: str) -> ContactMethod | None:
    """The person's method of that id."""
    return next((method for method in person.methods if method.id == method_id), None)


def can_be_paged_by(method: ContactMethod) -> bool:
    """Verified, and not opted out: an unverified number may be a stranger's."""
    return method.verified_at is not None and not method.opted_out


def usable_plan(person: Person, *, at_once: bool = False) -> tuple[PlanStep, ...]:
    """The steps that may be taken, in order of time. Without a plan of their own, the house's.

    `at_once` is for the top severity: every usable method in the first minute.
    """
    steps = tuple(
        step for step in person.plan or _house_plan(person) if _usable(person, step.method)
    )
    if not at_once:
        return tuple(sorted(steps, key=lambda step: step.after_seconds))
    first = {step.method: step for step in reversed(steps)}
    others = tuple(step for step in steps if first[step.method] is not step)
    now = tuple(PlanStep(method=method) for method in reversed(first))
    return now + tuple(sorted(others, key=lambda step: step.after_seconds))


def age_of_success(method: ContactMethod, now: datetime) -> timedelta | None:
    """How long ago anything last reached them by this method; verifying it counts."""
    moments = [when for when in (method.last_success_at, method.verified_at) if when is not None]
    return now - max(moments) if moments else None


def verified(person: Person, method_id: str, now: datetime) -> Person:
    """The person with one method proved to be theirs."""
    return _with(person, method_id, verified_at=now, last_success_at=now)


def reached(person: Person, method_id: str, now: datetime) -> Person:
    """The person, of whom we heard by this method. Older news than we have changes nothing."""
    method = method_of(person, method_id)
    if method is None or (method.last_success_at and method.last_success_at >= now):
        return person
    return _with(person, method_id, last_success_at=now)


def opted_out(person: Person, method_id: str, *, out: bool) -> Person:
    """The person whose carrier will (or will again) deliver nothing to this method."""
    method = method_of(person, method_id)
    if method is None or method.opted_out == out:
        return person
    return _with(person, method_id, opted_out=out)


def _with(person: Person, method_id: str, **changes: object) -> Person:
    methods = tuple(
        msgspec.structs.replace(method, **changes) if method.id == method_id else method
        for method in person.methods
    )
    if methods == person.methods:
        return person
    return msgspec.structs.replace(person, methods=methods, version=person.version + 1)


def _usable(person: Person, method_id: str) -> bool:
    method = method_of(person, method_id)
    return method is not None and can_be_paged_by(method)


def _house_plan(person: Person) -> Iterator[PlanStep]:
    for method in person.methods:
        if method.kind != "voice":
            yield PlanStep(method=method.id)
            continue
        yield PlanStep(method=method.id, after_seconds=_FIRST_CALL_SECONDS)
        yield PlanStep(method=method.id, after_seconds=_SECOND_CALL_SECONDS)
