"""Has the feed fallen silent, or is it back? Said once each, also over a restart."""

from collections.abc import Iterable
from datetime import UTC, datetime

from streams.domain.detection import sentences
from streams.domain.detection.keys import Keys
from streams.domain.detection.plan import TOTAL
from streams.events.codec import derived_id
from streams.events.surges import FeedData, FeedResumed, FeedSilent

FeedFact = FeedSilent | FeedResumed

SOURCE = "/surgeline/surge"


class Feed:
    """What was last said of the whole feed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._silent: int | None = None

    def restore(self, facts: Iterable[FeedFact]) -> None:
        """What was said so far, in the order of the log."""
        for fact in facts:
            silent = isinstance(fact, FeedSilent)
            self._silent = int(fact.data.silent_since.timestamp()) if silent else None

    def watch(self, now: datetime) -> list[FeedFact]:
        """What has changed since it was last said."""
        since = self._keys.silence(now)
        if since is None or (self._silent is not None and since != self._silent):
            resumed = self._silent
            self._silent = None
            return [self._resumed(resumed, now)] if resumed is not None else []
        if self._silent is not None:
            return []
        self._silent = since
        return [self._fell_silent(since, now)]

    def _fell_silent(self, since: int, now: datetime) -> FeedSilent:
        begun = datetime.fromtimestamp(since, UTC)
        expected = self._keys.plan.would_be(since, int(now.timestamp()))
        data = FeedData(
            silent_since=begun,
            expected=round(expected, 1),
            sentence=sentences.silence(expected, now - begun),
        )
        id_ = derived_id("feed-silent", since)
        return FeedSilent(id=id_, source=SOURCE, subject=TOTAL, time=now, data=data)

    def _resumed(self, since: int, now: datetime) -> FeedResumed:
        begun = datetime.fromtimestamp(since, UTC)
        back = datetime.fromtimestamp(self._keys.heard - 1, UTC)
        expected = self._keys.plan.would_be(since, self._keys.heard - 1)
        data = FeedData(
            silent_since=begun,
            expected=round(expected, 1),
            resumed_at=back,
            sentence=sentences.resumed(expected, back - begun),
        )
        id_ = derived_id("feed-resumed", since)
        return FeedResumed(id=id_, source=SOURCE, subject=TOTAL, time=now, data=data)
