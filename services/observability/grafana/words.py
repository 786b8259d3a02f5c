"""What is the value of a label called on a board, in both languages?

Queries know values as the metrics write them; people read these words. A value that has none here
is shown as it is, so that nothing is hidden.
"""

from collections.abc import Mapping
from typing import Final

from services.observability.grafana.panels import Title

Words = Mapping[str, Title]

OUTCOMES: Final[Words] = {
    "answered_live": Title("직접 응답", "answered live"),
    "callback_completed": Title("콜백 완료", "called back"),
    "callback_open": Title("콜백 약속", "callback promised"),
    "waiting": Title("대기 중", "waiting"),
    "withdrawn": Title("철회", "withdrawn"),
    "deflected": Title("안내 종료", "deflected"),
    "lost": Title("유실", "lost"),
}
RESULTS: Final[Words] = {
    "completed": Title("완료", "completed"),
    "reached_us_first": Title("직접 연결", "reached us first"),
    "withdrawn": Title("철회", "withdrawn"),
    "unreachable": Title("연결 불가", "not reached"),
    "expired": Title("만료", "expired"),
    "blocked": Title("차단", "blocked"),
}
STATES: Final[Words] = {
    "requested": Title("요청됨", "requested"),
    "due": Title("걸 차례", "due"),
    "leased": Title("맡음", "taken"),
    "dialling": Title("거는 중", "ringing"),
    "connected": Title("통화 중", "connected"),
}
URGENCIES: Final[Words] = {
    "life_at_risk": Title("생명 위험", "life at risk"),
    "high": Title("긴급", "high"),
    "normal": Title("보통", "normal"),
    "low": Title("낮음", "low"),
}
MESSAGES: Final[Words] = {
    "sms": Title("문자", "text"),
    "voice": Title("전화", "phone"),
    "email": Title("이메일", "mail"),
    "push": Title("앱 알림", "app"),
}
SENT: Final[Words] = {
    "accepted": Title("접수", "accepted"),
    "refused": Title("거절", "refused"),
    "unknown": Title("모름", "unknown"),
}
SEATS: Final[Words] = {
    "needed": Title("필요", "needed"),
    "accepted": Title("수락", "accepted"),
    "waitlisted": Title("대기 명단", "waitlisted"),
    "arrived": Title("착석", "arrived"),
}
STAGES: Final[Words] = {
    "tally": Title("집계", "tally"),
    "surge": Title("급증 감지", "surge"),
    "staffing": Title("좌석 계산", "staffing"),
}
LEVELS: Final[Words] = {
    "normal": Title("정상", "normal"),
    "watch": Title("주의", "watch"),
    "surge": Title("급증", "SURGE"),
}
JOBS: Final[Words] = {
    "admission": Title("접수 판단", "admission"),
    "audit": Title("감사", "audit"),
    "boards": Title("상황판", "boards"),
    "callbacks": Title("콜백 목록", "callbacks"),
    "callout": Title("인력 호출", "call-out"),
    "command": Title("지휘", "command"),
    "consoles": Title("콘솔", "consoles"),
    "intake": Title("수신", "intake"),
    "streams": Title("처리기", "streams"),
}
# Of the example centre; the rest of the world is known by its code.
KEYS: Final[Words] = {
    "total": Title("전체", "all calls"),
    "country:JP": Title("일본", "Japan"),
    "country:CN": Title("중국", "China"),
    "country:VN": Title("베트남", "Vietnam"),
    "country:US": Title("미국", "United States"),
    "channel:voice": Title("전화", "phone"),
    "channel:app": Title("앱", "app"),
    "channel:chat": Title("채팅", "chat"),
    "language:ko": Title("한국어", "Korean"),
    "language:en": Title("영어", "English"),
    "topic:disaster": Title("재난", "disasters"),
    "topic:incident": Title("사건·사고", "incidents"),
    "topic:passport": Title("여권", "passports"),
    "topic:visa": Title("비자", "visas"),
    "queue:main": Title("긴급 상담", "emergency line"),
    "queue:english": Title("영어 상담", "English line"),
}
