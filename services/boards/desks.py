"""How many seats are staffed, and how many would be needed?"""

from collections import Counter
from collections.abc import Iterable

from services.boards.snapshot import PoolSeats, Seats
from streams.events.agents import STAFFED, AgentStateData
from streams.events.surges import SeatsData


class Desks:
    """The latest plan of every pool, and the latest state of every counselor."""

    def __init__(self, pools: Iterable[str]) -> None:
        self._pools = tuple(pools)
        self._plans: dict[str, SeatsData] = {}
        self._agents: dict[str, AgentStateData] = {}

    def plan(self, data: SeatsData) -> SeatsData | None:
        """Take a pool's plan; what it was before."""
        before = self._plans.get(data.pool)
        self._plans[data.pool] = data
        return before

    def agent(self, data: AgentStateData) -> tuple[bool, bool]:
        """Take a counselor's state: (was staffed, is staffed)."""
        before = self._agents.get(data.agent)
        self._agents[data.agent] = data
        return bool(before and before.state in STAFFED), data.state in STAFFED

    def states(self) -> Counter[tuple[str, str]]:
        """Counselors by (pool, state)."""
        return Counter((agent.pool, agent.state) for agent in self._agents.values())

    def seats(self) -> Seats:
        """Every pool that has people or a plan, and all of them together."""
        states = self.states()
        names = [*self._pools, *sorted(self._unlisted(states))]
        pools = tuple(self._pool(name, states) for name in names)
        needed = _sum(pool.needed for pool in pools)
        staffed = sum(pool.staffed for pool in pools)
        return Seats(
            staffed=staffed,
            available=sum(pool.available for pool in pools),
            needed=needed,
            needed_low=_sum(pool.needed_low for pool in pools),
            needed_high=_sum(pool.needed_high for pool in pools),
            short=max(0, (needed or 0) - staffed),
            pools=pools,
        )

    def _unlisted(self, states: Counter[tuple[str, str]]) -> set[str]:
        heard = {pool for pool, _ in states} | self._plans.keys()
        return heard - set(self._pools)

    def _pool(self, name: str, states: Counter[tuple[str, str]]) -> PoolSeats:
        plan = self._plans.get(name)
        return PoolSeats(
            pool=name,
            staffed=sum(states[name, state] for state in STAFFED),
            available=states[name, "available"],
            needed=plan.needed if plan else None,
            needed_low=plan.needed_low if plan else None,
            needed_high=plan.needed_high if plan else None,
        )


def _sum(parts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
