"""What do the simulated people do when their telephone rings or shows a message?

As the answer-rate studies say: most do nothing, some answer late, a few say no. Whoever has
answered once leaves further messages alone, as people do.
"""

import asyncio
import math
import re
from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal
from xml.etree import ElementTree as ET

from load.provider.company import Company, Item
from load.provider.courier import Courier
from load.provider.ledger import Ledger
from load.provider.script import Faults, Manner, Script

Said = Literal["accept", "decline", "later"]
DIGITS: Final[dict[Said, str]] = {"accept": "1", "decline": "2", "later": "3"}
_REFERENCE: Final = re.compile(r"(?:Ref|번호)\W{0,2}(\d{2,4})")
_LINK: Final = re.compile(r"http://\S+/a/[A-Za-z0-9_-]{22}")
LONGEST_DELAY_SECONDS: Final = 7200.0


class Crowd:
    """Everyone who has a telephone here."""

    def __init__(
        self,
        script: Script,
        courier: Courier,
        ledger: Ledger,
        platform: str,
        *,
        company: Company,
        faults: Callable[[str], Faults],
    ) -> None:
        self.script = script
        self._courier = courier
        self._ledger = ledger
        self._company = company
        self._faults = faults
        self._inbound = f"{platform}/v1/inbound"
        self._answered: set[tuple[str, str]] = set()
        self._coming: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Nobody answers any more."""
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)

    def gets(self, item: Item) -> None:
        """A message is on somebody's telephone."""
        said = self._decision(item.to, self.script.sms, "sms")
        reference = _reference(item.body)
        if said is None or not reference or (item.to, reference) in self._answered:
            return
        delay = self._delay(item.to, self.script.sms)
        self._later(delay, self._writes(item, said, reference))

    async def picks_up(self, item: Item) -> bool:
        """A telephone rings; true when somebody, or a machine, takes the call."""
        said = self._decision(item.to, self.script.voice, "voice")
        if said is not None:
            menu = await self._courier.post(item.menu_url, self._call_form(item))
            await self._presses(item, said, menu.text if menu is not None else "")
            return True
        if self.script.chance("voicemail", item.to).random() < self.script.voicemail:
            # The machine hears the menu out and presses nothing.
            self._ledger.note("voicemail", item.account)
            await self._courier.post(
                item.menu_url, {**self._call_form(item), "AnsweredBy": "machine_start"}
            )
            return True
        return False

    async def _writes(self, item: Item, said: Said, reference: str) -> None:
        if (item.to, reference) in self._answered:
            return
        self._answered.add((item.to, reference))
        link = _LINK.search(item.body)
        if link and self.script.chance("link", item.to).random() < self.script.by_link:
            self._ledger.note(f"answered_link_{said}")
            await self._courier.look(link[0])
            await self._courier.press(link[0], {"choice": said})
            return
        self._ledger.note(f"answered_sms_{said}", item.account)
        form = {
            "MessageSid": f"SM-in-{self._ledger.person(item.to)}-{reference}",
            "AccountSid": item.account,
            "From": item.to,
            "To": item.sender,
            "Body": f"{DIGITS[said]} {reference}",
        }
        # On the list first: whether we are told of it or not, it can be looked up.
        self._company.got(item.account, form)
        dice = self.script.chance("inbound", item.to, reference)
        if dice.random() < self._faults(item.account).drop_inbound:
            self._ledger.note("inbound_dropped", item.account)
            return
        account = item.account.removeprefix("AC")
        await self._courier.post(f"{self._inbound}/{account}", form)

    async def _presses(self, item: Item, said: Said, menu: str) -> None:
        action = _gather(menu)
        if not action:
            return
        self._ledger.note(f"answered_voice_{said}", item.account)
        form = {**self._call_form(item), "Digits": DIGITS[said]}
        await self._courier.post(action, form)

    def _call_form(self, item: Item) -> dict[str, str]:
        return {
            "CallSid": item.sid,
            "AccountSid": item.account,
            "From": item.sender,
            "To": item.to,
            "CallStatus": "in-progress",
        }

    def _decision(self, number: str, manner: Manner, channel: str) -> Said | None:
        dice = self.script.chance("decision", channel, number)
        if dice.random() >= manner.answers:
            return None
        place = dice.random()
        if place < manner.yes:
            return "accept"
        return "later" if place < manner.yes + manner.later else "decline"

    def _delay(self, number: str, manner: Manner) -> float:
        dice = self.script.chance("delay", number)
        seconds = manner.median_seconds * math.exp(dice.gauss(0.0, manner.sigma))
        return min(seconds, LONGEST_DELAY_SECONDS) / self.script.speed

    def _later(self, seconds: float, deed: Coroutine[Any, Any, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await deed

        def done(task: "asyncio.Task[None]") -> None:
            self._coming.discard(task)
            # What was never begun is put away, so that nobody waits for it.
            deed.close()

        task = asyncio.create_task(wait())
        self._coming.add(task)
        task.add_done_callback(done)


def _reference(text: str) -> str:
    match = _REFERENCE.search(text)
    return match[1] if match else ""


def _gather(menu: str) -> str:
    try:
        # What the platform itself wrote, on this machine.
        gather = ET.fromstring(menu).find("Gather")  # noqa: S314
    except ET.ParseError:
        return ""
    return gather.get("action", "") if gather is not None else ""
