"""Whom can the engine ask about people? Filled from the topic `people`."""

from collections.abc import Iterable
from typing import Protocol

from streams.domain.people.eligible import Rules
from streams.domain.people.roster import Roster
from streams.events.people import ContactMethod, Person


class Directory(Protocol):
    """Everyone who can be called out, and when they work."""

    @property
    def roster(self) -> Roster:
        """Every shift as it holds."""

    @property
    def rules(self) -> Rules:
        """What the centre insists on."""

    def everyone(self) -> Iterable[Person]:
        """All of them."""

    def person(self, person_id: str) -> Person | None:
        """One of them."""

    def address(self, method: ContactMethod) -> str:
        """The number or address, for sending to; `CannotOpenError` when its key is gone."""

    def name(self, person: Person) -> str:
        """What a manager calls them."""
