"""What does the centre file say about people: where they are listed, what rest they are owed?"""

from dataclasses import dataclass, field

from streams.domain.people.eligible import Rules
from streams.events.people import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePolicy:
    """`file` lists them, beside the centre file ("" when there is none).

    `profile` is the law for whoever's own line names none. `pools` are people who answer no queue
    of their own and are called out to help: an agency's reserve, a ministry's other floors.
    """

    file: str = ""
    pools: tuple[str, ...] = ()
    profile: Profile = "none"
    rules: Rules = field(default_factory=Rules)
