"""What do the quiet numbers at the foot of the board say: waits, seats ahead, figures in use?

They explain the six numbers and are read from near. A range runs from the median to its upper end:
for a wait what nine in ten stay under, for seats the end of the 90 % interval. In the place of what
is not known stands why, never a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from services.boards import words
from services.boards.snapshot import Filling, QueueWait, Seats, Snapshot, Title, WaitNotKnown

WAIT_NOT_KNOWN: Final[dict[WaitNotKnown, Title]] = {
    "nobody_staffed": Title("상담원 없음", "nobody seated"),
    "line_not_moving": Title("대기열 멈춤", "line not moving"),
    "not_heard": Title("추정 전", "no estimate yet"),
}
NO_PLAN: Final = Title("계획 없음", "no plan yet")
NOBODY_NEEDED: Final = Title("필요 없음", "nobody")
NOBODY_LEFT: Final = Title("부를 사람 없음", "nobody is left")
ALL_TAKEN: Final = Title("모두 찼음", "all taken")
NOT_FORESEEN: Final = Title("시각 미정", "not foreseen")
ALL_QUEUES: Final = Title("모든 대기열", "all queues")
WAITS_SHOWN: Final = 3
HOUR: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One quiet number, or in its place what is to be said; `flag` warns."""

    title: Title
    number: str = ""
    upto: str = ""
    say: Title | None = None
    flag: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells that belong together, with what they are and between which quantiles they run."""

    name: str
    title: Title | None = None
    scale: str = ""
    cells: tuple[Cell, ...]


def outlook(snapshot: Snapshot, titles: Mapping[str, Title], zone: tzinfo) -> tuple[Row, ...]:
    """Everything at the foot of the board."""
    return (
        Row(
            name="waits",
            title=Title("예상 대기", "expected wait"),
            scale="50–90%",
            cells=_waits(snapshot.waits),
        ),
        Row(
            name="seats",
            title=Title("필요 좌석", "seats needed"),
            scale="50–95%",
            cells=_ahead(snapshot.seats),
        ),
        Row(
            name="plan",
            cells=(
                _filling(snapshot.seats.filling, zone)
                if snapshot.seats.filling
                else _help(snapshot.seats, titles),
                _in_use(Title("처리 시간", "handling"), snapshot.seats.handle_seconds),
                _in_use(Title("인내 시간", "patience"), snapshot.seats.patience_seconds),
            ),
        ),
    )


def _waits(waits: Sequence[QueueWait]) -> tuple[Cell, ...]:
    """Queues that share a line wait alike and are one cell; else those with the worst news."""
    cells = [_wait(wait) for wait in waits]
    if (
        len(cells) > 1
        and len({(cell.number, cell.upto, cell.say, cell.flag) for cell in cells}) == 1
    ):
        one = cells[0]
        return (
            Cell(title=ALL_QUEUES, number=one.number, upto=one.upto, say=one.say, flag=one.flag),
        )
    worst = sorted(waits, key=lambda wait: (wait.p90_seconds is not None, -(wait.p90_seconds or 0)))
    shown = {wait.queue for wait in worst[:WAITS_SHOWN]}
    return tuple(_wait(wait) for wait in waits if wait.queue in shown)


def _wait(wait: QueueWait) -> Cell:
    if wait.p50_seconds is None or wait.p90_seconds is None:
        return Cell(title=wait.title, say=WAIT_NOT_KNOWN[wait.unknown or "not_heard"])
    number, upto = words.duration(wait.p50_seconds), words.duration(wait.p90_seconds)
    flag = Title("통화 증가", "volume risen") if wait.volume_has_risen else None
    return _range(wait.title, number, upto, flag)


def _ahead(seats: Seats) -> tuple[Cell, ...]:
    if not seats.ahead:
        return (Cell(title=_minutes(0), say=NO_PLAN),)
    return tuple(
        _range(_minutes(ahead.minutes), f"{ahead.needed:,}", f"{ahead.needed_high:,}")
        for ahead in seats.ahead
    )


def _range(title: Title, number: str, upto: str, flag: Title | None = None) -> Cell:
    """A range; one number when both ends are the same."""
    return Cell(title=title, number=number, upto=upto if upto != number else "", flag=flag)


def _minutes(minutes: int) -> Title:
    if minutes == 0:
        return Title("지금", "now")
    if minutes > HOUR and minutes % HOUR == 0:
        return Title(f"{minutes // HOUR}시간", f"{minutes // HOUR} h")
    return Title(f"{minutes}분", f"{minutes} min")


def _help(seats: Seats, titles: Mapping[str, Title]) -> Cell:
    """Whom to call in first; or how many may go home; or why neither."""
    call = Title("먼저 호출", "call in first")
    if seats.needed is None:
        return Cell(title=call, say=NO_PLAN)
    if seats.first is not None:
        pool = titles.get(f"pool:{seats.first}") or Title(seats.first, seats.first)
        return Cell(title=call, say=pool)
    if seats.release:
        say = Title(f"{seats.release}명", f"{seats.release} people")
        return Cell(title=Title("귀가 가능", "may go home"), say=say)
    soon = [ahead.needed for ahead in seats.ahead if ahead.minutes <= HOUR]
    enough = max([seats.needed, *soon]) <= seats.staffed
    return Cell(title=call, say=NOBODY_NEEDED if enough else NOBODY_LEFT)


def _filling(filling: Filling, zone: tzinfo) -> Cell:
    """How many of the seats called for are taken, and by when they will all be."""
    taken = f"{filling.taken:,}/{filling.seats:,}"
    title = Title(f"호출 {taken}석", f"called in {taken}")
    if filling.taken >= filling.seats:
        return Cell(title=title, say=ALL_TAKEN)
    if filling.half is None:
        return Cell(title=title, say=NOT_FORESEEN)
    half = words.clock_time(filling.half, zone, seconds=False)
    most = words.clock_time(filling.most, zone, seconds=False) if filling.most else "?"
    return _range(title, half, most)


def _in_use(title: Title, seconds: float | None) -> Cell:
    return Cell(title=title, number="–" if seconds is None else words.duration(seconds))
