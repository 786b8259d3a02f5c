"""Who needs to be rung back, and why, and who was lost, and why?

The rules in words: who hangs up after a real wait, is turned away because the queue is full or
closed, or asks for it, gets a callback, if there is a number and it was not refused. Who waits
past the limit gets one too, while still on hold, unless a life is at risk: those stay in the
queue, first in line. Who hung up within seconds is taken to have misdialled. The centre's table of
rules makes exceptions of these, by queue, topic, channel, language and country.
"""

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.domain.centre import Centre, Occasion, OverflowRule
from streams.domain.contacts.life import SAID_BY, ContactLife, State
from streams.domain.contacts.outcomes import ANSWERED_LIVE, DEFLECTED, HANDED_OVER, WAITING
from streams.domain.contacts.rule_table import RuleTable
from streams.domain.moments import Micros, moment, span
from streams.events.callbacks import (
    CallbackWanted,
    CallbackWantedData,
    Request,
    WantedReason,
    ZoneProvenance,
)

NO_NUMBER = "no_number"
SHORT_ABANDON = "short_abandon"
CONSENT_REFUSED = "consent_refused"
NO_END_SEEN = "no_end_seen"
RULED_OUT = "ruled_out"

# On these someone holds the line; an unanswered letter is not a call that nobody picks up.
HOLDING_CHANNELS: Final = frozenset({None, "voice", "chat", "app"})
_PLAIN: Final = {State.ANSWERED: ANSWERED_LIVE, State.WAITING: WAITING}
# Their places among the facts.
CHANNEL: Final = 1
COUNTRY: Final = 3
TOPIC: Final = 4
# In a country, the mission's or the table's zone is nearer the truth than a number's prefix.
_BEFORE_COUNTRY: Final = frozenset({"declared", "app"})
_REASONS: Final[dict[Occasion, WantedReason]] = {
    "waited_past": "waited_too_long",
    "abandoned": "abandoned",
    "queue_full": "queue_full",
    "closed_hours": "closed_hours",
    "key_pressed": "asked",
    "asked_elsewhere": "other_channel",
}
_WHY: Final[dict[str, Occasion]] = {"full": "queue_full", "closed": "closed_hours"}


class Rules:
    """The centre's overflow policy, asked about single contacts."""

    def __init__(self, centre: Centre) -> None:
        self._short = span(centre.target.short_abandon)
        self._limit = span(centre.overflow.wait_limit)
        self._no_end = span(centre.overflow.max_wait_without_end)
        self._table = RuleTable(centre.overflow)
        self._zones = dict(centre.overflow.zones) | {
            mission.country: mission.timezone.key for mission in centre.missions
        }
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
            if why == "prompt":
                return DEFLECTED
            return self._ruled(life) or _promise_or_loss(life, asked=why == "moved_to_callback")
        return self._fate_of_unanswered(life, state)

    def _fate_of_unanswered(self, life: ContactLife, state: State) -> str:
        if state is State.ABANDONED and 0 <= life.wait_time() < self._short:
            return SHORT_ABANDON
        fate = self._ruled(life) or _promise_or_loss(life, asked=False)
        return NO_END_SEEN if state is State.NO_END and fate != HANDED_OVER else fate

    def _ruled(self, life: ContactLife) -> str | None:
        """What the table says of one that was not answered, unless it is rung back."""
        rule = self._rule(life)
        if rule.then == "callback" or self.at_risk(life):
            return None
        return DEFLECTED if rule.then == "deflect" else RULED_OUT

    def _rule(self, life: ContactLife) -> OverflowRule:
        return self._table.rule(_occasion(life), life.facts)

    def at_risk(self, life: ContactLife) -> bool:
        """Whether a life is at risk, by what was said or by the topic."""
        return self._table.is_grave(life.urgency, life.facts[TOPIC])

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
        after = self._table.rule("waited_past", life.facts).after
        return life.waits_from + (self._limit if after is None else span(after))

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
            and not self.at_risk(life)
            and self.holds(life)
            and self._table.rule("waited_past", life.facts).then == "callback"
        )

    def wanted(
        self, life: ContactLife, request: Request, identity: str, source: str
    ) -> CallbackWanted:
        """The fact that this contact needs a callback, under its request."""
        caller = life.caller
        assert caller is not None  # noqa: S101 (no number, no promise: see `fate`)
        _, channel, language, country, topic = life.facts
        zone, zone_from = self._zone_of(life)
        reason = _REASONS[_occasion(life)]
        data = CallbackWantedData(
            request=request,
            contact=life.id,
            reason=reason,
            caller=caller,
            urgency="life_at_risk" if self.at_risk(life) else life.urgency,
            channel=channel or "voice",  # type: ignore[arg-type]
            language=language,
            country=country,
            topic=topic,
            skills=tuple(sorted({*life.skills, *self._rule(life).skills})),
            still_waiting=life.state is State.WAITING,
            caller_tz=zone,
            caller_tz_from=zone_from,
            consent="given" if reason in {"asked", "other_channel"} else "presumed",
        )
        return CallbackWanted(
            id=identity,
            source=source,
            subject=request.id,
            time=moment(self.needed_at(life)),
            partitionkey=caller.key,
            data=data,
        )

    def _zone_of(self, life: ContactLife) -> tuple[str, ZoneProvenance]:
        """Where the caller's day is, and how we know."""
        heard = life.zone
        said = SAID_BY[heard[0]] if heard is not None and _is_zone(heard[2]) else None
        if heard is not None and said in _BEFORE_COUNTRY:
            return heard[2], said
        country = life.facts[COUNTRY]
        if country in self._zones:
            return self._zones[country], "country"
        return (heard[2], said) if heard is not None and said else (self._zone, "centre")


def _occasion(life: ContactLife) -> Occasion:
    state = life.state
    if state is State.ABANDONED:
        return "abandoned"
    if state is State.DEFLECTED and life.deflected is not None:
        asked: Occasion = "key_pressed" if life.facts[CHANNEL] is None else "asked_elsewhere"
        return _WHY.get(life.deflected[2], asked)
    return "waited_past"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _promise_or_loss(life: ContactLife, *, asked: bool) -> str:
    if not life.has_number:
        return NO_NUMBER
    return HANDED_OVER if life.consent or asked else CONSENT_REFUSED
