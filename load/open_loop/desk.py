"""How do the counselors of the floor work the callback list, over the callbacks service's API?

A closed loop: each asks for the next callback, orders the dial, reports what came of it, and says
the next thing only when the one before was heard.
"""

from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent.queue import Queue

from load.open_loop.client import Answer, Client
from load.phone.lease import REPORTS, Lease
from load.sim.hall import Hall
from load.sim.reports import Dial
from streams.domain.centre import Centre

PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 2.0
ON_HOLD_TRIES: Final = 20
CONFLICT: Final = 409

Step = Callable[[], None]
Ask = Callable[[str, Callable[[], Answer]], Answer]


class CallbackDesk:
    """All counselors of one floor. `measured` carries a request out and notes how long it took."""

    def __init__(
        self,
        client: Client,
        hall: Hall,
        centre: Centre,
        catch_up: Callable[[], None],
        measured: Ask,
    ) -> None:
        self.closed = False
        self._client = client
        self._hall = hall
        self._catch_up = catch_up
        self._measured = measured
        self._languages = {pool.name: list(pool.languages) for pool in centre.pools}
        self._steps: dict[str, Queue] = {}
        self._counselors: list[gevent.Greenlet] = []
        self._leases: dict[str, Lease] = {}

    def worth_asking(self) -> bool:
        """Only the list itself knows; once closed, nobody asks."""
        return not self.closed

    def ask(self, agent: str, pool: str) -> None:
        """A free counselor asks for the next callback."""
        self._then(agent, lambda: self._next(agent, pool))

    def dial(self, dial: Dial) -> None:
        """A dial that a counselor hears on their own phone moved on."""
        lease = self._leases.get(dial.callback)
        if lease is None or lease.agent != dial.agent:
            return
        if dial.state == "connected":
            self._then(dial.agent, lambda: self._report(lease, "connected", {}))
        elif dial.state == "ended":
            del self._leases[dial.callback]
            report = REPORTS.get(dial.outcome or "")
            if report is not None:
                what, fields = report
                self._then(dial.agent, lambda: self._report(lease, what, fields))

    def unsaid(self) -> int:
        """Steps that counselors have not finished."""
        return sum(len(steps) for steps in self._steps.values())

    def stop(self) -> None:
        """Everybody goes home."""
        gevent.killall(self._counselors)

    def _then(self, agent: str, step: Step) -> None:
        if agent not in self._steps:
            self._steps[agent] = Queue()
            self._counselors.append(gevent.spawn(self._work, self._steps[agent]))
        self._steps[agent].put(step)

    def _work(self, steps: Any) -> None:
        while True:
            # It stays in the queue until it is done, so that `unsaid` counts it.
            step = steps.peek()
            step()
            steps.get()

    def _next(self, agent: str, pool: str) -> None:
        answer = self._ask("next", {"agent": agent, "languages": self._languages[pool]})
        found = answer.json()["callback"] if answer.is_success else None
        self._catch_up()
        if found is None:
            self._hall.nothing_to_do(agent)
            return
        lease = Lease(found["id"], agent, found["epoch"], found["token"])
        self._leases[lease.callback] = lease
        self._hall.work(agent)
        if not self._order_dial(lease):
            self._leases.pop(lease.callback, None)
            self._catch_up()
            self._hall.no_dial_comes(agent)

    def _order_dial(self, lease: Lease) -> bool:
        for _ in range(ON_HOLD_TRIES):
            answer = self._until_answered(f"{lease.callback}/dial", "dial", lease.claim())
            if answer.status != CONFLICT or answer.reason() != "on_hold":
                return answer.is_success
            # The caller is being taken off hold at this moment.
            gevent.sleep(PAUSE_SECONDS)
        return False

    def _report(self, lease: Lease, what: str, fields: dict[str, str]) -> None:
        # A refusal needs no answer: closed meanwhile, or gone to someone else, and the platform
        # knows better than the desk.
        self._until_answered(f"{lease.callback}/{what}", what, {**lease.claim(), **fields})

    def _until_answered(self, path: str, name: str, body: dict[str, Any]) -> Answer:
        pause = PAUSE_SECONDS
        while True:
            answer = self._ask(path, body, name)
            if 0 < answer.status < 500:  # noqa: PLR2004
                return answer
            gevent.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _ask(self, path: str, body: dict[str, Any], name: str = "next") -> Answer:
        return self._measured(
            f"callbacks: {name}", lambda: self._client.post(f"/v1/callbacks/{path}", body)
        )
