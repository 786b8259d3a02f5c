"""Which seats are coming, and what is said of call-outs and of a new centre file?"""

from datetime import timedelta

from msgspec import structs

from services.boards import words
from services.boards.build import build
from services.boards.fold import Fold
from services.boards.pages import Pages
from services.boards.snapshot import Filling
from streams.domain.callout.seating import seats_needed
from streams.events.callouts import CalloutChanged, FillForecast, OfferChanged
from streams.events.centre import CentreApplied, CentreData
from streams.events.envelope import CloudEvent
from tests.unit.test_boards_case import asked
from tests.unit.test_boards_fold import CENTRE, END


def fold_of(*events: CloudEvent) -> Fold:
    fold = Fold(CENTRE)
    for offset, event in enumerate(events):
        fold.observe("callouts", 0, offset, END, event)
    return fold


def coming(fold: Fold) -> int:
    return build(fold, END, 1).seats.coming


def offer(number: int, version: int, **changed: object) -> OfferChanged:
    offers = [event for event in asked() if isinstance(event, OfferChanged)]
    found = offers[number]
    return structs.replace(found, data=structs.replace(found.data, version=version, **changed))


def test_a_seat_is_coming_from_the_yes_until_its_person_is_here() -> None:
    events = asked()
    assert coming(fold_of(*events)) == 2
    assert coming(fold_of(*events, offer(0, 2, arrived_at=END))) == 1
    assert coming(fold_of(*events, offer(0, 2, state="withdrawn", no_show_at=END))) == 1
    assert coming(fold_of(*events, offer(0, 0, arrived_at=END))) == 2
    assert coming(fold_of(*events, offer(1, 2, state="accepted", drill=True))) == 2


def test_nobody_comes_for_a_need_that_is_over() -> None:
    fold = fold_of(*asked())
    assert fold.coming.seats(END + timedelta(minutes=61)) == 0


def test_the_seats_that_come_stand_beside_those_needed() -> None:
    html = Pages(CENTRE).page(build(fold_of(*asked()), END, 1), "both")
    assert "+2 오는 중" in html
    assert "+2 coming" in html


def test_seats_fill_against_the_forecast_until_all_are_taken() -> None:
    first, *others = (event for event in asked() if isinstance(event, CalloutChanged))
    over = [
        structs.replace(one, data=structs.replace(one.data, version=9, state="closed"))
        for one in others
        if one.data.id != first.data.id
    ]
    half, most = END + timedelta(minutes=9), END + timedelta(minutes=14)
    foreseen = FillForecast(at=END, half=half, most=most)
    running = structs.replace(first.data, version=9, state="running", forecast=foreseen)
    seats = seats_needed(running.need)
    fold = fold_of(*asked(), *over, structs.replace(first, data=running))
    assert fold.coming.filling(END) == Filling(seats=seats, taken=2, half=half, most=most)
    html = Pages(CENTRE).page(build(fold, END, 1), "both")
    assert f"called in 2/{seats}" in html
    assert half.astimezone(CENTRE.timezone).strftime("%H:%M") in html
    assert fold.coming.filling(END + timedelta(hours=30)) is None
    unsure = structs.replace(running, version=10, forecast=None)
    fold.observe("callouts", 0, 99, END, structs.replace(first, data=unsure))
    html = Pages(CENTRE).page(build(fold, END, 1), "both")
    assert "not foreseen" in html
    here = fold_of(
        *asked(), *over, offer(0, 2, arrived_at=END), structs.replace(first, data=running)
    )
    found = here.coming.filling(END)
    assert found is not None
    assert found.taken == 2


def test_a_call_out_is_told_once_for_each_thing_it_comes_to() -> None:
    first = next(event for event in asked() if isinstance(event, CalloutChanged))
    data = structs.replace(first.data, version=3, state="filled")
    filled = structs.replace(first, time=END + timedelta(seconds=1), data=data)
    fold = fold_of(first, first, filled, filled)

    said = [words.decision(made).en for made in build(fold, END, 1).decisions]

    assert said == ["call-out filled: 7 seats, volunteers", "call-out for 7 seats, volunteers"]


def test_a_new_centre_file_is_told_but_not_the_first() -> None:
    def applied(version: str, **more: object) -> CentreApplied:
        data = CentreData(version=version, text="", **more)  # type: ignore[arg-type]
        return CentreApplied(id=version, source="/command", subject="centre", time=END, data=data)

    fold = fold_of(applied("aaaa"), applied("bbbb", previous="aaaa"))

    said = [words.decision(made) for made in build(fold, END, 1).decisions]

    assert [title.en for title in said] == ["new centre file in force (bbbb)"]
    assert "새 센터 설정" in said[0].ko
