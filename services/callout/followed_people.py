"""Who can be called out and when do they work, as the topic `people` says it now?"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from aiokafka.errors import KafkaError

from services.callout.people.people import People
from streams.domain.people.eligible import Rules
from streams.domain.people.roster import Roster
from streams.events.people import ContactMethod, Person
from streams.kafka import follow
from streams.settings import Connections
from streams.topics import PEOPLE

log = logging.getLogger(__name__)


class FollowedPeople:
    """A `Directory`: the people of this process, kept as the log has them."""

    def __init__(self, connections: Connections, people: People) -> None:
        self.people = people
        self._connections = connections
        self._task: asyncio.Task[None] | None = None

    @property
    def roster(self) -> Roster:
        """Every shift as it holds."""
        return self.people.book.roster

    @property
    def rules(self) -> Rules:
        """What the centre insists on."""
        return self.people.centre.people.rules

    def everyone(self) -> Iterable[Person]:
        """All of them, also those out of service, so that a preview can say so."""
        return self.people.book.people.values()

    def person(self, person_id: str) -> Person | None:
        """One of them."""
        return self.people.book.people.get(person_id)

    def address(self, method: ContactMethod) -> str:
        """The number or address, for sending to."""
        return self.people.address_of(method)

    def name(self, person: Person) -> str:
        """What a manager calls them."""
        return self.people.name_of(person)

    async def start(self) -> None:
        """Return once everything on the log is known; then keep following."""
        caught_up = asyncio.Event()
        self._task = asyncio.create_task(self._keep_following(caught_up.set))
        await caught_up.wait()

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _keep_following(self, caught_up: Callable[[], None]) -> None:
        while True:
            try:
                async for record in follow(self._connections, PEOPLE, on_caught_up=caught_up):
                    self.people.read(record)
            except (KafkaError, OSError) as error:
                log.warning("people followed anew", extra={"error": type(error).__name__})
                await asyncio.sleep(1)
