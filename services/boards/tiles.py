"""What do the six numbers say, and which of them is out of order?

Each number has what it is judged by right under it, so that it can be read without knowing the
centre; what is out of order says so in a word and a shape, and only then in colour.
"""

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final, Literal

from services.boards import words
from services.boards.snapshot import Group, Snapshot, Title

Tone = Literal["", "warn", "bad"]
SOON: Final = timedelta(minutes=30)
ENOUGH_TO_JUDGE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number. `rest` stands beside it, `second` is another to be read from afar; `flag` says
    what is wrong.
    """

    name: str
    title: Title
    number: str
    rest: str = ""
    second: Title | None = None
    second_is_bad: bool = False
    note: Title
    group: Group
    tone: Tone = ""
    flag: Title | None = None


def tiles(snapshot: Snapshot, zone: tzinfo) -> tuple[Tile, ...]:
    """The six numbers of the board."""
    return (
        _waiting(snapshot),
        _longest_wait(snapshot),
        _in_target(snapshot),
        _seats(snapshot),
        _callbacks(snapshot, zone),
        _lost(snapshot),
    )


def _waiting(snapshot: Snapshot) -> Tile:
    usual = f"0–{max(1, snapshot.waiting_expected)}"
    tone: Tone = ""
    if snapshot.waiting > max(1, snapshot.waiting_expected):
        tone = "bad" if snapshot.waiting > max(3, snapshot.seats.staffed) else "warn"
    return Tile(
        name="waiting",
        title=Title("대기", "waiting"),
        number=f"{snapshot.waiting:,}",
        note=Title(f"평소 {usual}명", f"usually {usual}"),
        group="queues",
        tone=tone,
        flag=Title("▲ 많음", "▲ high") if tone else None,
    )


def _longest_wait(snapshot: Snapshot) -> Tile:
    limit, wait = snapshot.wait_limit_seconds, snapshot.longest_wait_seconds or 0.0
    tone: Tone = "bad" if wait >= limit else "warn" if wait >= limit / 2 else ""
    return Tile(
        name="longest_wait",
        title=Title("최장 대기", "longest wait"),
        number=words.duration(wait),
        note=Title(f"{words.duration(limit)}부터 콜백", f"callback at {words.duration(limit)}"),
        group="queues",
        tone=tone,
        flag=Title("▲ 깁니다", "▲ long") if tone else None,
    )


def _in_target(snapshot: Snapshot) -> Tile:
    told = snapshot.in_target
    seconds, target = f"{told.target_seconds:g}", f"{told.target_share:.0%}"
    tone: Tone = ""
    if told.share is not None and told.judged >= ENOUGH_TO_JUDGE:
        below = told.target_share - told.share
        tone = "bad" if below > 1 - told.target_share else "warn" if below > 0 else ""
    return Tile(
        name="in_target",
        title=Title(f"{seconds}초 내 응답", f"answered in {seconds} s"),
        number="–" if told.share is None else f"{told.share * 100:.0f}",
        rest="" if told.share is None else "%",
        note=Title(f"오늘 · 목표 {target}", f"today · target {target}"),
        group="queues",
        tone=tone,
        flag=Title("▼ 미달", "▼ below") if tone else None,
    )


def _seats(snapshot: Snapshot) -> Tile:
    seats = snapshot.seats
    note, flag, tone = Title("필요 계산 중", "need not known yet"), None, ""
    if seats.needed is not None:
        sure = seats.needed_low == seats.needed_high
        spread = f"{seats.needed:,}" if sure else f"{seats.needed_low:,}–{seats.needed_high:,}"
        note = Title(f"{spread}석", spread)
    if seats.short:
        flag, tone = Title(f"▼ {seats.short}석 부족", f"▼ {seats.short} short"), "bad"
    return Tile(
        name="seats",
        title=Title("상담석 / 필요", "seats / needed"),
        number=f"{seats.staffed:,}",
        rest="" if seats.needed is None else f"/ {seats.needed:,}",
        second=Title(f"+{seats.coming:,} 오는 중", f"+{seats.coming:,} coming"),
        note=note,
        group="seats",
        tone="bad" if tone else "",
        flag=flag,
    )


def _callbacks(snapshot: Snapshot, zone: tzinfo) -> Tile:
    told = snapshot.callbacks
    note, flag = Title("약속 없음", "nobody is waiting for one"), None
    tone: Tone = ""
    if told.oldest_promise is not None:
        by = words.clock_time(told.oldest_promise, zone, seconds=False)
        note = Title(f"첫 기한 {by}", f"first due {by}")
        if told.overdue:
            tone = "bad"
            flag = Title("▲ 초과", "▲ late")
        elif told.oldest_promise - snapshot.at < SOON:
            tone, flag = "warn", Title("▲ 임박", "▲ due soon")
    if told.out_of_turn:
        count = told.out_of_turn
        note = Title(f"{note.ko} · 순서 예외 {count}", f"{note.en} · {count} out of turn")
    return Tile(
        name="callbacks",
        title=Title("콜백 약속", "callbacks open"),
        number=f"{told.open:,}",
        second=Title(f"{told.overdue:,} 기한 초과", f"{told.overdue:,} overdue"),
        second_is_bad=told.overdue > 0,
        note=note,
        group="callbacks",
        tone=tone,
        flag=flag,
    )


def _lost(snapshot: Snapshot) -> Tile:
    shares = snapshot.shares
    lost = next(part.people for part in shares.parts if part.name == "lost")
    worst = next(iter(shares.lost_reasons), None)
    note = Title("오늘 한 명도 없음", "nobody today")
    if worst is not None and lost:
        why, people = words.lost_reason(worst), shares.lost_reasons[worst]
        note = Title(f"{why.ko} {people}명", f"{people} {why.en}")
    too_many = lost > max(1.0, snapshot.abandoned_target * shares.total)
    return Tile(
        name="lost",
        title=Title("유실", "lost today"),
        number=f"{lost:,}",
        note=note,
        group="queues",
        tone="bad" if too_many else "",
        flag=Title("▲ 많음", "▲ high") if too_many else None,
    )
