"""What the surge watch says, and when."""

import random
from collections.abc import Callable
from datetime import timedelta
from math import exp

import pytest

from streams.domain.detection.surge import SurgeWatch
from streams.events.demand import PulseData
from streams.events.surges import SurgeCleared, SurgeDeclared, SurgeRevised
from tests.support.pulses import (
    DOMESTIC,
    EXAMPLE,
    QUAKE,
    Contact,
    alerts,
    at,
    crisis,
    declared,
    plain,
    play,
)

HOUR = 3600


def ramp(peak: float, begin: float, over: float, decay: float) -> Callable[[float], float]:
    """Contacts an hour that rise from `begin` to a peak and decay from there; all in seconds."""

    def rate(second: float) -> float:
        if second < begin:
            return 0.0
        up = min(1.0, (second - begin) / over) if over else 1.0
        return peak * up * exp(-max(0.0, second - begin - over) / decay)

    return rate


def one_every(gap: int, begin: int, count: int, keys: tuple[str, ...]) -> list[Contact]:
    return [(begin + gap * number, keys) for number in range(count)]


def mixed(*parts: list[Contact]) -> list[Contact]:
    return sorted((contact for part in parts for contact in part), key=lambda contact: contact[0])


def test_a_quake_abroad_is_declared_once_and_named_after_its_country() -> None:
    rng = random.Random(1)
    quake = crisis(QUAKE, ramp(270, HOUR, 60, HOUR), 3 * HOUR, rng, 270)
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(3 * HOUR, rng), quake), 3 * HOUR)
    first = declared(facts)
    assert [fact.data.key for fact in first] == ["country:JP"]
    assert timedelta(0) < first[0].data.declared_at - at(HOUR) < timedelta(minutes=4)
    assert len(alerts(facts)) == 1


def test_the_declaration_says_what_was_seen_and_expected_in_words() -> None:
    facts = play(SurgeWatch(EXAMPLE), one_every(5, HOUR, 12, DOMESTIC), 2 * HOUR)
    data = declared(facts)[0].data
    assert data.sentence.startswith(f"{data.observed} calls where ")
    assert data.observed >= EXAMPLE.alerts.distinct_callers
    assert data.ratio_low < data.ratio < data.ratio_high
    assert data.statistic >= data.threshold
    assert data.started_at == at(HOUR)


def test_seven_callers_are_no_surge_however_fast_they_come() -> None:
    watch = SurgeWatch(EXAMPLE)
    assert play(watch, [(HOUR, DOMESTIC)] * 7, 2 * HOUR) == []


def test_the_eighth_caller_makes_it_one() -> None:
    watch = SurgeWatch(EXAMPLE)
    assert len(declared(play(watch, [(HOUR, DOMESTIC)] * 8, 2 * HOUR))) == 1


def test_redials_and_reconnects_are_no_demand() -> None:
    watch = SurgeWatch(EXAMPLE)
    facts = [
        watch.observe(
            PulseData(key="total", partition=0, second=at(s), first_attempts=0, redials=20),
            at(s + 1),
        )
        for s in range(100)
    ]
    assert not any(facts)


def test_withheld_numbers_weigh_less_where_identified_callers_redial() -> None:
    def facts(redials: int) -> list[object]:
        watch = SurgeWatch(EXAMPLE)
        said: list[object] = []
        for s in range(0, 200, 5):
            pulse = PulseData(
                key="total",
                partition=0,
                second=at(s),
                first_attempts=1,
                withheld=1,
                redials=redials,
            )
            said += watch.observe(pulse, at(s + 1))
        return said

    assert facts(redials=0)
    assert not facts(redials=30)


def test_a_surge_is_cleared_once_when_demand_is_back_for_long_enough() -> None:
    rng = random.Random(2)
    quake = crisis(DOMESTIC, ramp(300, HOUR, 60, 1200), 4 * HOUR, rng, 300)
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(5 * HOUR, rng), quake), 5 * HOUR)
    assert [type(fact) for fact in facts if not isinstance(fact, SurgeRevised)] == [
        SurgeDeclared,
        SurgeCleared,
    ]
    cleared = facts[-1].data
    assert cleared.cleared_at is not None
    assert cleared.cleared_at - at(HOUR) > timedelta(minutes=45)


def test_two_crises_at_once_give_two_alerts() -> None:
    rng = random.Random(3)
    quake = crisis(QUAKE, ramp(270, HOUR, 1200, 2 * HOUR), 4 * HOUR, rng, 270)
    attack = ("total", "queue:english", "channel:voice", "country:US", "topic:incident")
    news = crisis(attack, ramp(120, HOUR + 600, 2700, 6 * HOUR), 4 * HOUR, rng, 120)
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(4 * HOUR, rng), quake, news), 4 * HOUR)
    assert sorted(fact.data.key for fact in declared(facts)) == ["country:JP", "country:US"]
    assert len(alerts(facts)) == 2


@pytest.mark.parametrize("seed", range(5))
def test_one_crisis_is_declared_once_whatever_levels_it_raises(seed: int) -> None:
    rng = random.Random(seed)
    everything: list[Contact] = [
        (second, ("total", "queue:main", "channel:voice", "language:ko", country))
        for country in ("country:JP", "country:CN", "country:VN")
        for second, _ in crisis(DOMESTIC, ramp(90, HOUR, 900, HOUR), 3 * HOUR, rng, 90)
    ]
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(3 * HOUR, rng), everything), 3 * HOUR)
    names = {fact.data.episode for fact in declared(facts)}
    # Either all of it is one surge, or it is told by its countries; never both.
    keys = {name: [f.data.key for f in facts if f.data.episode == name][-1] for name in names}
    assert set(keys.values()) <= {"country:JP", "country:CN", "country:VN"} or len(names) == 1


def test_a_country_that_the_centre_file_does_not_know_can_still_name_a_surge() -> None:
    rng = random.Random(4)
    keys = ("total", "queue:main", "channel:voice", "country:TR")
    quake = crisis(keys, ramp(400, HOUR, 60, HOUR), 2 * HOUR, rng, 400)
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(2 * HOUR, rng), quake), 2 * HOUR)
    assert [fact.data.key for fact in declared(facts)] == ["country:TR"]


def test_a_month_of_plain_weeks_raises_no_alert() -> None:
    rng = random.Random(5)
    days = 10
    facts = play(SurgeWatch(EXAMPLE), plain(days * 24 * HOUR, rng), days * 24 * HOUR, every=60)
    assert alerts(facts) == []


def test_silence_of_the_whole_feed_is_said_once_and_its_end_once() -> None:
    watch = SurgeWatch(EXAMPLE)
    play(watch, one_every(60, 0, 60, DOMESTIC), HOUR)
    silent = [fact for minute in range(60, 180) for fact in watch.feed(at(minute * 60))]
    assert [fact.data.silent_since for fact in silent] == [at(59 * 60 + 1)]
    watch.observe(
        PulseData(key="total", partition=0, second=at(3 * HOUR), first_attempts=1), at(3 * HOUR)
    )
    back = [fact for minute in range(180, 200) for fact in watch.feed(at(minute * 60))]
    assert [fact.data.resumed_at for fact in back] == [at(3 * HOUR)]


def test_a_surge_is_not_called_over_because_the_feed_has_stopped() -> None:
    watch = SurgeWatch(EXAMPLE)
    facts = play(watch, one_every(10, HOUR, 120, DOMESTIC), 2 * HOUR)
    facts += [fact for minute in range(120, 900, 5) for fact in watch.tick(at(minute * 60))]
    assert declared(facts)
    assert not [fact for fact in facts if isinstance(fact, SurgeCleared)]


def test_a_backlog_older_than_the_allowed_lateness_is_no_surge() -> None:
    watch = SurgeWatch(EXAMPLE)
    late = at(3 * HOUR)
    said = [
        watch.observe(
            PulseData(key="total", partition=0, second=at(HOUR + s), first_attempts=5), late
        )
        for s in range(60)
    ]
    assert not any(said)
    assert watch.too_late == 60


def test_the_thresholds_are_contacts_a_year_per_false_alarm() -> None:
    a_year = sum(base.per_year() for base in EXAMPLE.baselines)
    thresholds = SurgeWatch(EXAMPLE).thresholds
    assert thresholds.alert == pytest.approx(a_year / EXAMPLE.alerts.alert_per_year)
    assert thresholds.watch == pytest.approx(a_year / 52.1786, rel=1e-4)


def test_after_a_restart_the_same_surge_is_not_declared_again() -> None:
    watch = SurgeWatch(EXAMPLE)
    contacts = one_every(10, HOUR, 300, DOMESTIC)
    facts = play(watch, contacts, HOUR + 1500)
    again = SurgeWatch(EXAMPLE)
    again.restore(watch.checkpoints(at(HOUR + 1500)), facts)
    later = play(again, contacts, 2 * HOUR)
    assert declared(facts)
    assert not declared(later)
    assert {fact.data.episode for fact in later} == {facts[0].data.episode}


def test_a_country_that_the_centre_file_does_not_name_is_told_of_as_the_surge_grows() -> None:
    """It raises no alarm itself; those that do speak for it, or nobody would hear of the rest."""
    rng = random.Random(6)
    abroad = ("total", "queue:main", "country:TH", "topic:disaster", "channel:voice", "language:ko")
    wave = crisis(abroad, ramp(1500, HOUR, 1800, HOUR), 4 * HOUR, rng, 1500)
    facts = play(SurgeWatch(EXAMPLE), mixed(plain(4 * HOUR, rng), wave), 4 * HOUR)
    assert [fact.data.key for fact in declared(facts)] == ["country:TH"]
    told = [fact.data for fact in facts if isinstance(fact, SurgeRevised)]
    assert max(data.rate_per_hour for data in told) > 800
    # And what is usual for it is not learned from its surge.
    usual = [data.rate_per_hour / data.ratio for data in told]
    assert max(usual) < 1.4 * min(usual)
