"""How are the callback list's own codes called?"""

from typing import Final

from services.consoles.words.said import Said

WORDS: Final[dict[str, Said]] = {
    # --- words of the list itself
    "urgency.life_at_risk": Said("생명 위험", "life at risk"),
    "urgency.high": Said("높음", "high"),
    "urgency.normal": Said("보통", "normal"),
    "urgency.low": Said("낮음", "low"),
    "why.life_at_risk": Said("생명이 위험함", "Life at risk comes first"),
    "why.promise_near_deadline": Said(
        "약속 시한이 가깝거나 지남", "The promise is near its deadline"
    ),
    "why.arrival": Said("먼저 전화한 순서", "First to call, of equal urgency"),
    "why.urgency_high": Said("긴급도 높음", "High urgency"),
    "why.urgency_low": Said("긴급도 낮음", "Low urgency"),
    "state.requested": Said("대기에서 빼는 중", "being taken off hold"),
    "state.due": Said("대기", "waiting"),
    "state.leased": Said("맡음", "held"),
    "state.dialling": Said("거는 중", "dialling"),
    "state.connected": Said("통화 중", "talking"),
    "state.closed": Said("닫힘", "closed"),
    "which.waiting": Said("대기 중", "Waiting"),
    "which.held": Said("맡은 것", "Held"),
    "which.closed": Said("닫힌 것", "Closed"),
    "cause.waited_too_long": Said("오래 기다림", "waited too long"),
    "cause.abandoned": Said("기다리다 끊음", "hung up waiting"),
    "cause.queue_full": Said("대기열이 참", "the queue was full"),
    "cause.closed_hours": Said("운영 시간 밖", "outside hours"),
    "cause.asked": Said("콜백을 청함", "asked for a callback"),
    "cause.other_channel": Said("다른 창구에서 청함", "asked on another channel"),
    "outcome.completed": Said("통화함", "talked"),
    "outcome.reached_us_first": Said("먼저 연결됨", "reached us first"),
    "outcome.withdrawn": Said("철회", "withdrawn"),
    "outcome.expired": Said("기한 만료", "expired"),
    "outcome.unreachable": Said("연결 불가", "not reached"),
    "outcome.blocked": Said("걸 수 없는 번호", "may not be rung"),
    "outcome.no_answer": Said("받지 않음", "no answer"),
    "outcome.busy": Said("통화 중 신호", "busy"),
    "outcome.voicemail": Said("음성사서함", "voicemail"),
    "outcome.rejected": Said("수신 거부", "rejected"),
    "outcome.dropped": Said("끊어짐", "cut off"),
    "outcome.invalid_number": Said("틀린 번호", "wrong number"),
    "outcome.rescheduled": Said("시각 변경", "another time"),
    "outcome.open": Said("진행 중", "under way"),
}
