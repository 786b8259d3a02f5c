"""How do the simulated counselors work the callback list?

As people at real desks would, over the callbacks service's API: ask for the next callback, order
the dial, report what came of it. What one counselor says is said in order, and again until it is
heard.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx

from load.phone.lease import REPORTS, Lease
from load.phone.settings import PhoneSettings
from load.sim.hall import Hall
from load.sim.reports import Dial

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 2.0
ON_HOLD_TRIES: Final = 20
CONFLICT: Final = 409

Step = Callable[[], Awaitable[None]]


class CallbackDesk:
    """All counselors of one hall."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: PhoneSettings,
        hall: Hall,
        catch_up: Callable[[], None],
    ) -> None:
        self._client = client
        self._url = f"{settings.callbacks}/v1/callbacks"
        self._headers = {"Authorization": f"Bearer {settings.counselor_token}"}
        self._hall = hall
        self._catch_up = catch_up
        self._languages = {pool.name: list(pool.languages) for pool in settings.centre.pools}
        self._steps: dict[str, asyncio.Queue[Step]] = {}
        self._leases: dict[str, Lease] = {}
        self._newcomers: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Work for ever; the first error that nothing foresees ends it."""
        async with asyncio.TaskGroup() as counselors:
            while True:
                agent = await self._newcomers.get()
                counselors.create_task(self._work(self._steps[agent]))

    def worth_asking(self) -> bool:
        """Only the list itself knows."""
        return True

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

    def _then(self, agent: str, step: Step) -> None:
        if agent not in self._steps:
            self._steps[agent] = asyncio.Queue()
            self._newcomers.put_nowait(agent)
        self._steps[agent].put_nowait(step)

    async def _work(self, steps: "asyncio.Queue[Step]") -> None:
        while True:
            step = await steps.get()
            await step()

    async def _next(self, agent: str, pool: str) -> None:
        body = {"agent": agent, "languages": self._languages[pool]}
        answer = await self._post("next", body, tries=1)
        found = answer.json()["callback"] if answer is not None and answer.is_success else None
        self._catch_up()
        if found is None:
            self._hall.nothing_to_do(agent)
            return
        lease = Lease(found["id"], agent, found["epoch"], found["token"])
        self._leases[lease.callback] = lease
        self._hall.work(agent)
        if not await self._order_dial(lease):
            self._leases.pop(lease.callback, None)
            self._catch_up()
            self._hall.no_dial_comes(agent)

    async def _order_dial(self, lease: Lease) -> bool:
        for _ in range(ON_HOLD_TRIES):
            answer = await self._post(f"{lease.callback}/dial", lease.claim())
            if answer is None or answer.is_success:
                return answer is not None
            if answer.status_code != CONFLICT or _reason(answer) != "on_hold":
                return False
            # The caller is being taken off hold at this moment.
            await asyncio.sleep(PAUSE_SECONDS)
        return False

    async def _report(self, lease: Lease, what: str, fields: dict[str, str]) -> None:
        answer = await self._post(f"{lease.callback}/{what}", {**lease.claim(), **fields})
        if answer is not None and not answer.is_success:
            # Closed meanwhile, or gone to someone else: the platform knows better than the desk.
            log.info("report not taken", extra={"what": what, "reason": _reason(answer)})

    async def _post(
        self, path: str, body: dict[str, Any], tries: int | None = None
    ) -> httpx.Response | None:
        """The answer, tried again while there is none; None when the tries are used up."""
        pause = PAUSE_SECONDS
        while tries is None or tries > 0:
            try:
                answer = await self._client.post(
                    f"{self._url}/{path}", json=body, headers=self._headers
                )
                if answer.status_code < 500:  # noqa: PLR2004
                    return answer
            except httpx.HTTPError as error:
                log.info("callbacks did not answer", extra={"error": type(error).__name__})
            if tries is not None:
                tries -= 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return None


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["reason"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
