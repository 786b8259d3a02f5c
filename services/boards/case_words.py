"""How is the case of a surge said in both languages?"""

from datetime import datetime, tzinfo
from typing import Final

from services.boards import words
from services.boards.case import Asked, Case, Finding
from services.boards.snapshot import Title
from streams.events.surges import SurgeData

KINDS: Final = {
    "declared": Title("선언", "declared"),
    "revised": Title("갱신", "revised"),
    "cleared": Title("해제", "over"),
}
OUTCOMES: Final = {
    "open": Title("진행 중", "still open"),
    **{name: title for name, title in words.CALLBACK_WORDS.items() if name != "promised"},
}
CALLOUT_STATES: Final = {
    "draft": Title("준비", "draft"),
    "previewed": Title("미리 보기", "previewed"),
    "running": Title("진행 중", "running"),
    "paused": Title("일시 중지", "paused"),
    "filled": Title("충원 완료", "filled"),
    "closed": Title("종료", "closed"),
    "expired": Title("기한 만료", "expired"),
    "cancelled": Title("취소", "cancelled"),
}
OFFER_STATES: Final = {
    "queued": Title("대기", "to be asked"),
    "contacting": Title("연락 중", "being contacted"),
    "delivered": Title("전달됨", "message delivered"),
    "seen": Title("읽음", "seen"),
    "accepted": Title("수락", "accepted"),
    "declined": Title("거절", "declined"),
    "waitlisted": Title("대기 명단", "on the waitlist"),
    "no_answer": Title("응답 없음", "no answer"),
    "unreachable": Title("연결 불가", "not reached"),
    "withdrawn": Title("수락 취소", "withdrew"),
    "stood_down": Title("대기 해제", "stood down"),
    "ineligible": Title("대상 아님", "not eligible"),
}
METHODS: Final = {
    "sms": Title("문자", "text messages"),
    "voice": Title("전화", "calls"),
    "email": Title("이메일", "e-mails"),
    "push": Title("앱 알림", "app messages"),
}
ATTEMPTS: Final = {
    "pending": Title("대기", "pending"),
    "sending": Title("보내는 중", "being sent"),
    "unknown": Title("확인 중", "unknown"),
    "accepted": Title("접수", "accepted"),
    "sent": Title("보냄", "sent"),
    "delivered": Title("전달", "delivered"),
    "failed_temporary": Title("일시 실패", "failed for now"),
    "failed_permanent": Title("실패", "failed"),
    "suppressed": Title("보내지 않음", "held back"),
}


def evidence(surge: SurgeData) -> Title:
    """The evidence in one sentence."""
    expected, ratio = words.number(surge.expected), words.number(surge.ratio)
    spread = f"{words.number(surge.ratio_low)}–{words.number(surge.ratio_high)}"
    return Title(
        f"예상 {expected}명에 {surge.observed:,}명, 평소의 {ratio}배 ({spread}배)",
        f"{surge.observed:,} callers where {expected} were expected: {ratio} times normal"
        f" ({spread})",
    )


def finding(found: Finding) -> Title:
    """What was said at a moment: the level, and the evidence for it."""
    tier = words.LEVEL_WORDS["surge" if found.data.tier == "alert" else "watch"]
    kind, said = KINDS[found.kind], evidence(found.data)
    return Title(f"{tier.ko} {kind.ko}: {said.ko}", f"{tier.en} {kind.en}: {said.en}")


def orders(surge: SurgeData, zone: tzinfo) -> tuple[Title, ...]:
    """What people in command ordered, in roles and times."""
    told: list[Title] = []
    if surge.declared_by:
        by = words.ROLE_WORDS[surge.declared_by]
        told.append(Title(f"{by.ko}: 급증 선언", f"declared by {by.en}"))
    if surge.acknowledged_by and surge.acknowledged_at:
        by, at = words.ROLE_WORDS[surge.acknowledged_by], _time(surge.acknowledged_at, zone)
        told.append(Title(f"{by.ko}: {at} 확인", f"acknowledged by {by.en} at {at}"))
    if surge.held_until:
        until = _time(surge.held_until, zone)
        told.append(Title(f"{until}까지 유지", f"kept on until {until}"))
    if surge.ended and surge.ended_by:
        by = words.ROLE_WORDS[surge.ended_by]
        how = {
            "dismissed": Title("급증 아님", "dismissed as no surge"),
            "closed": Title("종료", "closed"),
        }[surge.ended]
        told.append(Title(f"{by.ko}: {how.ko}", f"{how.en} by {by.en}"))
    return tuple(told)


def sent(asked: Asked) -> Title:
    """The messages of a call-out, in numbers."""
    ko, en = [], []
    for kind, states in asked.messages.items():
        inside = [(ATTEMPTS[state], count) for state, count in states.items()]
        method, total = METHODS[kind], sum(states.values())
        ko.append(f"{method.ko} {total} ({', '.join(f'{t.ko} {n}' for t, n in inside)})")
        en.append(f"{total} {method.en} ({', '.join(f'{n} {t.en}' for t, n in inside)})")
    return Title("; ".join(ko) or "없음", "; ".join(en) or "none")


def people(asked: Asked) -> Title:
    """The people of a call-out, in numbers."""
    inside = [(OFFER_STATES[state], count) for state, count in asked.people.items()]
    if asked.arrived:
        inside.append((Title("도착", "arrived"), asked.arrived))
    return Title(
        ", ".join(f"{title.ko} {count}" for title, count in inside) or "없음",
        ", ".join(f"{count} {title.en}" for title, count in inside) or "nobody",
    )


def who_was_counted(case: Case) -> tuple[tuple[Title, int, bool], ...]:
    """(who, how many, whether they count) since the estimated start."""
    counted = case.counted
    return (
        (Title("처음 전화한 사람", "people calling for the first time"), counted.people, True),
        (
            Title("그중 번호 없는 사람", "of these without a number, counted one by one"),
            counted.withheld,
            True,
        ),
        (
            Title("다시 건 사람 (응답 못 받음)", "the same people again, not answered before"),
            counted.redials,
            False,
        ),
        (
            Title("다시 건 사람 (응답 받음)", "the same people again, answered before"),
            counted.reconnects,
            False,
        ),
    )


def _time(at: datetime, zone: tzinfo) -> str:
    return words.clock_time(at, zone, seconds=False)
