"""How does a person look when everything about them is sealed with the key of today?

The hash of a number is made anew as well, so that a change of either key is over when everyone has
been through here: an answer from their number finds them by the new hash.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from services.people_file import Secrets, address_digest
from services.sealing import CannotOpenError, Sealer
from streams.events.people import ContactMethod, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How many people were sealed anew, how many texts nobody can open, and the texts by key."""

    resealed: int
    unreadable: int
    by_key: Mapping[str, int]


def resealed(person: Person, secrets: Secrets) -> Person | None:
    """The next version of somebody; None when all is well, or nothing of it can be opened."""
    after = msgspec.structs.replace(
        person,
        sealed_name=_text(person.sealed_name, secrets.sealer),
        methods=tuple(_method(method, secrets) for method in person.methods),
    )
    return None if after == person else msgspec.structs.replace(after, version=person.version + 1)


def sealed_with(people: Iterable[Person], *, resealed: int, sealer: Sealer) -> Sealed:
    """Which keys are still needed."""
    texts = [text for person in people for text in texts_of(person)]
    return Sealed(
        resealed=resealed,
        unreadable=sum(not sealer.is_current(text) for text in texts),
        by_key=Counter(text.partition(".")[0] for text in texts),
    )


def texts_of(person: Person) -> list[str]:
    """Everything of a person that is sealed."""
    return [person.sealed_name, *(method.sealed for method in person.methods)]


def _method(method: ContactMethod, secrets: Secrets) -> ContactMethod:
    try:
        address = secrets.sealer.open(method.sealed).decode()
    except CannotOpenError:
        return method
    digest = method.digest and address_digest(secrets.pseudonyms, method.kind, address)
    sealed = _text(method.sealed, secrets.sealer)
    return msgspec.structs.replace(method, sealed=sealed, digest=digest)


def _text(sealed: str, sealer: Sealer) -> str:
    if sealer.is_current(sealed):
        return sealed
    try:
        return sealer.seal(sealer.open(sealed))
    except CannotOpenError:
        return sealed
