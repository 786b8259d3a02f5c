"""Does a surge's case hold the evidence, exactly and of this surge alone?"""

import re
from datetime import datetime, timedelta

import msgspec
import pytest

from services.boards.case import Case, Dossier, scores
from services.boards.case_page import LANGUAGES, CasePages
from services.boards.plots import axes, frame, scale_of_tens
from streams.events.callouts import (
    CalloutChanged,
    CalloutData,
    Need,
    OfferChanged,
    OfferData,
    OfferState,
    PageAttempt,
    Policy,
    Quota,
)
from streams.events.codec import decode
from streams.events.demand import PulseCounted
from streams.events.envelope import CloudEvent
from tests.support.board_story import Story, cleared
from tests.unit.test_boards_fold import CENTRE, END

MINUTES = timedelta(minutes=1)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story(END, surge=timedelta(minutes=27), day="2026-03-11")


def gathered(story: Story, *more: CloudEvent) -> Dossier:
    dossier = Dossier(CENTRE, "ep-1")
    events = [*(decode(record.value or b"") for record in story.records()), *more]
    for event in sorted(events, key=lambda event: isinstance(event, PulseCounted)):
        dossier.observe(event)
    return dossier


def asked(at: datetime = END) -> list[CloudEvent]:
    need = Need(
        dedup_key="n",
        pool="volunteers",
        quotas=(Quota(seats=7),),
        start=at,
        end=at + 60 * MINUTES,
        raised_at=at,
        raised_by="rule",
        episode="ep-1",
        expires_at=at + 30 * MINUTES,
    )
    callout = CalloutData(
        id="c1",
        version=2,
        state="running",
        ref="17",
        need=need,
        policy=Policy(),
        created_at=at,
        started_at=at,
        touched_at=at,
    )
    other = msgspec.structs.replace(
        callout, id="c2", need=msgspec.structs.replace(need, episode="ep-2")
    )
    states: tuple[OfferState, ...] = ("accepted", "declined", "contacting")
    offers = [
        OfferData(
            id=f"o{n}",
            version=1,
            callout="c1",
            person=f"person-{n}",
            state=states[n % 3],
            created_at=at,
            attempts=(
                PageAttempt(
                    id=f"a{n}", method="m", kind="sms", step=1, state="delivered", due_at=at
                ),
            ),
        )
        for n in range(6)
    ]
    return [
        *(
            CalloutChanged(id=c.id, subject=c.id, source="/callout", time=at, data=c)
            for c in (callout, other)
        ),
        *(OfferChanged(id=o.id, subject=o.id, source="/callout", time=at, data=o) for o in offers),
    ]


def case_of(dossier: Dossier) -> Case:
    case = dossier.case(END)
    assert case is not None
    return case


def test_the_case_counts_whom_the_log_counts_since_the_estimated_start(story: Story) -> None:
    case = case_of(gathered(story))
    since = [
        event.data
        for record in Story(END, surge=timedelta(minutes=27), day="2026-03-11").records()
        if isinstance(event := decode(record.value or b""), PulseCounted)
        and event.data.key == "country:JP"
        and event.data.second >= case.surge.started_at
    ]

    assert case.counted.people == sum(pulse.first_attempts for pulse in since) > 100
    assert case.counted.redials == sum(pulse.redials for pulse in since) > 0
    during = [minute for minute in case.minutes if minute.at >= case.surge.started_at]
    assert sum(minute.people for minute in during) == case.counted.people
    assert sum(minute.again for minute in during) == case.counted.redials
    assert sum(case.callbacks.values()) > 0


def test_the_case_says_what_was_sent_in_numbers_and_names_nobody(story: Story) -> None:
    case = case_of(gathered(story, *asked()))

    [callout] = case.callouts
    assert (callout.seats, callout.pool, callout.people) == (
        7,
        "volunteers",
        {"accepted": 2, "declined": 2, "contacting": 2},
    )
    assert callout.messages == {"sms": {"delivered": 6}}
    for language in LANGUAGES:
        for html in (
            CasePages(CENTRE).page(case, 0.0, language),
            CasePages(CENTRE).report(case, language),
        ):
            assert "person-" not in html
            assert "7 seats, volunteers" in html


def test_a_case_that_is_over_ends_soon_after_it_was_cleared(story: Story) -> None:
    over = decode(cleared(story, END).value or b"")
    dossier = gathered(story, over)

    case = dossier.case(END + timedelta(days=3))

    assert case is not None
    assert case.is_over
    assert case.minutes[-1].at <= END + 21 * MINUTES
    assert [finding.kind for finding in case.findings][-1] == "cleared"
    assert set(scores(case).values()) == {7.5}


def test_an_episode_that_the_log_does_not_know_is_no_case() -> None:
    assert Dossier(CENTRE, "ep-9").case(END) is None


def test_the_report_needs_nothing_but_itself(story: Story) -> None:
    html = CasePages(CENTRE).report(case_of(gathered(story)), "both")

    assert not re.search(r"<script|<link|<img|url\(|src=|@import", html)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert html.count("<svg") == 3


def test_a_scale_of_tens_has_short_numbers_that_stand_apart() -> None:
    zone = CENTRE.timezone
    low, high = (scale_of_tens(END, END + 60 * MINUTES, top, zone) for top in (900.0, 3e7))

    assert _numbers(axes(low)) == ["0.1", "1", "10", "100", "10³"]
    assert _numbers(axes(high)) == ["1", "100", "10⁴", "10⁶", "10⁸"]


def _numbers(drawn: str) -> list[str]:
    return re.findall(r'text-anchor="end">([^<]+)<', drawn)


def test_plots_end_on_a_round_number_above_what_they_show() -> None:
    for highest in (0, 3, 9.9, 47, 101, 999):
        top = frame(END, END + MINUTES, highest, CENTRE.timezone).top
        assert highest < top <= max(5.0, highest * 1.7)
