"""What does the platform say while the play goes on? Its topics and its board, followed live."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from services.cli.play.stage import Stage
from streams.errors import InvalidEventError
from streams.events.callbacks import CallbackChanged
from streams.events.codec import Event, decode
from streams.events.surges import SeatsNeeded, SurgeCleared, SurgeDeclared, SurgeRevised
from streams.kafka import follow
from streams.topics import CALLBACKS, SEATS, SURGES, Topic

BOARD_LOOK_SECONDS = 0.05
BOARD_PATIENCE_SECONDS = 15.0

Teller = Callable[[Event], Awaitable[None]]


@dataclass(slots=True)
class News:
    """What was heard so far, by the facts themselves."""

    declared: list[SurgeDeclared] = field(default_factory=list)
    revised: dict[str, SurgeRevised] = field(default_factory=dict)
    cleared: list[SurgeCleared] = field(default_factory=list)
    seats: dict[str, SeatsNeeded] = field(default_factory=dict)
    callbacks: dict[str, CallbackChanged] = field(default_factory=dict)
    declared_wall: dict[str, datetime] = field(default_factory=dict)
    shown_after: dict[str, float] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Keep the latest of each thing."""
        if isinstance(event, SurgeDeclared):
            self.declared.append(event)
        elif isinstance(event, SurgeRevised):
            self.revised[event.data.episode] = event
        elif isinstance(event, SurgeCleared):
            self.cleared.append(event)
        elif isinstance(event, SeatsNeeded):
            self.seats[event.data.pool] = event
        elif isinstance(event, CallbackChanged):
            self.callbacks[event.data.id] = event

    def callback_states(self) -> Counter[str]:
        """Callbacks by state; closed ones by their outcome."""
        return Counter(
            changed.data.outcome or changed.data.state for changed in self.callbacks.values()
        )

    def open_callbacks(self) -> list[CallbackChanged]:
        """Promises that still stand."""
        return [one for one in self.callbacks.values() if one.data.state != "closed"]


class Reporter:
    """Follows the topics and the board, keeps the news, and tells each piece to a teller."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient) -> None:
        self.news = News()
        self._stage = stage
        self._client = client
        self._looks: set[asyncio.Task[None]] = set()

    async def run(self, tell: Teller) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as topics:
            for topic in (SURGES, SEATS, CALLBACKS):
                topics.create_task(self._follow(topic, tell))

    async def _follow(self, topic: Topic, tell: Teller) -> None:
        async for record in follow(self._stage.platform.connections, topic):
            try:
                event = decode(record.value or b"")
            except InvalidEventError:
                continue
            self.news.take(event)
            if isinstance(event, SurgeDeclared):
                written = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
                self.news.declared_wall[event.data.episode] = written
                self._watch_board(event.data.episode, written)
            await tell(event)

    def _watch_board(self, episode: str, written: datetime) -> None:
        look = asyncio.create_task(self._until_shown(episode, written))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _until_shown(self, episode: str, written: datetime) -> None:
        deadline = asyncio.get_running_loop().time() + BOARD_PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            board = await look_at_board(self._stage, self._client)
            if any(level["episode"] == episode for level in board.get("levels", [])):
                shown = (datetime.now(UTC) - written).total_seconds()
                self.news.shown_after[episode] = shown
                return
            await asyncio.sleep(BOARD_LOOK_SECONDS)


async def look_at_board(stage: Stage, client: httpx.AsyncClient) -> dict[str, Any]:
    """The board's numbers as any viewer gets them; empty while it cannot be had."""
    platform = stage.platform
    try:
        answer = await client.get(
            f"{platform.urls['boards']}/v1/board.json",
            headers={"Authorization": f"Bearer {platform.tokens['viewer']}"},
        )
        board: dict[str, Any] = answer.json() if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        return {}
    return board
