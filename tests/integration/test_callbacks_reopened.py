"""A process that died between list and log: does the next one begin with the whole list in view?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

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
from streams.events.callbacks import CallbackData
from streams.settings import Connections
from tests.support import callbacks as help_
from tests.support.stack import SecretsEnv

NOW_MINUTES = 1.0


def dialled(book: CallbackBook, state: CallbackData | None, agent: str) -> CallbackData:
    assert state is not None
    leased = book.lease(state.id, agent, help_.at(NOW_MINUTES))
    claim = Claim(agent=agent, epoch=book.epoch, token=leased.token)
    return book.start_dial(leased.id, claim, help_.at(NOW_MINUTES))


@pytest.fixture
async def phone() -> AsyncIterator[MemoryPhone]:
    yield MemoryPhone()


async def test_a_dial_left_unsent_waits_for_the_one_that_still_rings_the_same_person(
    connections: Connections, secrets_env: SecretsEnv, phone: MemoryPhone
) -> None:
    sealed = help_.sealed_number(secrets_env, 1)
    book = CallbackBook(OverflowPolicy())
    worklist = Worklist(connections.redis, connections.prefix)
    await worklist.open()
    await worklist.clear()
    await worklist.restore(1, [], {}, {}, ALL_ON)
    await worklist.use(1)
    # They talk on the first dial when they turn out to be answered live, and then call once more.
    first = dialled(book, book.wanted(help_.wanted("c1", 1, help_.at(0), sealed=sealed), help_.at(0)), "kim")
    book.served(help_.served("c1", 1, help_.at(2)), help_.at(2))
    posted = await worklist.commit([(None, book.take_changes())], {})
    await worklist.drop_posted([one.id for facts in posted for one in facts])
    second = dialled(book, book.wanted(help_.wanted("c2", 1, help_.at(0.5), sealed=sealed), help_.at(3)), "lee")
    await worklist.commit([(None, book.take_changes())], {})
    await worklist.close()
    ringing = first.attempts[0].id
    await phone.dial(
        DialOrder(dial=ringing, callback=first.id, token=1, agent="kim", number=help_.number_of(1))
    )
    phone.pick_up(ringing)
