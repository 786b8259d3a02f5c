"""How do people and their shifts get onto the log and back from it?

One change at a time: written first, and only then in force. Names and addresses are opened for the
moment in which they are needed, and never kept open.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from services.callout.people.book import PERSON, SHIFT, PeopleBook
from services.callout.people.resealing import Sealed, resealed, sealed_with
from services.numbers import Pseudonyms, normalise
from services.people_file import Listed, Secrets, read_people
from services.people_plan import Planned, plan_import
from streams.domain.centre import Centre
from streams.domain.people import person as persons
from streams.errors import InvalidEventError, SurgelineError
from streams.events.codec import decode, encode
from streams.events.people import (
    ContactMethod,
    Person,
    PersonChanged,
    Shift,
    ShiftChanged,
    Span,
    Standing,
)
from streams.kafka import Outgoing, Record
from streams.sealing import CannotOpenError
from streams.topics import PEOPLE, partition_of

log = logging.getLogger(__name__)

SOURCE: Final = "surgeline/callout"

Append = Callable[[Sequence[Outgoing]], Awaitable[Any]]


class UnknownPersonError(SurgelineError):
    """There is nobody of that id, or they have no such method."""


class People:
    """Everyone who can be called out. `append` puts records on the log and returns when it has."""

    def __init__(
        self, centre: Centre, secrets: Secrets, append: Append, now: Callable[[], datetime]
    ) -> None:
        self.book = PeopleBook()
        self.centre = centre
        self._secrets = secrets
        self._append = append
        self._now = now
        self._one_at_a_time = asyncio.Lock()
        self._touched: dict[str, int] = {}

    def go_by(self, centre: Centre) -> None:
        """Another version of the centre is in force; its list is read at the next start."""
        self.centre = centre

    # From the log

    def read(self, record: Record) -> None:
        """One record of the topic, in order."""
        if record.value is None:
            self.book.drop((record.key or b"").decode())
            return
        self._touched[(record.key or b"").decode()] = record.timestamp_ms
        try:
            event = decode(record.value)
        except InvalidEventError as error:
            log.warning("a record of people cannot be read", extra={"reason": error.reason})
            return
        if isinstance(event, PersonChanged):
            self.book.put(event.data)
        elif isinstance(event, ShiftChanged):
            self.book.put_shift(event.data)

    # What is asked

    def get(self, person: str) -> Person:
        """Somebody by id."""
        found = self.book.people.get(person)
        if found is None:
            raise UnknownPersonError("there is nobody of that id")
        return found

    def everyone(self) -> list[Person]:
        """All who are in service, however many."""
        return [person for person in self.book.people.values() if person.active]

    def name_of(self, person: Person) -> str:
        """Their name, opened."""
        return self._secrets.sealer.open(person.sealed_name).decode()

    def name_if_known(self, person_id: str) -> str:
        """Their name; "" for nobody we know, for who was erased, for a name whose key is gone."""
        person = self.book.people.get(person_id)
        if person is None or not person.sealed_name:
            return ""
        try:
            return self.name_of(person)
        except CannotOpenError:
            return ""

    def address_of(self, method: ContactMethod) -> str:
        """The number or address, opened."""
        return self._secrets.sealer.open(method.sealed).decode()

    def by_number(self, number: str) -> list[tuple[Person, ContactMethod]]:
        """Everyone who has this number."""
        try:
            e164 = normalise(number, self.centre.region)
        except InvalidEventError:
            return []
        return list(self.book.by_digest(self.digest_of(e164)))

    def digest_of(self, e164: str) -> str:
        """The keyed hash of a number: what may stand in memory, in logs and in limits."""
        return self.pseudonyms.key_of(e164)[0]

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What hashes numbers."""
        return self._secrets.pseudonyms

    # What happens to them

    async def take_list(
        self, raw: bytes, *, dry_run: bool, remove_missing: bool = False
    ) -> tuple[Listed, Planned]:
        """Import a CSV file; with any problem, or as a dry run, nothing is changed."""
        listed = read_people(raw, self.centre, self._secrets)
        async with self._one_at_a_time:
            planned = plan_import(
                listed.people,
                self.book.people,
                self._secrets.sealer,
                remove_missing=remove_missing and not listed.problems,
            )
            if not dry_run and not listed.problems:
                await self._write(planned.changed, "imported")
        return listed, planned

    async def take_centre_list(self, centre_file: Path) -> None:
        """The list that the centre file names, as at every start. A list with faults is left out.

        Everyone who was known stays known: a spoilt file must not silence a call-out.
        """
        if not self.centre.people.file:
            return
        file = centre_file.parent / self.centre.people.file
        try:
            raw = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            log.warning("the list of people cannot be read", extra={"error": error.strerror})
            return
        listed, planned = await self.take_list(raw, dry_run=False)
        for problem in listed.problems[:20]:
            log.warning("the list of people is wrong", extra={"detail": str(problem)})
        counts = {"new": len(planned.new), "updated": len(planned.updated)}
        log.info("people listed", extra={**counts, "problems": len(listed.problems)})

    async def verified(self, person: str, method: str) -> Person:
        """A method was proved to be theirs."""
        return await self._change(
            person, "verified", lambda who: persons.verified(who, method, self._now())
        )

    async def reached(self, person: str, method: str, at: datetime) -> Person:
        """Something reached them, or came from them, by this method."""
        return await self._change(person, "reached", lambda who: persons.reached(who, method, at))

    async def opt(self, person: str, method: str, *, out: bool) -> Person:
        """Their carrier delivers nothing any more, or does again."""
        change = "opted_out" if out else "opted_in"
        return await self._change(
            person, change, lambda who: persons.opted_out(who, method, out=out)
        )

    async def set_standing(self, person: str, standing: Standing) -> Person:
        """How soon they could come, as they say themselves."""
        now = self._now()
        return await self._change(
            person, "standing_set", lambda who: _with(who, standing=standing, standing_since=now)
        )

    async def set_leave(self, person: str, leave: Iterable[Span]) -> Person:
        """When they are away, all of it."""
        spans = tuple(sorted(leave, key=lambda span: span.starts_at))
        return await self._change(person, "leave_set", lambda who: _with(who, leave=spans))

    async def set_feed(self, person: str, digest: str) -> Person:
        """Their calendar's secret address; "" revokes it."""
        change = "feed_made" if digest else "feed_revoked"
        return await self._change(person, change, lambda who: _with(who, feed_digest=digest))

    async def put_shifts(self, shifts: Iterable[Shift]) -> None:
        """Shifts as they are now: planned, overridden, swapped, taken as a seat."""
        changed = [shift for shift in shifts if self.book.shifts.get(shift.id) != shift]
        async with self._one_at_a_time:
            if changed:
                await self._append([self._shift_record(shift) for shift in changed])
            for shift in changed:
                self.book.put_shift(shift)

    async def forget(self, person: str) -> None:
        """Erase somebody: from memory now, from the log when it is next compacted."""
        self.get(person)
        own = [shift.id for shift in self.book.shifts.values() if shift.person == person]
        keys = [f"{PERSON}{person}", *(f"{SHIFT}{shift}" for shift in own)]
        async with self._one_at_a_time:
            await self._append([_outgoing(key, None) for key in keys])
            for key in keys:
                self.book.drop(key)

    async def forget_retired(self, before: datetime) -> list[str]:
        """Erase everyone who was put out of service, and not touched since, before a moment."""
        least = int(before.timestamp() * 1000)
        retired = [
            person.id
            for person in self.book.people.values()
            if not person.active and self._touched.get(f"{PERSON}{person.id}", least) < least
        ]
        for person in retired:
            await self.forget(person)
        return retired

    async def reseal(self) -> Sealed:
        """Seal every name and address with the key that seals now, and hash every number anew."""
        async with self._one_at_a_time:
            known = list(self.book.people.values())
            found = [resealed(person, self._secrets) for person in known]
            await self._write([person for person in found if person is not None], "resealed")
            return sealed_with(
                self.book.people.values(),
                resealed=sum(person is not None for person in found),
                sealer=self._secrets.sealer,
            )

    async def _change(self, person: str, change: str, how: Callable[[Person], Person]) -> Person:
        async with self._one_at_a_time:
            before = self.get(person)
            after = how(before)
            if after != before:
                await self._write([after], change)
            return after

    async def _write(self, people: Sequence[Person], change: str) -> None:
        if people:
            await self._append([self._record(person, change) for person in people])
        for person in people:
            self.book.put(person)

    def _record(self, person: Person, change: str) -> Outgoing:
        event = PersonChanged(
            id=str(uuid.uuid4()),
            source=SOURCE,
            subject=person.id,
            time=self._now(),
            change=change,
            data=person,
        )
        return _outgoing(f"{PERSON}{person.id}", encode(event))

    def _shift_record(self, shift: Shift) -> Outgoing:
        event = ShiftChanged(
            id=str(uuid.uuid4()),
            source=SOURCE,
            subject=shift.person or shift.id,
            time=self._now(),
            data=shift,
        )
        return _outgoing(f"{SHIFT}{shift.id}", encode(event))


def _with(person: Person, **changes: Any) -> Person:
    after: Person = msgspec.structs.replace(person, **changes)
    if after == person:
        return person
    return msgspec.structs.replace(after, version=person.version + 1)


def _outgoing(key: str, value: bytes | None) -> Outgoing:
    return Outgoing(
        topic=PEOPLE, value=value, key=key.encode(), partition=partition_of(key, PEOPLE)
    )
