"""Who is at the phones, and who of them is free?"""

from dataclasses import dataclass

from load.sim.agenda import Entry
from streams.domain.centre import Centre, Pool
from streams.events.agents import STAFFED, AgentState


@dataclass(slots=True, eq=False)
class Counselor:
    """One person at a desk. `state` is the wire's word; `asking` waits for the worklist."""

    id: str
    pool: Pool
    state: AgentState = "offline"
    changes: int = 0
    asking: bool = False
    leaving: bool = False
    dial: str | None = None
    next_step: Entry | None = None

    def then(self, entry: Entry | None) -> None:
        """What they will do next unless something comes first; replaces what was planned."""
        if self.next_step is not None:
            self.next_step.call_off()
        self.next_step = entry


class Roster:
    """Every counselor of the centre, and the free ones in the order they became free."""

    def __init__(self, centre: Centre) -> None:
        self.counselors: dict[str, Counselor] = {}
        # Tells the counselors of several rosters of one centre apart.
        self.mark = ""
        self._free: dict[str, dict[str, Counselor]] = {pool.name: {} for pool in centre.pools}
        self._pools = {pool.name: pool for pool in centre.pools}
        # Those who can take least are asked first, so that the versatile stay free.
        order = sorted(centre.pools, key=lambda pool: len(pool.queues))
        self._serving = {
            queue.name: tuple(pool.name for pool in order if queue.name in pool.queues)
            for queue in centre.queues
        }

    def sign_in(self, pool: str) -> Counselor:
        """The next counselor of a pool sits down; more people than seats bring a chair."""
        members = [one for one in self.counselors.values() if one.pool.name == pool]
        for one in members:
            if one.state == "offline":
                one.leaving = False
                return one
        counselor = Counselor(f"{pool}-{self.mark}{len(members) + 1:02d}", self._pools[pool])
        self.counselors[counselor.id] = counselor
        return counselor

    def pools(self) -> list[Pool]:
        """The pools of the centre."""
        return list(self._pools.values())

    def put_free(self, counselor: Counselor) -> None:
        """They can take a call from now on."""
        self._free[counselor.pool.name][counselor.id] = counselor

    def take(self, counselor: Counselor) -> None:
        """They are busy."""
        self._free[counselor.pool.name].pop(counselor.id, None)

    def free_for(self, queue: str) -> Counselor | None:
        """Who takes the next call of this queue: of the first pool, whoever waits longest."""
        for pool in self._serving.get(queue, ()):
            for counselor in self._free[pool].values():
                return counselor
        return None

    def free(self) -> list[Counselor]:
        """Everyone who could take a call now."""
        return [one for members in self._free.values() for one in members.values()]

    def is_free(self, counselor: Counselor) -> bool:
        """Whether they could take a call now."""
        return counselor.id in self._free[counselor.pool.name]

    def free_beside(self, counselor: Counselor) -> int:
        """How many others are free who can take at least one queue of theirs."""
        return sum(
            len(free)
            for pool, free in self._free.items()
            if set(self._pools[pool].queues) & set(counselor.pool.queues)
        ) - (1 if self.is_free(counselor) else 0)

    def on_duty_beside(self, counselor: Counselor) -> int:
        """How many others are at work who can take at least one queue of theirs."""
        return sum(
            one.state in STAFFED and not {*one.pool.queues}.isdisjoint(counselor.pool.queues)
            for one in self.counselors.values()
            if one is not counselor
        )

    def signed_in(self) -> list[Counselor]:
        """Everyone who is not offline."""
        return [one for one in self.counselors.values() if one.state != "offline"]
