"""What becomes of a message or a call that the scripted provider took?

It is delivered after a while, or not; its receipts are told in order, or twice, or crosswise, or
never, as the script says; and whoever gets it may answer.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final

from load.provider.company import Company, Item, Kind
from load.provider.courier import Courier
from load.provider.crowd import Crowd
from load.provider.ledger import Ledger
from load.provider.script import Deed, Faults, Script, deed_of

RING_SECONDS: Final = 6.0


class Exchange:
    """All accounts of one provider process."""

    def __init__(self, script: Script, courier: Courier, platform: str) -> None:
        self.ledger = Ledger()
        self.company = Company()
        self._courier = courier
        self.crowd = Crowd(
            script, courier, self.ledger, platform, company=self.company, faults=self.faults
        )
        self._started = time.monotonic()
        self._asked = 0
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def script(self) -> Script:
        """How it behaves now."""
        return self.crowd.script

    def obey(self, script: Script) -> None:
        """From now on behave like this; brown-outs count from now."""
        self.crowd.script = script
        self._started = time.monotonic()

    async def stop(self) -> None:
        """Nothing more is delivered or told."""
        await self.crowd.stop()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._courier.stop()

    def faults(self, account: str) -> Faults:
        """What an account does wrong now."""
        return self.script.faults_of(account.removeprefix("AC"), time.monotonic() - self._started)

    def asked(self, account: str) -> Deed:
        """Somebody asks for a message: what will be done about it."""
        self._asked += 1
        self.ledger.note("asked", account)
        deed = deed_of(self.faults(account), self.script.chance("deed", account, self._asked))
        self.ledger.note(f"deed_{deed}", account)
        return deed

    def send(self, kind: Kind, account: str, form: dict[str, list[str]]) -> Item:
        """It goes out."""
        item = self.company.take(kind, account, form)
        self.ledger.sent(account, kind.lower(), item.attempt, item.to)
        life = self._message(item) if kind == "Messages" else self._call(item)
        self._spawn(life)
        return item

    async def _message(self, item: Item) -> None:
        faults = self.faults(item.account)
        dice = self.script.chance("message", item.attempt)
        item.status = "sent"
        seconds = dice.expovariate(1.0) * faults.deliver_seconds
        arrives = dice.random() >= faults.undelivered and seconds < item.valid_seconds
        reports = [("sent", 0.1), ("delivered" if arrives else "undelivered", seconds)]
        if dice.random() < faults.swap_receipts:
            reports = [("sent", seconds), ("delivered" if arrives else "undelivered", 0.1)]
        self._spawn(self._reports(item, reports, faults))
        await asyncio.sleep(seconds / self.script.speed)
        item.status = "delivered" if arrives else "undelivered"
        if arrives:
            self.ledger.note("delivered", item.account)
            self.crowd.gets(item)

    async def _call(self, item: Item) -> None:
        faults = self.faults(item.account)
        for status in ("initiated", "ringing"):
            await self._tell(item, status, faults)
        item.status = "ringing"
        await asyncio.sleep(self._ringing(item) / self.script.speed)
        if not await self.crowd.picks_up(item):
            item.status = "no-answer"
            await self._tell(item, "no-answer", faults)
            return
        item.status = "completed"
        self.ledger.note("picked_up", item.account)
        for status in ("in-progress", "completed"):
            await self._tell(item, status, faults)

    def _ringing(self, item: Item) -> float:
        return RING_SECONDS * (0.5 + self.script.chance("ring", item.attempt).random())

    async def _reports(self, item: Item, reports: list[tuple[str, float]], faults: Faults) -> None:
        told = 0.0
        for status, seconds in sorted(reports, key=lambda report: report[1]):
            await asyncio.sleep(max(0.0, seconds - told) / self.script.speed)
            told = seconds
            await self._tell(item, status, faults)

    async def _tell(self, item: Item, status: str, faults: Faults) -> None:
        dice = self.script.chance("receipt", item.attempt, status)
        if not item.status_url or dice.random() < faults.drop_receipt:
            self.ledger.note("receipts_dropped", item.account)
            return
        form = self._receipt(item, status)
        for _ in range(2 if dice.random() < faults.repeat_receipt else 1):
            self.ledger.note("receipts_told", item.account)
            await self._courier.post(item.status_url, form)

    def _receipt(self, item: Item, status: str) -> dict[str, str]:
        item.sequence += 1
        form = {"AccountSid": item.account, "From": item.sender, "To": item.to}
        if item.kind == "Messages":
            return form | {"MessageSid": item.sid, "MessageStatus": status}
        number = str(item.sequence - 1)
        return form | {"CallSid": item.sid, "CallStatus": status, "SequenceNumber": number}

    def _spawn(self, life: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(life)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
