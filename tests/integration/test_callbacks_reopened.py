"""A process that died between list and log: does the next one begin with the whole list in view?"""

import asyncio
from datetime import UTC, datetime, timedelta

from services.adapters.memory import MemoryPhone
from services.auth import Tokens
from services.callbacks.running import Running
from services.callbacks.settings import Settings
from services.callbacks.worklist import Worklist
from services.ports import DialOrder
from services.sealing import Sealer
from streams.domain.callbacks.book import CallbackBook
from streams.domain.callbacks.lease import Claim
from streams.domain.callbacks.switches import ALL_ON
from streams.domain.centre import OverflowPolicy
from streams.events.callbacks import CallbackData, CallbackWanted
from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.stack import SecretsEnv


def dialled(book: CallbackBook, wish: CallbackWanted, agent: str, now: datetime) -> CallbackData:
    """The callback of this wish, given to an agent who ordered the dial."""
    wanted = book.wanted(wish, now)
    assert wanted is not None
    leased = book.lease(wanted.id, agent, now)
    return book.start_dial(leased.id, Claim(agent=agent, epoch=1, token=leased.token), now)


async def left_behind(
    connections: Connections, sealed: str, now: datetime
) -> tuple[CallbackData, CallbackData]:
    """Two callbacks of one caller: the first closed while it rang; of the second, the order to dial
    is in the outbox and not on the log.
    """
    book = CallbackBook(OverflowPolicy())
    worklist = Worklist(connections.redis, connections.prefix)
    await worklist.open()
    await worklist.clear()
    await worklist.restore(1, [], {}, {}, ALL_ON)
    await worklist.use(1)
    wish = help_.wanted("c1", 1, now - timedelta(minutes=3), sealed=sealed)
    first = dialled(book, wish, "kim", now - timedelta(minutes=2))
    book.served(help_.served("c1", 1, now - timedelta(minutes=1)), now - timedelta(minutes=1))
    [posted] = await worklist.commit([(None, book.take_changes())], {})
    await worklist.drop_posted([one.id for one in posted])
    second = dialled(book, help_.wanted("c2", 1, now, sealed=sealed), "lee", now)
    await worklist.commit([(None, book.take_changes())], {})
    await worklist.close()
    return first, second


async def test_a_dial_left_unsent_waits_for_the_one_that_still_rings_the_same_person(
    connections: Connections, secrets_env: SecretsEnv
) -> None:
    sealed = help_.sealed_number(secrets_env, 1)
    first, second = await left_behind(connections, sealed, datetime.now(UTC))
    phone = MemoryPhone()
    talking, unsent = first.attempts[0].id, second.attempts[0].id
    number = help_.number_of(1)
    await phone.dial(
        DialOrder(dial=talking, callback=first.id, token=first.token, agent="kim", number=number)
    )
    phone.pick_up(talking)
    settings = Settings(
        connections=connections, tokens=Tokens(None), sealer=Sealer.from_env(secrets_env)
    )
    running = Running(settings, phone)
    running.start()

    async def served() -> bool:
        return not running.why_not()

    async def rung() -> bool:
        return unsent in phone.dials

    await help_.until(served)
    await asyncio.sleep(1.0)
    before = await rung()
    phone.end(talking, "completed")
    await help_.until(rung)
    await running.stop()
    assert (before, phone.most_at_once[second.id]) == (False, 1)
