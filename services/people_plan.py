"""What would taking a list of people change, and is what we learned about them kept?

A method whose address is the same keeps its proof and its history, whatever the file says; a new
address starts unproved unless the file says otherwise. Who is not in the file is left as they are,
or put out of service when that was asked for: nobody disappears by a short file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.sealing import CannotOpenError, Sealer
from streams.events.people import ContactMethod, Person


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of whom: the people as they will be, and the ids by what happens to them."""

    changed: tuple[Person, ...]
    new: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    deactivated: tuple[str, ...]


def plan_import(
    listed: Iterable[Person],
    known: Mapping[str, Person],
    sealer: Sealer,
    *,
    remove_missing: bool = False,
) -> Planned:
    """Compare a file's people with those we know."""
    changed, new, updated, unchanged = [], [], [], []
    seen = set()
    for person in listed:
        seen.add(person.id)
        before = known.get(person.id)
        after = person if before is None else _kept(before, person, sealer)
        if before is None:
            new.append(person.id)
        elif msgspec.structs.replace(after, version=before.version) == before:
            unchanged.append(person.id)
            continue
        else:
            updated.append(person.id)
        changed.append(after)
    gone = [person for person in known.values() if person.id not in seen and person.active]
    out = list(_deactivated(gone)) if remove_missing else []
    return Planned(
        changed=(*changed, *out),
        new=tuple(new),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        missing=tuple(person.id for person in gone),
        deactivated=tuple(person.id for person in out),
    )


def _kept(before: Person, after: Person, sealer: Sealer) -> Person:
    """The new line, with what only we know: proofs, histories, their own standing, their feed."""
    known = {_way(method, sealer): method for method in before.methods}
    methods = tuple(
        _method(known.get(_way(method, sealer)), method, sealer) for method in after.methods
    )
    return msgspec.structs.replace(
        after,
        version=before.version + 1,
        sealed_name=_name(before.sealed_name, after.sealed_name, sealer),
        methods=methods,
        standing=before.standing if before.standing_since else after.standing,
        standing_since=before.standing_since,
        feed_digest=before.feed_digest,
    )


def _way(method: ContactMethod, sealer: Sealer) -> tuple[str, bytes]:
    """The address itself: hashes change with their key, and proof must outlive a change of keys."""
    try:
        return method.kind, sealer.open(method.sealed)
    except CannotOpenError:
        return method.kind, method.digest.encode()


def _method(before: ContactMethod | None, after: ContactMethod, sealer: Sealer) -> ContactMethod:
    if before is None:
        return after
    return msgspec.structs.replace(
        after,
        sealed=before.sealed if sealer.is_current(before.sealed) else after.sealed,
        verified_at=_later(before.verified_at, after.verified_at),
        last_success_at=before.last_success_at,
        opted_out=before.opted_out,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _name(before: str, after: str, sealer: Sealer) -> str:
    # Sealed anew each time, the same name looks different: only who can open both may compare.
    try:
        same = sealer.is_current(before) and sealer.open(before) == sealer.open(after)
    except CannotOpenError:
        same = False
    return before if same else after


def _deactivated(gone: Iterable[Person]) -> Iterator[Person]:
    for person in gone:
        yield msgspec.structs.replace(person, active=False, version=person.version + 1)
