"""What should somebody who answers do next?

The floor board says it in words: what people call about, what to take next, whether help comes,
what callers may be told. Waiting people, waits and shares are for the operations board: numbers
that one person cannot change only press.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from services.boards.pages import is_old
from services.boards.snapshot import KeyLevel, MissionRow, Snapshot, Title

Tone = Literal["", "act"]
SOON: Final = timedelta(minutes=30)
GROUPS: Final = ("queues", "callbacks", "surges", "seats")


@dataclass(frozen=True, slots=True)
class Say:
    """One thing to know or do; `act` when it differs from every other day."""

    name: str
    title: Title
    more: Title
    tone: Tone = ""


def floor(snapshot: Snapshot) -> tuple[Say, ...]:
    """Everything that the floor is told, the next step first."""
    return (_next(snapshot), _about(snapshot), _help(snapshot), _callers(snapshot))


def age_of(snapshot: Snapshot) -> float | None:
    """The age of what the floor is told; None when some of it is not known yet."""
    ages = [snapshot.ages[group].age for group in GROUPS]
    known = [age for age in ages if age is not None]
    return max(known) if len(known) == len(ages) else None


def missions(snapshot: Snapshot) -> tuple[MissionRow, ...]:
    """The places people call about, for their local time."""
    return tuple(row for row in snapshot.missions if row.key != "total")


def _next(snapshot: Snapshot) -> Say:
    if is_old(age_of(snapshot)):
        return Say(
            "next",
            Title("상담 화면을 따르세요", "Go by your own desk"),
            Title("이 화면의 자료가 오래되었습니다.", "What this board knows is old."),
            "act",
        )
    oldest = snapshot.callbacks.oldest_promise
    if oldest is not None and oldest - snapshot.at < SOON:
        return Say(
            "next",
            Title("다음은 콜백", "Next: a callback"),
            Title(
                "상담 화면에서 ‘다음’을 누르세요. 순서는 정해져 있습니다.",
                "Press Next on your desk. The order is taken care of.",
            ),
            "act",
        )
    if snapshot.waiting:
        return Say(
            "next",
            Title("다음 전화를 받으세요", "Next: the next call"),
            Title("한 분씩, 평소처럼.", "One caller at a time, as always."),
        )
    if snapshot.callbacks.open:
        return Say(
            "next",
            Title("콜백할 시간이 있습니다", "There is time for callbacks"),
            Title("상담 화면에서 ‘다음’을 누르세요.", "Press Next on your desk."),
        )
    return Say(
        "next",
        Title("평소처럼 받으세요", "Answer as usual"),
        Title("기다리는 분이 없습니다.", "Nobody is waiting."),
    )


def _about(snapshot: Snapshot) -> Say:
    surges = [level for level in snapshot.levels if level.level == "surge"]
    if not surges:
        return Say(
            "about",
            Title("특별한 일 없음", "Nothing out of the ordinary"),
            Title("여러 문의가 고르게 옵니다.", "People call about the usual things."),
        )
    names = _names(surges)
    return Say(
        "about",
        Title(f"{names.ko} 전화가 많습니다", f"Many call about {names.en}"),
        Title(
            "안내문을 옆에 두세요. 현지 시각은 아래에 있습니다.",
            "Keep the briefing at hand. The local time is below.",
        ),
        "act",
    )


def _help(snapshot: Snapshot) -> Say:
    seats = snapshot.seats
    if seats.release:
        return Say(
            "help",
            Title("도우미는 귀가할 수 있습니다", "Helpers may go home"),
            Title("먼저 선임에게 물어보세요.", "Ask your lead first."),
        )
    if seats.coming:
        return Say(
            "help",
            Title("도울 사람들이 오고 있습니다", "Help is on its way"),
            Title("오는 분에게 옆자리를 내어 주세요.", "Make room beside you for who arrives."),
        )
    if seats.short and snapshot.headline.level == "surge":
        return Say(
            "help",
            Title("도울 사람을 찾고 있습니다", "Help is being looked for"),
            Title("쉬는 시간은 계획대로 지키세요.", "Take your breaks as planned."),
        )
    return Say(
        "help",
        Title("쉬는 시간은 계획대로", "Breaks as planned"),
        Title("힘든 통화 뒤에는 선임에게 말하세요.", "After a hard call, tell your lead."),
    )


def _callers(snapshot: Snapshot) -> Say:
    if snapshot.headline.level == "surge" or snapshot.callbacks.open:
        return Say(
            "callers",
            Title("번호를 남긴 분께는 다시 전화합니다", "Who left a number is called back"),
            Title("그렇게 말해도 됩니다.", "You may tell callers so."),
        )
    return Say(
        "callers",
        Title("바로 돕지 못하면 콜백을 제안하세요", "Cannot help at once? Offer a callback"),
        Title("다시 거실 필요가 없습니다.", "Nobody has to ring again."),
    )


def _names(surges: list[KeyLevel]) -> Title:
    titles = list(dict.fromkeys(level.title for level in surges))[:2]
    return Title(
        ", ".join(title.ko for title in titles), " and ".join(title.en for title in titles)
    )
