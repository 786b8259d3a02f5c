"""How do we speak to a counselor, in Korean and in English?

Short sentences: most of them are read on a telephone at night. Times are those of the person's own
clock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.callout.answers import Offered, Reply

LANGUAGES: Final = ("ko", "en")
WEEKDAYS: Final[Mapping[str, str]] = {"ko": "월화수목금토일", "en": ""}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"ko": "상담 지원 요청", "en": "Counselors needed"},
    "drill": {"ko": "훈련", "en": "DRILL"},
    "drill_note": {
        "ko": "훈련입니다. 실제 근무가 아닙니다.",
        "en": "This is a drill. Nobody has to come.",
    },
    "needed": {"ko": "상담사가 필요합니다", "en": "Counselors are needed"},
    "seats_left": {"ko": "남은 자리 {left} / {seats}", "en": "{left} of {seats} seats are free"},
    "accept": {"ko": "수락", "en": "Yes, I come"},
    "decline": {"ko": "거절", "en": "No"},
    "later": {"ko": "1시간 뒤 다시 묻기", "en": "Ask me again in 1 h"},
    "withdraw": {"ko": "수락 취소", "en": "I cannot come after all"},
    "why": {"ko": "이유 (선택)", "en": "Why not (you need not say)"},
    "arrive": {"ko": "도착까지", "en": "I can start in"},
    "minutes": {"ko": "{n}분", "en": "{n} min"},
    "at_start": {"ko": "시작 시각에", "en": "at the start"},
    "from": {"ko": "가능한 시작", "en": "I can from"},
    "until": {"ko": "가능한 종료", "en": "until"},
    "all_hours": {"ko": "전체 시간", "en": "all hours"},
    "calendar": {"ko": "캘린더에 추가", "en": "Add to my calendar"},
    "other_language": {"ko": "English", "en": "한국어"},
    "reason_": {"ko": "-", "en": "-"},
    "reason_working": {"ko": "근무 중", "en": "I am working"},
    "reason_tired": {"ko": "휴식이 필요함", "en": "I need rest"},
    "reason_ill": {"ko": "아픔", "en": "I am ill"},
    "reason_family": {"ko": "가족", "en": "family"},
    "reason_away": {"ko": "부재 중", "en": "I am away"},
    "reason_other": {"ko": "기타", "en": "other"},
    "seated": {
        "ko": "{seat}번 자리입니다 (모두 {need}자리).",
        "en": "Seat {seat} of {need} is yours.",
    },
    "waitlisted": {
        "ko": "자리가 찼습니다. 대기 {position}번입니다.",
        "en": "Filled. You are number {position} in reserve.",
    },
    "thanks": {"ko": "감사합니다. 편히 쉬세요.", "en": "Thank you, rest well."},
    "asked_again": {"ko": "한 시간 뒤에 다시 묻겠습니다.", "en": "We will ask again in an hour."},
    "withdrawn": {
        "ko": "취소되었습니다. 알려 주셔서 감사합니다.",
        "en": "Your seat is free again. Thank you for telling us.",
    },
    "seen": {"ko": "확인했습니다.", "en": "Thank you."},
    "ineligible": {
        "ko": "휴식 규정 때문에 이 시간에는 근무할 수 없습니다.",
        "en": "You may not work these hours: you are owed rest.",
    },
    "late": {"ko": "이미 마감되었습니다. 감사합니다.", "en": "This call-out is over. Thank you."},
    "unknown": {"ko": "열려 있는 요청이 없습니다.", "en": "There is no open request for you."},
    "expired": {"ko": "이 링크는 만료되었습니다.", "en": "This link is no longer valid."},
    "not_a_link": {"ko": "없는 링크입니다.", "en": "There is no such link."},
    "slow_down": {"ko": "잠시 후 다시 시도하세요.", "en": "Please try again in a minute."},
    "not_understood": {
        "ko": "숫자로 답해 주세요: 1 수락, 2 거절, 3 한 시간 뒤. 예: 1 {code}",
        "en": "Please answer in digits: 1 yes, 2 no, 3 in 1 h. For example: 1 {code}",
    },
    "note_daily_rest": {
        "ko": "이 시간에 근무하면 하루 휴식이 짧아집니다.",
        "en": "You would have less than your daily rest.",
    },
    "note_weekly_rest": {
        "ko": "이 시간에 근무하면 주간 휴일이 없어집니다.",
        "en": "You would have no day off this week.",
    },
    "note_rolling_hours": {
        "ko": "7일 근무 시간이 길어집니다.",
        "en": "You would work long hours in seven days.",
    },
    "note_average_hours": {
        "ko": "평균 근무 시간을 넘습니다.",
        "en": "You would be above your average hours.",
    },
    "note_consecutive_days": {
        "ko": "연속 근무 일수가 많아집니다.",
        "en": "You would work many days in a row.",
    },
    "note_night_hours": {
        "ko": "야간 근무 시간이 길어집니다.",
        "en": "It would be a long night of work.",
    },
    "note_contract_hours": {
        "ko": "계약 시간을 넘습니다.",
        "en": "It is more than your contract says.",
    },
    "menu": {
        "ko": "상담 전화 지원 요청입니다. {hours} 상담사가 필요합니다. 수락은 1번, 거절은 2번,"
        " 한 시간 뒤에 다시 들으시려면 3번을 눌러 주세요.",
        "en": "This is the crisis line. Counselors are needed {hours}. Press 1 to accept,"
        " 2 to decline, 3 to be asked again in one hour.",
    },
    "menu_drill": {"ko": "훈련입니다.", "en": "This is a drill."},
    "menu_code": {"ko": "문자로 답할 때의 번호는 {code}입니다.", "en": "The reference is {code}."},
    "menu_end": {"ko": "답이 없어 끊겠습니다.", "en": "We heard no answer. Goodbye."},
    "verify": {
        "ko": "확인 번호 {code}. 10분 안에 입력하세요.",
        "en": "Your code is {code}. It is good for 10 minutes.",
    },
}


def language_of(*wishes: str) -> str:
    """The first wish that we speak; English when there is none."""
    return next((wish[:2] for wish in wishes if wish[:2] in LANGUAGES), "en")


def say(word: str, language: str, **numbers: object) -> str:
    """A sentence in a language."""
    return WORDS[word][language].format(**numbers)


def hours_of(offered: Offered, language: str) -> str:
    """When, in the words of the person's own clock: "Wed 11 Mar 03:20-09:20"."""
    zone = ZoneInfo(offered.timezone)
    start, end = offered.starts_at.astimezone(zone), offered.ends_at.astimezone(zone)
    return f"{_day(start, language)} {start:%H:%M}-{end:%H:%M}"


def note_text(warning: str, language: str) -> str:
    """A warning that concerns the person themselves; "" for the manager's own."""
    word = f"note_{warning}"
    return say(word, language) if word in WORDS else ""


def reply_text(reply: Reply, language: str, choice: str = "") -> str:
    """What the call-out answered."""
    if reply.kind == "thanks" and choice == "later":
        return say("asked_again", language)
    numbers = {"seat": reply.seat, "need": reply.need, "position": reply.position}
    return say(reply.kind, language, **numbers)


def with_drill(text: str, language: str, *, drill: bool) -> str:
    """A drill says so before anything else."""
    return f"{say('drill', language)}: {text}" if drill else text


def _day(moment: datetime, language: str) -> str:
    if language == "ko":
        return f"{moment.month}월 {moment.day}일({WEEKDAYS['ko'][moment.weekday()]})"
    return f"{moment:%a} {moment.day} {moment:%b}"
