"""Does the strict driver commit what was finished, and nothing else, on the Faust we have?"""

import hashlib
import inspect
from collections.abc import AsyncIterator
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.processors.app import build_app
from streams.processors.driver import OVERRIDDEN, OneOwner
from streams.settings import Connections
from streams.topics import CONTACTS

KNOWN = "474a6428b1b805eb81e0d04f791e72fa2bad509a5c99f04702fb74c43073b8c6"
HERE = TP("contacts", 3)


async def nobody(_: Any) -> None:
    """No record comes in these tests."""


@pytest.fixture
async def consumer() -> AsyncIterator[Any]:
    app = build_app(Connections(), "tally", CONTACTS, nobody, one_owner=False)
    made = app.consumer
    made.app.topics._acking_topics.add("contacts")
    yield made
    made._thread.thread_loop.close()


class Delivered:
    """As much of a message as the consumer looks at; it can be referred to weakly."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.tp = HERE
        self.topic = "contacts"
        self.acked = False


async def test_acknowledging_a_message_moves_no_offset(consumer: Any) -> None:
    for offset in (5, 6, 8):
        consumer.ack(Delivered(offset))
    assert consumer._filter_committable_offsets([HERE]) == {}


async def test_only_what_was_declared_finished_is_committed(consumer: Any) -> None:
    consumer.finish(HERE, 6)
    for offset in (6, 7, 8):
        consumer.ack(Delivered(offset))
    assert consumer._filter_committable_offsets([HERE]) == {HERE: 6}


async def test_a_commit_never_goes_back(consumer: Any) -> None:
    consumer._committed_offset[HERE] = 9
    consumer.finish(HERE, 6)
    assert consumer._filter_committable_offsets([HERE]) == {}


async def test_a_message_that_was_let_go_holds_up_no_rebalance(consumer: Any) -> None:
    waiting = Delivered(1)
    consumer._unacked_messages.add(waiting)
    assert consumer.ack(waiting)
    assert list(consumer._unacked_messages) == []
    assert not consumer.ack(waiting)


def test_one_member_owns_everything_and_the_others_stand_by() -> None:
    cluster = SimpleNamespace(partitions_for_topic=lambda _: {0, 1, 2})
    members = {name: OneOwner.metadata(["pulses"]) for name in ("b", "a", "c")}
    shares = OneOwner.assign(cluster, members)
    owned = {name: [tuple(tp) for tp in share.partitions()] for name, share in shares.items()}
    assert owned == {"a": [("pulses", 0), ("pulses", 1), ("pulses", 2)], "b": [], "c": []}


def test_what_is_overridden_or_relied_upon_is_what_it_was() -> None:
    """An upgrade of Faust fails here first: read the diff of these functions, then the driver."""
    assert version("faust-streaming") == "0.15.3"
    sources = "".join(inspect.getsource(function) for function in OVERRIDDEN)
    assert hashlib.sha256(sources.encode()).hexdigest() == KNOWN
