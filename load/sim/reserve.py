"""Who of the people at home comes when seats are missing, and when do they sit down?

The call-out of the running platform in virtual time: its book of needs and offers decides whom to
ask; whether somebody says yes, and after how long, is drawn from the habit of the way they are
asked on. Nobody sits where no phone is left.
"""

import math
import random
from datetime import datetime
from typing import Final

from load.scenario import Callout
from load.sim.hall import Hall
from load.sim.wire import Moment
from streams.domain.callout import answering, asking, life
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.candidates import Candidate
from streams.domain.callout.forecast import SIGMA, Habit, prior
from streams.domain.callout.policy import CalloutPolicy
from streams.domain.centre import Centre
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer, Need, Quota

KEY: Final = "surge"
BY: Final = "drill"


class Reserve:
    """The people who can be called out in a run, and one call-out at a time."""

    def __init__(
        self, hall: Hall, centre: Centre, rules: Callout, moment: Moment, seed: int
    ) -> None:
        self.book = CalloutBook()
        self.asked = 0
        self.came = 0
        self._hall = hall
        self._rules = rules
        self._policy: CalloutPolicy = centre.callout
        self._zone = centre.timezone
        self._languages = tuple(
            next((pool.languages for pool in centre.pools if pool.name == rules.joins), ())
        )
        self._moment = moment
        self._chance = random.Random(f"{seed}/callout")
        self._current: str | None = None
        self._wanted = 0

    def need(self, gap: int) -> None:
        """So many seats are missing now: open a need, or make the open one larger."""
        self._close_if_expired()
        room = self._hall.desk.phones - len(self._hall.roster.signed_in())
        wanted = min(gap + self._seated(), room + self._seated())
        if wanted <= max(0, self._wanted):
            return
        opens = self._wanted == 0
        self._wanted = wanted
        if opens:
            self._hall.agenda.after(self._rules.confirmed_after.total_seconds(), self._begin)
        elif self._current is not None:
            now = self._now()
            need = self.book.callout(self._current).need
            life.revise(self.book, self._current, (Quota(seats=wanted),), need.end, BY, now)
            self._look()

    def _close_if_expired(self) -> None:
        """A need that was not filled in time is over; what is missing then is a new one."""
        now = self._now()
        if self._current and now >= self.book.callout(self._current).need.expires_at:
            life.expire(self.book, self._current, now)
            self._current, self._wanted = None, 0

    def _begin(self) -> None:
        now = self._now()
        start = now + self._rules.call_up
        need = Need(
            dedup_key=KEY,
            pool=self._rules.joins,
            quotas=(Quota(seats=self._wanted),),
            start=start,
            end=start + self._policy.shift,
            raised_at=now,
            raised_by=BY,
            expires_at=now + self._policy.expires,
        )
        stamped = self._policy.stamped("drill")
        callout = life.open_need(self.book, need, stamped, now)
        life.start(self.book, callout.id, stamped, BY, now, unseen=True)
        self._current = callout.id
        self._ask(callout.id)

    def _ask(self, callout_id: str) -> None:
        """Ask, and look again as often as the policy says, until the need expires."""
        callout = self.book.callout(callout_id)
        if callout_id == self._current and self._now() < callout.need.expires_at:
            self._look()
            every = callout.policy.every_seconds
            self._hall.agenda.after(every, lambda: self._ask(callout_id))

    def _look(self) -> None:
        if self._current is None:
            return
        now = self._now()
        for offer in asking.look(self.book, self._current, self._candidates(now), now):
            self.asked += 1
            habit = self._habit(offer.local_hour)
            if self._chance.random() < habit.yes_share:
                spread = math.exp(SIGMA * self._chance.gauss(0.0, 1.0))
                self._yes_after(offer.id, habit.median_seconds * spread)

    def _yes_after(self, offer: str, delay: float) -> None:
        self._hall.agenda.after(delay, lambda: self._yes(offer))

    def _yes(self, offer: str) -> None:
        now = self._now()
        given = GivenAnswer(key=offer, kind="accept", at=now, channel=self._rules.asked_by)
        answering.answer(self.book, offer, given, Verdict(ok=True), now)
        if self.book.offer(offer).seat is not None:
            self._hall.agenda.after(
                self._rules.call_up.total_seconds(), lambda: self._sit_down(offer)
            )

    def _sit_down(self, offer: str) -> None:
        if len(self._hall.roster.signed_in()) >= self._hall.desk.phones:
            return
        answering.arrived(self.book, offer, self._now())
        self.came += 1
        self._hall.sign_in(self._rules.joins)
        shift = self._policy.shift.total_seconds()
        self._hall.agenda.after(shift, lambda: self._hall.sign_out(self._rules.joins))

    def _seated(self) -> int:
        return len(self.book.index(self._current).seats) if self._current else 0

    def _candidates(self, now: datetime) -> list[Candidate]:
        hour = now.astimezone(self._zone).hour
        return [
            Candidate(
                person=f"reserve-{nth:03d}",
                tier=1,
                skills=(),
                languages=self._languages,
                steps=(),
                channel=self._rules.asked_by,
                local_hour=hour,
            )
            for nth in range(1, self._rules.people + 1)
        ]

    def _habit(self, local_hour: int) -> Habit:
        """How they truly answer: as assumed of the channel, unless the scenario knows better."""
        assumed = prior(self._rules.asked_by, 1, local_hour)
        share = self._rules.yes_share
        return Habit(
            yes_share=assumed.yes_share if share is None else share,
            median_seconds=assumed.median_seconds,
        )

    def _now(self) -> datetime:
        return self._moment(self._hall.agenda.now)
