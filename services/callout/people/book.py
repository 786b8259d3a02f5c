"""Who is known, by which numbers, and when do they work? The fold of the topic `people`."""

from collections.abc import Iterator, Mapping

from streams.domain.people.roster import Roster
from streams.events.people import ContactMethod, Person, Shift

PERSON: str = "person/"
SHIFT: str = "shift/"


class PeopleBook:
    """Everyone, as the log says. Older versions than the one known change nothing."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._shifts: dict[str, Shift] = {}
        self._by_digest: dict[str, dict[tuple[str, str], None]] = {}
        self._by_feed: dict[str, str] = {}
        self._roster: Roster | None = None

    @property
    def people(self) -> Mapping[str, Person]:
        """Everyone by id, also those out of service."""
        return self._people

    @property
    def shifts(self) -> Mapping[str, Shift]:
        """Every shift by id, also cancelled ones."""
        return self._shifts

    @property
    def roster(self) -> Roster:
        """Who works when. Made anew after a change, so whoever holds one holds a moment."""
        if self._roster is None:
            self._roster = Roster(self._shifts.values())
        return self._roster

    def put(self, person: Person) -> None:
        """A person as they are now."""
        before = self._people.get(person.id)
        if before is not None and before.version > person.version:
            return
        self._forget(before)
        self._people[person.id] = person
        for method in person.methods:
            if method.digest:
                ways = self._by_digest.setdefault(method.digest, {})
                ways[person.id, method.id] = None
        if person.feed_digest:
            self._by_feed[person.feed_digest] = person.id

    def put_shift(self, shift: Shift) -> None:
        """A shift as it is now."""
        before = self._shifts.get(shift.id)
        if before is not None and before.sequence > shift.sequence:
            return
        self._shifts[shift.id] = shift
        self._roster = None

    def drop(self, key: str) -> None:
        """Somebody is forgotten, or a shift is."""
        if key.startswith(PERSON):
            self._forget(self._people.pop(key.removeprefix(PERSON), None))
        elif self._shifts.pop(key.removeprefix(SHIFT), None) is not None:
            self._roster = None

    def by_digest(self, digest: str) -> Iterator[tuple[Person, ContactMethod]]:
        """Everyone with this number, and the method it stands for. A number may be shared."""
        for person_id, method_id in self._by_digest.get(digest, ()):
            person = self._people[person_id]
            for method in person.methods:
                if method.id == method_id:
                    yield person, method

    def by_feed(self, digest: str) -> Person | None:
        """Whose calendar has this secret address."""
        person = self._by_feed.get(digest)
        return self._people.get(person) if person is not None else None

    def _forget(self, person: Person | None) -> None:
        if person is None:
            return
        for method in person.methods:
            self._by_digest.get(method.digest, {}).pop((person.id, method.id), None)
        self._by_feed.pop(person.feed_digest, None)
