"""How badly does the scripted provider behave, and how do its people answer?

Every chance is drawn from the seed and from what is being decided, never from the order in which
things happen to come: the same script does the same to the same message on every run.
"""

import random
from typing import Any, Literal

import msgspec

from streams.errors import WrongSettingError

Deed = Literal["accept", "refuse", "fail", "lie", "lose", "hold"]


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares from 0 to 1 of what one account does wrong.

    `refuse` asks to wait (429), `fail` answers 500 and sends nothing; `lie` answers 500 and sends
    all the same; `lose` sends, and the answer breaks off; `hold` sends, and answers only after
    `hold_seconds`. Receipts are repeated, swapped with the next one, or never sent; of what people
    write some is only on the list (`drop_inbound`); a share of the messages reaches nobody.
    """

    refuse: float = 0.0
    fail: float = 0.0
    lie: float = 0.0
    lose: float = 0.0
    hold: float = 0.0
    hold_seconds: float = 8.0
    repeat_receipt: float = 0.0
    swap_receipts: float = 0.0
    drop_receipt: float = 0.0
    drop_inbound: float = 0.0
    undelivered: float = 0.0
    deliver_seconds: float = 2.0


class Brownout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a while, one account behaves otherwise. Seconds since the provider was started."""

    account: str
    from_second: float
    until_second: float
    faults: Faults


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people answer on one channel: how many, how soon (lognormal), and how many say yes."""

    answers: float = 0.41
    median_seconds: float = 360.0
    sigma: float = 0.9
    yes: float = 0.85
    later: float = 0.05


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything. `speed` makes people and deliveries faster, as a demonstration does."""

    seed: int = 1
    speed: float = 1.0
    faults: Faults = Faults()
    accounts: dict[str, Faults] = {}
    brownouts: tuple[Brownout, ...] = ()
    sms: Manner = Manner(answers=0.16, median_seconds=600.0)
    voice: Manner = Manner(answers=0.41, median_seconds=20.0)
    push: Manner = Manner(answers=0.25, median_seconds=480.0)
    by_link: float = 0.5
    voicemail: float = 0.3

    def faults_of(self, account: str, second: float) -> Faults:
        """What an account does wrong at a time."""
        for brownout in self.brownouts:
            now = brownout.from_second <= second < brownout.until_second
            if now and brownout.account == account:
                return brownout.faults
        return self.accounts.get(account, self.faults)

    def chance(self, *about: object) -> random.Random:
        """The dice for one decision."""
        return random.Random("\x1f".join(str(part) for part in (self.seed, *about)))


def deed_of(faults: Faults, dice: random.Random) -> Deed:
    """What happens to a request."""
    place = dice.random()
    for deed in ("refuse", "fail", "lie", "lose", "hold"):
        place -= getattr(faults, deed)
        if place < 0:
            return deed
    return "accept"


def read_script(raw: bytes | dict[str, Any]) -> Script:
    """From JSON, or from a table already read; `WrongSettingError` names the field."""
    try:
        if isinstance(raw, bytes):
            return msgspec.json.decode(raw or b"{}", type=Script)
        return msgspec.convert(raw, Script)
    except msgspec.MsgspecError as error:
        raise WrongSettingError(f"the provider's script cannot be used: {error}") from None
