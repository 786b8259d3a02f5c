"""The foot of the board: quiet numbers in both languages, and none for what nobody knows."""

import re
from datetime import timedelta
from typing import get_args

import msgspec
import pytest

from services.boards import outlook as said
from services.boards.build import build
from services.boards.fold import Fold
from services.boards.outlook import Cell, outlook
from services.boards.pages import Pages
from services.boards.snapshot import QueueWait, Snapshot, Title, WaitNotKnown
from services.boards.words import titles
from streams.events.surges import WaitUnknown
from tests.unit.test_boards_capacity import after
from tests.unit.test_boards_fold import CENTRE, END

ALL_REASONS = {*get_args(WaitUnknown), "not_heard"}


def surge() -> Snapshot:
    return build(after(27), END, 1)


def silent() -> Snapshot:
    return build(Fold(CENTRE), END, 1)


def cells(snapshot: Snapshot) -> dict[str, tuple[Cell, ...]]:
    return {row.name: row.cells for row in outlook(snapshot, titles(CENTRE), CENTRE.timezone)}


def text(cell: Cell) -> tuple[str, str]:
    """A cell in English: (what it is, what it says)."""
    number = f"{cell.number}–{cell.upto}" if cell.upto else cell.number
    return cell.title.en, cell.say.en if cell.say else number


def wait(queue: str, p50: float, p90: float, *, risen: bool = False) -> QueueWait:
    return QueueWait(
        queue=queue,
        title=Title(queue, queue),
        p50_seconds=p50,
        p90_seconds=p90,
        volume_has_risen=risen,
    )


def test_waits_are_said_with_their_mark_and_what_is_not_known_with_its_reason() -> None:
    main, english = cells(surge())["waits"]

    assert text(main) == ("Emergency line", "4:10–9:30")
    assert main.flag is not None
    assert text(english) == ("English line", "nobody seated")
    assert (english.number, english.upto, english.flag) == ("", "", None)


def test_before_anything_is_heard_no_digit_stands_at_the_foot() -> None:
    shown = cells(silent())

    told = [text(cell)[1] for row in shown.values() for cell in row]
    assert not [words for words in told if re.search(r"\d", words)]
    assert text(shown["waits"][0]) == ("all queues", "no estimate yet")
    assert text(shown["seats"][0]) == ("now", "no plan yet")


@pytest.mark.parametrize("reason", sorted(ALL_REASONS))
def test_every_reason_for_not_knowing_has_words_in_both_languages(reason: WaitNotKnown) -> None:
    words = said.WAIT_NOT_KNOWN[reason]

    assert re.search(r"[가-힣]", words.ko)
    assert words.en
    assert not re.search(r"[가-힣\d]", words.en)


def test_queues_that_share_a_line_are_one_cell() -> None:
    alike = (wait("a", 60, 120), wait("b", 60, 120))
    other = (wait("a", 60, 120), wait("b", 60, 120, risen=True))

    def shown(waits: tuple[QueueWait, ...]) -> list[tuple[str, str]]:
        snapshot = msgspec.structs.replace(surge(), waits=waits)
        return [text(cell) for cell in cells(snapshot)["waits"]]

    assert shown(alike) == [("all queues", "1:00–2:00")]
    assert shown(other) == [("a", "1:00–2:00"), ("b", "1:00–2:00")]


def test_of_many_queues_the_worst_are_shown_and_the_unknown_before_them() -> None:
    waits = (
        wait("a", 10, 20),
        wait("b", 100, 200),
        QueueWait(queue="c", title=Title("c", "c"), unknown="line_not_moving"),
        wait("d", 30, 40),
    )
    snapshot = msgspec.structs.replace(surge(), waits=waits)

    assert [cell.title.en for cell in cells(snapshot)["waits"]] == ["b", "c", "d"]


def test_seats_ahead_are_median_and_upper_end() -> None:
    assert [text(cell) for cell in cells(surge())["seats"]] == [
        ("now", "9–18"),
        ("15 min", "28–37"),
        ("30 min", "37–46"),
        ("60 min", "42–51"),
        ("2 h", "46–55"),
    ]


def test_a_range_without_width_is_one_number() -> None:
    calm = cells(build(after(0), END, 1))

    assert {text(cell)[1] for cell in calm["seats"]} == {"9"}
    assert text(calm["waits"][0]) == ("all queues", "0:00–0:04")


def test_the_handle_time_and_the_patience_in_use_are_on_the_board() -> None:
    assert [text(cell) for cell in cells(surge())["plan"]] == [
        ("call in first", "volunteers"),
        ("handling", "4:30"),
        ("patience", "6:20"),
    ]


@pytest.mark.parametrize(
    ("needed", "first", "release", "told"),
    [
        (46, "volunteers", 0, ("call in first", "volunteers")),
        (46, None, 0, ("call in first", "nobody is left")),
        (9, None, 0, ("call in first", "nobody")),
        (9, None, 4, ("may go home", "4 people")),
        (None, None, 0, ("call in first", "no plan yet")),
    ],
)
def test_whom_to_call_in_or_send_home_or_why_neither(
    needed: int | None, first: str | None, release: int, told: tuple[str, str]
) -> None:
    snapshot = surge()
    seats = msgspec.structs.replace(
        snapshot.seats, needed=needed, first=first, release=release, ahead=()
    )

    snapshot = msgspec.structs.replace(snapshot, seats=seats)
    assert text(cells(snapshot)["plan"][0]) == told


def test_the_page_has_the_state_and_the_outlook_in_both_languages() -> None:
    page = " ".join(Pages(CENTRE).page(surge(), "both").split())

    assert "<strong>서비스 과부하</strong> 46석 필요, 12석 부족" in page
    assert "Overloaded</strong> 46 seats needed, 12 short" in page
    assert '<b class="count">4:10</b><span class="upto">–9:30</span>' in page
    assert '<span lang="ko">자원봉사자</span> <span lang="en">volunteers</span>' in page


def test_a_page_without_a_plan_says_that_the_state_is_not_known() -> None:
    page = Pages(CENTRE).page(silent(), "both")

    assert 'class="service unknown"' in page
    assert "서비스 알 수 없음" in page
    assert "no seat plan heard yet" in page


def test_the_outlook_is_sent_again_only_when_it_changed() -> None:
    pages, fold = Pages(CENTRE), after(27)
    now, later = build(fold, END, 1), build(fold, END + timedelta(seconds=2), 2)

    assert pages.parts(now)["outlook"] == pages.parts(later)["outlook"]
