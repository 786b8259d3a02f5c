"""How many seats are staffed, and how many would be needed?"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import structs

from services.boards.snapshot import PoolSeats, Seats, SeatsAhead
from streams.domain.staffing.staffing import ALL_POOLS
from streams.events.agents import STAFFED, AgentStateData
from streams.events.surges import SeatsData


class Desks:
    """The latest plan of every pool, and the latest state of every counselor."""

    def __init__(self, pools: Iterable[str]) -> None:
        self._pools = tuple(pools)
        self._plans: dict[str, SeatsData] = {}
        self._agents: dict[str, tuple[datetime, AgentStateData]] = {}

    def plan(self, data: SeatsData) -> None:
        """Take a pool's plan; `all` is the centre's."""
        self._plans[data.pool] = data

    def agent(self, data: AgentStateData, at: datetime) -> bool:
        """Take a counselor's state; true when they have just taken a seat."""
        known = self._agents.get(data.agent)
        if known is not None and known[0] > at:
            return False
        self._agents[data.agent] = at, data
        was_staffed = known is not None and known[1].state in STAFFED
        return data.state in STAFFED and not was_staffed

    def states(self) -> Counter[tuple[str, str]]:
        """Counselors by (pool, state)."""
        return Counter((agent.pool, agent.state) for _, agent in self._agents.values())

    def whole(self) -> SeatsData | None:
        """The centre's plan with the people who are seated now; None while none was heard."""
        plan = self._plans.get(ALL_POOLS)
        if plan is None:
            return None
        states = self.states()
        staffed = sum(people for (_, state), people in states.items() if state in STAFFED)
        return structs.replace(plan, staffed=staffed)

    def seats(self) -> Seats:
        """The whole centre, and each of its pools."""
        states = self.states()
        unlisted = {pool for pool, _ in states} - set(self._pools)
        pools = tuple(self._pool(name, states) for name in [*self._pools, *sorted(unlisted)])
        staffed = sum(pool.staffed for pool in pools)
        plan = self._plans.get(ALL_POOLS)
        return Seats(
            staffed=staffed,
            available=sum(pool.available for pool in pools),
            needed=plan.needed if plan else None,
            needed_low=plan.needed_low if plan else None,
            needed_high=plan.needed_high if plan else None,
            short=max(0, plan.needed - staffed) if plan else 0,
            reason=plan.reason if plan else "",
            pools=pools,
            ahead=_ahead(plan),
            first=plan.first if plan else None,
            release=plan.release if plan else 0,
            handle_seconds=plan.handle_seconds if plan else None,
            patience_seconds=plan.patience_seconds if plan else None,
        )

    def _pool(self, name: str, states: Counter[tuple[str, str]]) -> PoolSeats:
        plan = self._plans.get(name)
        return PoolSeats(
            pool=name,
            staffed=sum(states[name, state] for state in STAFFED),
            available=states[name, "available"],
            needed=plan.needed if plan else None,
            needed_low=plan.needed_low if plan else None,
            needed_high=plan.needed_high if plan else None,
            release=plan.release if plan else 0,
        )


def _ahead(plan: SeatsData | None) -> tuple[SeatsAhead, ...]:
    return tuple(
        SeatsAhead(minutes=minutes, needed=needed, needed_high=high)
        for minutes, needed, high in (plan.horizon if plan else ())
    )
