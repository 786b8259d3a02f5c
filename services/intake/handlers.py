"""What happens to a request's events between being read and being answered?

Each is admitted or refused; what is admitted goes into parcels, what is refused into dead letters;
the answer waits until the broker has all of it.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from services.intake.admission import Admission, Admitted
from services.intake.keys import ContactKeys
from services.intake.letters import Letters, Refusal
from services.intake.parcels import Parcels, Receipt
from services.intake.repeats import Repeats
from services.intake.settings import Settings
from streams.errors import InvalidEventError, OverloadedError
from streams.events.agents import AgentStateChanged
from streams.kafka import LogWriter, Outgoing
from streams.telemetry import metrics
from streams.topics import AGENTS, CONTACTS, partition_of

# Some 10 ms of work; then other requests have their turn.
AT_ONCE: Final = 250


@dataclass(slots=True)
class Outcome:
    """What became of a request. `accepted` counts what is on the log, `repeated` of these what
    was there before.
    """

    accepted: int = 0
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """The body of the answer."""
        refused = [refusal.told() for refusal in sorted(self.refused, key=lambda r: r.index)]
        return {"accepted": self.accepted, "repeated": self.repeated, "refused": refused}


class Handler:
    """Takes events. One per process: it decides partition keys, and only one may."""

    def __init__(self, settings: Settings, writer: LogWriter) -> None:
        limits = settings.limits
        self.keys = ContactKeys()
        self._parcels = Parcels(writer)
        self._repeats = Repeats()
        self._admission = Admission(
            settings.pseudonyms, settings.sealer, settings.region, limits.event_bytes
        )
        self._letters = Letters(settings.pseudonyms, settings.sealer, limits.dead_letter_bytes)

    async def take(self, parts: Sequence[bytes], sender: str, now: datetime) -> Outcome:
        """Write what can be taken, keep the rest as dead letters; return when all is stored.

        `OverloadedError`: nothing was written. `UnknownOutcomeError`: some of it may have been.
        """
        outcome = Outcome()
        fresh = await self._sort(parts, now, outcome)
        letters = [self._letters.write(refusal, sender, now) for refusal in outcome.refused]
        await self._write(fresh, letters, now)
        outcome.accepted = len(parts) - len(outcome.refused)
        return outcome

    async def keep_unreadable(
        self, body: bytes, error: InvalidEventError, sender: str, now: datetime
    ) -> Outcome:
        """A body that holds no event at all still tells its sender's story."""
        refusal = Refusal(0, None, error, body)
        await self._write([], [self._letters.write(refusal, sender, now)], now)
        return Outcome(refused=[refusal])

    @property
    def parcels_written(self) -> int:
        """Parcels written since the start."""
        return self._parcels.records

    async def stop(self) -> None:
        """Send what lingers."""
        await self._parcels.stop()

    async def _sort(
        self, parts: Sequence[bytes], now: datetime, outcome: Outcome
    ) -> list[Admitted]:
        """The events to write; the others are noted in the outcome."""
        fresh: dict[bytes, Admitted] = {}
        for index, raw in enumerate(parts):
            if index % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            try:
                event = self._admission.admit(raw, now)
                seen = self._repeats.see(event.identity, event.digest)
                if seen == "differs":
                    detail = "an event with this source and id came before, with other content"
                    raise InvalidEventError("duplicate_differs", "id", detail)  # noqa: TRY301
            except InvalidEventError as error:
                outcome.refused.append(Refusal(index, _id_of(raw, error), error, raw))
                continue
            if seen == "repeated" or event.identity in fresh:
                outcome.repeated += 1
            else:
                fresh[event.identity] = event
        return list(fresh.values())

    async def _write(
        self, fresh: Sequence[Admitted], letters: list[Outgoing], now: datetime
    ) -> None:
        receipt = Receipt()
        agents = [event for event in fresh if isinstance(event.event, AgentStateChanged)]
        contacts = [e for e in fresh if not isinstance(e.event, AgentStateChanged)]
        keys = self._partition_keys(contacts)
        if records := [*(_agent_record(event, now) for event in agents), *letters]:
            self._parcels.send(records, receipt)
        if decisions := self.keys.to_write(keys, now):
            self._parcels.add_keys(decisions, receipt)
        by_partition = defaultdict(list)
        for event in contacts:
            key = keys[event.event.subject]
            by_partition[partition_of(key, CONTACTS)].append(event.written(now, key))
        for partition, events in by_partition.items():
            self._parcels.add(partition, events, receipt)
        self._parcels.close_if_enough()
        if not receipt.is_empty:
            await self._noted(receipt, [event.identity for event in fresh], keys)

    async def _noted(self, receipt: Receipt, identities: list[bytes], keys: dict[str, str]) -> None:
        """Wait for the broker, and remember what it has."""
        began = time.monotonic()
        try:
            await receipt.stored()
        except OverloadedError:
            self._repeats.unwritten(identities)
            raise
        finally:
            metrics.INTAKE_ACKNOWLEDGE_SECONDS.observe(time.monotonic() - began)
        self._repeats.written(identities)
        self.keys.written(keys)

    def _partition_keys(self, contacts: Sequence[Admitted]) -> dict[str, str]:
        """Contact id to key; any event of the request may be the one that names the caller."""
        callers: dict[str, str | None] = {}
        for event in contacts:
            subject = event.event.subject
            callers[subject] = callers.get(subject) or event.caller_key
        wall = datetime.now(UTC)
        return {c: self.keys.decide(c, caller, wall) for c, caller in callers.items()}


def _agent_record(event: Admitted, now: datetime) -> Outgoing:
    agent = event.event.subject
    return Outgoing(topic=AGENTS, key=agent.encode(), value=event.written(now, agent))


class _Named(msgspec.Struct):
    id: str | None = None


_named_decoder = msgspec.json.Decoder(_Named)


def _id_of(raw: bytes, error: InvalidEventError) -> str | None:
    """The id its sender knows it by, where there is one that may be repeated."""
    if error.field == "id" and error.reason != "duplicate_differs":
        return None
    try:
        return _named_decoder.decode(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
