"""Who needs to be rung back, and why, and who was lost, and why?

The rules in words: who hangs up after a real wait, is turned away because the queue is full or
closed, or asks for it, gets a callback, if there is a number and it was not refused. Who waits
past the limit gets one too, while still on hold, unless a life is at risk: those stay in the
queue, first in line. Who hung up within seconds is taken to have misdialled.
"""

from typing import Final

from streams.domain.centre import Centre
from streams.domain.contacts.life import ContactLife, State
from streams.domain.contacts.outcomes import ANSWERED_LIVE, DEFLECTED, HANDED_OVER, WAITING
from streams.domain.moments import Micros, moment, span
from streams.events.callbacks import (
    CallbackWanted,
    CallbackWantedData,
    Request,
    WantedReason,
)

NO_NUMBER = "no_number"
SHORT_ABANDON = "short_abandon"
CONSENT_REFUSED = "consent_refused"
NO_END_SEEN = "no_end_seen"

# On these someone holds the line; an unanswered letter is not a call that nobody picks up.
HOLDING_CHANNELS: Final = frozenset({None, "voice", "chat", "app"})
_PLAIN: Final = {State.ANSWERED: ANSWERED_LIVE, State.WAITING: WAITING}
CHANNEL: Final = 1  # its place among the facts


class Rules:
    """The centre's overflow policy, asked about single contacts."""

    def __init__(self, centre: Centre) -> None:
        self._short = span(centre.target.short_abandon)
        self._limit = span(centre.overflow.wait_limit)
        self._no_end = span(centre.overflow.max_wait_without_end)
        self._zones = {mission.country: mission.timezone.key for mission in centre.missions}
        self._zone = centre.timezone.key

    def fate(self, life: ContactLife) -> str:
        """What became of this one attempt: waiting, answered_live, handed_over, deflected, or
        the reason for which it was lost. A promise given stands whatever is heard later.
        """
        if life.promise is not None:
            return HANDED_OVER
        state = life.state
        if state in _PLAIN:
            return _PLAIN[state]
        if state is State.DEFLECTED and life.deflected is not None:
            why = life.deflected[2]
            asked = why == "moved_to_callback"
            return DEFLECTED if why == "prompt" else _promise_or_loss(life, asked=asked)
        return self._fate_of_unanswered(life, state)

    def _fate_of_unanswered(self, life: ContactLife, state: State) -> str:
        if state is State.ABANDONED and 0 <= life.wait_time() < self._short:
            return SHORT_ABANDON
        fate = _promise_or_loss(life, asked=False)
        return NO_END_SEEN if state is State.NO_END and fate != HANDED_OVER else fate

    def promised_at(self, life: ContactLife) -> Micros:
        """When one that is handed over led to a promise, given or due."""
        return life.promise.at if life.promise is not None else self.needed_at(life)

    def needed_at(self, life: ContactLife) -> Micros:
        """When it became clear that this attempt would not be answered."""
        state = life.state
        if state is State.DEFLECTED and life.deflected is not None:
            return life.deflected[1]
        if state is State.ABANDONED:
            return life.abandoned_at
        return self.no_end_at(life) if state is State.NO_END else self.limit_at(life)

    def limit_at(self, life: ContactLife) -> Micros:
        """When the wait reaches the limit."""
        return life.waits_from + self._limit

    def no_end_at(self, life: ContactLife) -> Micros:
        """When an end must have been missed."""
        return life.waits_from + self._no_end

    @staticmethod
    def holds(life: ContactLife) -> bool:
        """Whether someone holds the line on this channel."""
        return life.facts[CHANNEL] in HOLDING_CHANNELS

    def waited_too_long(self, life: ContactLife, now: Micros) -> bool:
        """On hold past the limit, and free to be moved to a callback."""
        return (
            life.state is State.WAITING
            and now >= self.limit_at(life)
            and life.has_number
            and life.consent
            and life.urgency != "life_at_risk"
            and self.holds(life)
        )

    def wanted(
        self, life: ContactLife, request: Request, identity: str, source: str
    ) -> CallbackWanted:
        """The fact that this contact needs a callback, under its request."""
        caller = life.caller
        assert caller is not None  # noqa: S101 (no number, no promise: see `fate`)
        _, channel, language, country, topic = life.facts
        data = CallbackWantedData(
            request=request,
            contact=life.id,
            reason=self._reason(life),
            caller=caller,
            urgency=life.urgency,
            channel=channel or "voice",  # type: ignore[arg-type]
            language=language,
            country=country,
            topic=topic,
            still_waiting=life.state is State.WAITING,
            caller_tz=self._zones.get(country or "", self._zone),
            caller_tz_from="country" if country in self._zones else "centre",
        )
        return CallbackWanted(
            id=identity,
            source=source,
            subject=request.id,
            time=moment(self.needed_at(life)),
            partitionkey=caller.key,
            data=data,
        )

    def _reason(self, life: ContactLife) -> WantedReason:
        state = life.state
        if state is State.ABANDONED:
            return "abandoned"
        if state is State.DEFLECTED and life.deflected is not None:
            why = life.deflected[2]
            if why == "full":
                return "queue_full"
            if why == "closed":
                return "closed_hours"
            return "asked" if life.facts[CHANNEL] is None else "other_channel"
        return "waited_too_long"


def _promise_or_loss(life: ContactLife, *, asked: bool) -> str:
    if not life.has_number:
        return NO_NUMBER
    return HANDED_OVER if life.consent or asked else CONSENT_REFUSED
