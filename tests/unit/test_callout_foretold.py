"""When will a running call-out be full? Played from where it stands, silences and all."""

from datetime import timedelta

from streams.domain.callout import asking, life
from streams.domain.callout.forecast import Habit
from streams.domain.callout.outlook import Outlook, outlook
from streams.domain.callout.paging import Open
from tests.support.callout_desk import ScriptedProvider, desk
from tests.support.callout_people import POLICY, at
from tests.unit.test_callout_rules import Story, several
from tests.unit.test_callout_sender import begun, texts

QUICK = Habit(yes_share=0.4, median_seconds=360.0)


def seconds(seen: Outlook) -> tuple[float, float]:
    assert seen.median_seconds is not None
    assert seen.p90_seconds is not None
    return seen.median_seconds, seen.p90_seconds


def test_people_who_were_asked_already_make_it_full_sooner() -> None:
    fresh = seconds(outlook(10, [QUICK] * 60, POLICY))
    under_way = seconds(outlook(10, [QUICK] * 60, POLICY, waiting=[Open(QUICK, 120.0, 40)]))
    assert under_way[0] < fresh[0]
    assert under_way[1] < fresh[1]


def test_who_has_been_silent_for_long_counts_for_little() -> None:
    lately = outlook(10, [], POLICY, waiting=[Open(QUICK, 60.0, 60)])
    long_ago = outlook(10, [], POLICY, waiting=[Open(QUICK, 7200.0, 60)])
    assert (lately.filled_in_two_hours, long_ago.filled_in_two_hours) == (1.0, 0.0)


def test_a_silence_is_followed_by_as_many_yeses_as_the_forecast_expects() -> None:
    waiting = [Open(QUICK, 300.0, 100)]
    expected = 100 * QUICK.will_say_yes(300.0, None)
    seen = outlook(1, [], POLICY, waiting=waiting, runs=200)
    # All that come are one seat and the surplus; what is woken beyond them is nobody.
    assert abs(seen.surplus + 1 - expected) < 2.0
    assert seen.people_woken == 0


async def test_a_running_call_out_says_on_the_log_when_it_will_be_full() -> None:
    async with desk(texts(200), ScriptedProvider()) as where:
        callout = await begun(where, 10)
        await where.engine.round()
        forecast = where.commands.book.callout(callout).forecast
    assert forecast is not None
    assert forecast.half is not None
    assert forecast.at == where.now < forecast.half
    assert forecast.most is None or forecast.half <= forecast.most


def test_nothing_is_foretold_of_a_call_out_that_does_not_run() -> None:
    story = Story(several(2))
    story.says(0, "accept", 1)
    seen = outlook(1, asking.habits([], {}), POLICY)
    life.foretold(story.book, story.id, seen, at(2))
    assert story.callout.forecast is None
    assert story.callout.touched_at <= at(1) + timedelta(seconds=1)
