"""The hall: what happens to a call, a counselor and a dial."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from load.scenario import Callers, Desk, Faults, Mix, Scenario, Staff, load_scenario
from load.sim.agenda import Agenda
from load.sim.dialling import Switch
from load.sim.dirt import DirtyLine
from load.sim.hall import Hall
from load.sim.people import Person, Population, number_of
from load.sim.reports import AgentReport, Call, ContactReport, Dial
from load.sim.stage import set_up
from load.sim.wire import contact_event, contact_json, event_clock
from streams.centre_file import load_centre
from streams.events.codec import decode, encode

CENTRE = load_centre(Path(__file__).parents[2] / "centre.toml")
STEADY = Callers(
    patience=timedelta(hours=10),
    hangs_up_at_announcement=0.0,
    redials=0.0,
    reconnects=0.0,
    calls_though_promised=0.0,
    calls_back_when_missed=0.0,
    accepts_callback=1.0,
    answers_callback=1.0,
    answers_callback_abroad=1.0,
    withheld=0.0,
)
PLAIN = Desk(
    talk=timedelta(seconds=100),
    talk_variation=1e-12,
    wrap_up=timedelta(seconds=30),
    greeting=timedelta(seconds=4),
    ring=timedelta(seconds=3),
    ring_unanswered=0.0,
)


class Ear:
    """Hears everything, and keeps it."""

    def __init__(self) -> None:
        self.contacts: list[ContactReport] = []
        self.agents: list[AgentReport] = []
        self.dials: list[tuple[str, str | None]] = []

    def contact(self, report: ContactReport) -> None:
        self.contacts.append(report)

    def agent(self, report: AgentReport) -> None:
        self.agents.append(report)

    def dial(self, dial: Dial) -> None:
        self.dials.append((dial.state, dial.outcome))

    def story(self) -> list[tuple[str, float]]:
        return [(report.kind, report.at) for report in self.contacts]


def empty_scenario(**fields: object) -> Scenario:
    base = load_scenario("demo-quake")
    quiet = replace(base.base, per_hour=0.0, mix=Mix())
    plain = replace(base, base=quiet, bursts=(), staff=(), response=(), callers=STEADY, desk=PLAIN)
    return replace(plain, **fields)  # type: ignore[arg-type]


@pytest.fixture
def open_hall() -> Callable[..., tuple[Hall, Ear]]:
    def make(people: int = 1, **fields: object) -> tuple[Hall, Ear]:
        ear, names = Ear(), iter(range(1, 10_000))
        staff = (Staff(pool="counselors", people=people),) if people else ()
        scenario = empty_scenario(staff=staff, **fields)
        hall = set_up(scenario, CENTRE, ear, lambda: f"c{next(names)}")
        hall.agenda.run_until(1.0)
        return hall, ear

    return make


def caller(hall: Hall, **fields: object) -> Person:
    person = hall.population.someone("test", Mix(language={"ko": 1.0}), hall.agenda.now)
    for name, value in fields.items():
        setattr(person, name, value)
    return person


Make = Callable[..., tuple[Hall, Ear]]


def test_the_agenda_keeps_order_of_time_then_of_making() -> None:
    agenda, told = Agenda(), []
    agenda.at(2.0, lambda: told.append("c"))
    agenda.at(1.0, lambda: told.append("a"))
    agenda.at(1.0, lambda: told.append("b"))
    agenda.at(1.5, lambda: told.append("never")).call_off()
    agenda.run_until(2.0)
    assert (told, agenda.now) == (["a", "b", "c"], 2.0)


def test_what_is_made_for_the_past_happens_now() -> None:
    agenda, told = Agenda(), []
    agenda.run_until(5.0)
    agenda.at(1.0, lambda: told.append(agenda.now))
    agenda.run_until(5.0)
    assert told == [5.0]


def test_a_call_is_greeted_queued_offered_answered_and_completed(open_hall: Make) -> None:
    hall, ear = open_hall()
    hall.call(caller(hall))
    hall.agenda.run_until(1000.0)
    story = [(kind, round(at, 3)) for kind, at in ear.story()]
    assert story == [
        ("arrived", 1.0),
        ("queued", 5.0),
        ("offered", 5.0),
        ("answered", 8.0),
        ("completed", 108.0),
    ]
    assert [report.state for report in ear.agents] == [
        "available",
        "on_contact",
        "wrap_up",
        "available",
    ]


def test_who_waits_gives_up_when_patience_ends(open_hall: Make) -> None:
    hall, ear = open_hall(people=0, callers=replace(STEADY, patience=timedelta(seconds=1)))
    hall.call(caller(hall))
    hall.agenda.run_until(100.0)
    assert [kind for kind, _ in ear.story()] == ["arrived", "queued", "abandoned"]
    assert hall.waiting == 0


def test_life_at_risk_is_answered_before_those_who_waited_longer(open_hall: Make) -> None:
    hall, ear = open_hall(people=1)
    for urgency in ("normal", "normal", "life_at_risk"):
        hall.call(caller(hall, urgency=urgency))
        hall.agenda.run_until(hall.agenda.now + 1.0)
    hall.agenda.run_until(1000.0)
    answered = [r.call.person.urgency for r in ear.contacts if r.kind == "answered"]
    assert answered == ["normal", "life_at_risk", "normal"]


def test_an_unanswered_ring_puts_the_caller_first_in_line(open_hall: Make) -> None:
    hall, ear = open_hall(people=1, desk=replace(PLAIN, ring_unanswered=1.0))
    hall.call(caller(hall))
    hall.agenda.run_until(20.0)
    offers = [r.extra.get("outcome", "ringing") for r in ear.contacts if r.kind == "offered"]
    assert offers == ["ringing", "no_answer"]
    assert (hall.waiting, ear.agents[-1].state) == (1, "break")


def test_a_full_house_deflects_and_the_caller_tries_again(open_hall: Make) -> None:
    hall, ear = open_hall(
        people=0, desk=replace(PLAIN, lines=1), callers=replace(STEADY, redials=1.0)
    )
    hall.call(caller(hall))
    hall.call(caller(hall))
    hall.agenda.run_until(2000.0)
    busy = [r for r in ear.contacts if r.kind == "deflected"]
    assert {r.extra["reason"] for r in busy} == {"full"}
    assert len(busy) > 1
    assert len({r.call.person.index for r in busy}) == 1


def test_a_withdrawn_caller_leaves_the_line_once(open_hall: Make) -> None:
    hall, ear = open_hall(people=0)
    hall.call(caller(hall))
    hall.agenda.run_until(10.0)
    assert [hall.withdraw("c1"), hall.withdraw("c1"), hall.withdraw("c9")] == [
        "withdrawn",
        "not_waiting",
        "not_waiting",
    ]
    assert ear.story()[-1][0] == "deflected"
    assert ear.contacts[-1].extra == {"reason": "moved_to_callback"}


def test_who_is_talking_is_not_withdrawn(open_hall: Make) -> None:
    hall, _ = open_hall()
    hall.call(caller(hall))
    hall.agenda.run_until(50.0)
    assert hall.withdraw("c1") == "answered"


def test_who_leaves_finishes_the_call_first(open_hall: Make) -> None:
    hall, ear = open_hall()
    hall.call(caller(hall))
    hall.agenda.run_until(50.0)
    hall.sign_out("counselors")
    hall.agenda.run_until(1000.0)
    assert [report.state for report in ear.agents][-3:] == ["on_contact", "wrap_up", "offline"]


def order(hall: Hall, person: Person, dial: str = "d1", token: int = 1) -> Dial:
    del hall
    return Dial(dial, "callback-1", token, "counselors-01", person.number or "")


def at_work(open_hall: Make) -> tuple[Hall, Ear, Switch, Person]:
    hall, ear = open_hall()
    person = caller(hall)
    hall.roster.take(hall.roster.counselors["counselors-01"])
    hall.roster.counselors["counselors-01"].asking = True
    hall.work("counselors-01")
    return hall, ear, Switch(hall), person


def test_a_dial_rings_the_agent_then_the_caller_and_frees_both(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    switch.dial(order(hall, person))
    hall.agenda.run_until(500.0)
    assert ear.dials == [
        ("ringing_agent", None),
        ("ringing_caller", None),
        ("connected", None),
        ("ended", "completed"),
    ]
    assert (person.served, person.on_the_phone) == ("callback", False)
    assert ear.agents[-1].state == "available"


def test_a_customer_first_dial_rings_the_caller_then_the_agent(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    switch.dial(replace(order(hall, person), first="customer"))
    hall.agenda.run_until(500.0)
    assert ear.dials == [
        ("ringing_caller", None),
        ("ringing_agent", None),
        ("connected", None),
        ("ended", "completed"),
    ]


def test_a_caller_who_picks_up_and_meets_nobody_was_abandoned_by_us(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    hall.desk = replace(PLAIN, ring_unanswered=1.0)
    switch.dial(replace(order(hall, person), first="customer"))
    hall.agenda.run_until(500.0)
    assert ear.dials[-1] == ("ended", "abandoned_by_us")
    assert (person.served, person.on_the_phone) == (None, False)


def test_an_order_given_twice_rings_once(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    first = switch.dial(order(hall, person))
    assert switch.dial(order(hall, person)) is first
    assert ear.dials == [("ringing_agent", None)]


def test_a_second_dial_for_a_callback_that_is_rung_is_refused(open_hall: Make) -> None:
    hall, _, switch, person = at_work(open_hall)
    switch.dial(order(hall, person))
    assert switch.dial(order(hall, person, "d2", token=2)).outcome == "refused_in_flight"


def test_an_order_with_an_older_token_is_refused(open_hall: Make) -> None:
    hall, _, switch, person = at_work(open_hall)
    switch.dial(order(hall, person, token=5))
    switch.cancel("d1")
    assert switch.dial(order(hall, person, "d2", token=4)).outcome == "refused_stale"


def test_a_dial_cancelled_before_it_was_ordered_is_never_made(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    assert switch.cancel("d1") == "unknown"
    assert switch.dial(order(hall, person)).outcome == "cancelled"
    assert ear.dials == [("ended", "cancelled")]


def test_a_caller_who_is_on_the_line_with_us_is_not_rung(open_hall: Make) -> None:
    hall, ear, switch, person = at_work(open_hall)
    hall.call(person)
    switch.dial(order(hall, person))
    hall.agenda.run_until(6.0)
    assert ear.dials[-1] == ("ended", "busy")
    assert person.on_the_phone


def test_a_talk_that_has_begun_is_not_cut(open_hall: Make) -> None:
    hall, _, switch, person = at_work(open_hall)
    switch.dial(order(hall, person))
    hall.agenda.run_until(60.0)
    assert switch.cancel("d1") == "too_late"


def test_no_two_people_share_a_number() -> None:
    assert len({number_of(index, salt=12_345) for index in range(50_000)}) == 50_000


def test_a_person_behaves_alike_whatever_else_happens() -> None:
    scenario = load_scenario("S2")
    alone = Population(scenario, seed=3)
    crowd = Population(scenario, seed=3)
    mix = scenario.bursts[0].mix
    crowd.someone("other", mix, 0.0)
    one, same = alone.someone("quake", mix, 0.0), crowd.someone("quake", mix, 5.0)
    assert (one.topic, one.urgency, one.chance.random()) == (
        same.topic,
        same.urgency,
        same.chance.random(),
    )


def test_both_renderings_of_a_report_say_the_same(open_hall: Make) -> None:
    hall, ear = open_hall()
    hall.call(caller(hall, topic="disaster", country="JP"))
    hall.agenda.run_until(1000.0)
    moment = event_clock(load_scenario("S2").starts)
    for report in ear.contacts:
        posted = contact_json(report, "phone", moment)
        typed = contact_event(report, "phone", moment)
        number = posted["data"].pop("caller")
        assert number == report.call.person.number
        assert decode(encode(typed)) == typed
        assert (posted["id"], posted["type"]) == (typed.id, typed.__struct_config__.tag)
        for name, value in posted["data"].items():
            assert getattr(typed.data, name) == value


def test_a_dirty_line_repeats_delays_and_loses_what_it_should() -> None:
    population = Population(load_scenario("S2"), seed=1)
    call = Call("c1", population.someone("x", Mix(), 0.0), 0.0)
    line = DirtyLine(Faults(repeated=0.05, late=0.02, hang_ups_lost=0.005), seed=1)
    for _ in range(20_000):
        delays = list(line.delays(ContactReport("completed", call, 0.0, {})))
        assert len(delays) <= 2
    assert line.repeated == pytest.approx(1000, rel=0.15)
    assert line.late == pytest.approx(400, rel=0.2)
    assert line.lost == pytest.approx(100, rel=0.4)
