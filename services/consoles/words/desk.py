"""What is said at a counselor's desk?"""

from typing import Final

from services.consoles.words.said import Said

WORDS: Final[dict[str, Said]] = {
    # --- the counselor's desk
    "desk.title": Said("내 콜백", "My callback"),
    "desk.ready": Said("지금 걸 수 있는 콜백", "can be rung now"),
    "desk.none": Said("지금 걸 콜백이 없습니다", "Nothing to ring now"),
    "desk.oldest": Said("가장 오래 기다린 분 {span}", "the longest wait is {span}"),
    "desk.next_due": Said("다음 예정 {time}", "the next is due at {time}"),
    "desk.next": Said("다음 콜백 받기", "Take the next callback"),
    "desk.one": Said(
        "한 번에 한 건입니다. 순서는 시스템이 정하고 이유를 보여 줍니다.",
        "One at a time. The order is decided for you, and says why.",
    ),
    "desk.dialling_off": Said("전화 걸기가 꺼져 있습니다: {reason}", "Dialling is off: {reason}"),
    "desk.why": Said("왜 이 분인가", "Why this caller"),
    "desk.number": Said("전화번호", "Number"),
    "desk.reveal": Said("번호 보기", "Show the number"),
    "desk.revealed": Said("번호를 본 것이 기록되었습니다", "that you looked is in the audit"),
    "desk.no_number": Said("번호 없음", "no number"),
    "desk.first": Said("처음 전화한 때", "First called"),
    "desk.waits": Said("기다린 시간", "Waiting for"),
    "desk.promise": Said("약속 시한", "Promised by"),
    "desk.late": Said("{span} 지남", "{span} late"),
    "desk.left": Said("{span} 남음", "{span} left"),
    "desk.language": Said("언어", "Language"),
    "desk.country": Said("국가", "Country"),
    "desk.topic": Said("주제", "Topic"),
    "desk.queue": Said("대기열", "Queue"),
    "desk.urgency": Said("긴급도", "Urgency"),
    "desk.cause": Said("콜백이 된 까닭", "Came to us by"),
    "desk.local": Said("발신자 현지 시각", "Caller's own time"),
    "desk.tries": Said("지금까지 시도", "Tries so far"),
    "desk.no_tries": Said("첫 시도입니다", "this is the first"),
    "desk.history": Said("이 발신자의 기록", "History of this caller"),
    "desk.no_history": Said("이전 기록이 없습니다", "nothing before this"),
    "desk.unknown": Said("알 수 없음", "unknown"),
    "desk.dial": Said("전화 걸기", "Dial"),
    "desk.dial_how": Said(
        "먼저 내 전화가, 이어서 상대방 전화가 울립니다.",
        "Your phone rings first, then the caller's.",
    ),
    "desk.dialling": Said("전화를 거는 중", "Dialling"),
    "desk.connected": Said("연결됨", "Connected"),
    "desk.talking": Said("통화 중", "Talking"),
    "desk.leased": Said("맡은 콜백", "Yours to ring"),
    "desk.reached": Said("통화 완료, 닫기", "Reached: close"),
    "desk.no_answer": Said("받지 않음", "No answer"),
    "desk.busy": Said("통화 중 신호", "Busy"),
    "desk.voicemail": Said("음성사서함", "Voicemail"),
    "desk.invalid_number": Said("틀린 번호", "Wrong number"),
    "desk.dropped": Said("끊어짐", "Cut off"),
    "desk.give_back": Said("돌려놓기", "Give it back"),
    "desk.give_back_how": Said("순서는 그대로입니다.", "It keeps its place."),
    "desk.outcome": Said("결과로 닫기", "Close with an outcome"),
    "desk.outcome_not_yet": Said(
        "결과는 전화를 건 뒤에 고를 수 있습니다.", "Outcomes come after you have dialled."
    ),
    "desk.reschedule": Said("다른 시각에", "Another time"),
    "desk.reschedule_at": Said("발신자 현지 시각 ({zone})", "The caller's own time ({zone})"),
    "desk.reschedule_go": Said("이 시각으로 약속", "Promise this time"),
    "desk.reschedule_not_now": Said(
        "전화를 거는 동안에는 시각을 바꿀 수 없습니다.",
        "While a dial is under way its outcome comes first.",
    ),
    "desk.now_there": Said("지금 그곳은 {time}", "it is {time} there now"),
    "desk.held_until": Said("{time}까지 맡음", "yours until {time}"),
    "desk.renewed_by_itself": Said("저절로 연장됩니다", "renews by itself"),
    "desk.renew": Said("계속 맡기", "Keep it"),
    "desk.tz.declared": Said("본인이 말함", "they said so"),
    "desk.tz.app": Said("앱에서", "from the app"),
    "desk.tz.country": Said("사건 국가로 추정", "from the country of the incident"),
    "desk.tz.number_prefix": Said("국번으로 추정", "from the number's country"),
    "desk.tz.centre": Said("모름, 센터 시각으로 봄", "unknown, taken as the centre's"),
    # --- what the list answered
    "note.none": Said("지금은 아무도 기다리지 않습니다.", "Nobody waits just now."),
    "note.none_due": Said(
        "아직 걸 때가 된 콜백이 없습니다.", "Callbacks wait, but none is due yet."
    ),
    "note.none_fits": Said(
        "기다리는 콜백이 있지만 이 자리에 맞는 것이 없거나 상담원 수만큼 이미 나갔습니다.",
        "Callbacks wait, but none fits this desk, or as many are out as there are people free.",
    ),
    "note.closed_it": Said("닫았습니다.", "Closed."),
    "note.failed_it": Said("다시 걸 순서에 넣었습니다.", "Noted. It will be tried again."),
    "note.gave_back": Said("돌려놓았습니다.", "Given back."),
    "note.rescheduled": Said("새 시각을 약속했습니다.", "The new time is promised."),
    "note.withdrawn": Said("철회했습니다.", "Withdrawn."),
    "note.turned": Said("스위치를 바꾸었습니다.", "The switch is turned."),
    "note.lost": Said(
        "이 콜백은 더 이상 내 것이 아닙니다. 시간이 지났거나 다른 상담원에게 갔습니다."
        " 아무것도 바뀌지 않았습니다.",
        "This callback is no longer yours: its time ran out, or it went to someone else. Nothing"
        " was changed.",
    ),
    "note.stale_epoch": Said(
        "목록이 다시 만들어졌습니다. 아래 콜백은 여전히 내 것입니다. 다시 눌러 주십시오.",
        "The list was rebuilt. The callback below is still yours: press again.",
    ),
    "note.closed": Said(
        "이미 닫힌 콜백입니다. 발신자가 그사이 우리와 통화했을 수 있습니다.",
        "It is closed already: the caller may have reached us meanwhile.",
    ),
    "note.held": Said("다른 상담원이 맡고 있습니다.", "Somebody holds it."),
    "note.not_due": Said("아직 때가 아닙니다.", "It is not due yet."),
    "note.connected": Said("통화 중에는 할 수 없습니다.", "Not while they are talking."),
    "note.dialling": Said(
        "전화를 거는 중입니다. 결과를 먼저 고르십시오.", "A dial is under way: give its outcome."
    ),
    "note.not_dialling": Said("먼저 전화를 거십시오.", "Dial first."),
    "note.on_hold": Said(
        "발신자를 대기에서 빼는 중입니다. 잠시 뒤에 다시.",
        "The caller is being taken off hold. Try again in a moment.",
    ),
    "note.dial_in_flight": Said(
        "앞선 전화가 끝났는지 확인 중입니다. 잠시 뒤에 다시.",
        "An earlier dial is not known to be over. Try again in a moment.",
    ),
    "note.dialling_off": Said("전화 걸기가 꺼져 있습니다.", "Dialling is switched off."),
    "note.quiet": Said(
        "지금 그곳은 조용해야 할 시각입니다.", "It is a quiet hour where the caller is."
    ),
    "note.refused": Said("목록이 거절했습니다: {detail}", "The list refused: {detail}"),
}
