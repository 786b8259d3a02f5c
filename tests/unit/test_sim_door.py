"""Admission in virtual time: who is offered a callback instead of a place in a long line."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from load.scenario import Base, Burst, Callers, Mix, Scenario, Staff, load_scenario
from load.sim.engine import Rehearsal
from streams.centre_file import load_centre
from streams.events.callbacks import CallbackWanted, CallerServed

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")


def crowd(
    accepts_callback: float = 1.0, patience: timedelta = timedelta(hours=9), an_hour: float = 900
) -> Scenario:
    """Twelve people at the phones, a call every four seconds for twenty minutes."""
    given = load_scenario("demo-quake")
    callers = replace(
        Callers(),
        patience=patience,
        hangs_up_at_announcement=0.0,
        accepts_callback=accepts_callback,
        calls_though_promised=0.0,
        withheld=0.0,
        reconnects=0.0,
    )
    burst = Burst(
        name="crowd",
        at=timedelta(0),
        peak_per_hour=an_hour,
        hold=timedelta(minutes=20),
        mix=Mix(language={"ko": 1.0}),
    )
    return replace(
        given,
        length=timedelta(minutes=20),
        base=Base(per_hour=0.0),
        bursts=(burst,),
        response=(),
        callout=None,
        staff=(Staff(pool="counselors", people=12),),
        callers=callers,
    )


def turned_at_the_door(run: Rehearsal) -> int:
    """Those who were promised a callback without joining the line."""
    run.run()
    return run.score.kinds["arrived"] - run.score.kinds["queued"] - len(run.hall.calls)


def test_who_would_wait_long_is_offered_a_callback_before_joining_the_line() -> None:
    assert turned_at_the_door(Rehearsal(crowd(), CENTRE)) > 100


def test_who_does_not_want_a_callback_joins_the_line_all_the_same() -> None:
    assert turned_at_the_door(Rehearsal(crowd(accepts_callback=0.0), CENTRE)) <= 1


def test_nobody_asks_admission_where_there_are_no_callbacks() -> None:
    assert turned_at_the_door(Rehearsal(crowd(), CENTRE, callbacks=False)) <= 1
    assert turned_at_the_door(Rehearsal(crowd(), CENTRE, platform=False)) <= 1


def test_a_promise_keeps_those_who_are_left_in_the_line_waiting_less() -> None:
    half = crowd(accepts_callback=0.5)
    with_door, without = Rehearsal(half, CENTRE), Rehearsal(half, CENTRE)
    without.hall.door = None
    assert with_door.run().rings > 200
    without.run()
    assert with_door.hall.waiting < without.hall.waiting


class Noted(Rehearsal):
    """Keeps how long after each need the platform saw it."""

    def _hand_over(self, fact: CallbackWanted | CallerServed) -> None:
        self.delays = [*getattr(self, "delays", []), self.now() - fact.time]
        super()._hand_over(fact)


def test_who_gives_up_in_a_calm_hour_is_promised_a_callback_within_a_second() -> None:
    calm = replace(crowd(patience=timedelta(seconds=30), an_hour=20), staff=())
    run = Noted(calm, CENTRE)
    run.hall.door = None
    run.run()
    assert run.score.kinds["abandoned"] > 0
    assert max(run.delays) <= timedelta(seconds=1)
