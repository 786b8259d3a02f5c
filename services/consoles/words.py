"""How is it said, in Korean and in English?

Every text of the pages is here under a name, both languages side by side; templates only place
them: `say("desk.next")`. A new page brings its own words, under a first part of its own.
"""

from collections.abc import Callable
from typing import Final, NamedTuple


class Said(NamedTuple):
    """One text in both languages."""

    ko: str
    en: str


LANGUAGES: Final = ("ko", "en")

WORDS: Final[dict[str, Said]] = {
    # --- every page
    "page.skip": Said("본문으로", "Skip to content"),
    "page.nav": Said("화면", "Pages"),
    "page.desk": Said("내 콜백", "My callback"),
    "page.list": Said("콜백 목록", "Callback list"),
    "page.switches": Said("스위치", "Switches"),
    "page.audit": Said("감사 기록", "Audit"),
    "page.sign_out": Said("로그아웃", "Sign out"),
    "page.language": Said("언어", "Language"),
    "page.as_of": Said("{time} 기준", "as of {time}"),
    "page.age": Said("{n}초 전 자료", "{n} s old"),
    "page.stale": Said(
        "새 자료가 오지 않습니다. 아래는 {time} 상태이며 지금과 다를 수 있습니다.",
        "No fresh data. What you see is from {time}, and may not be so any more.",
    ),
    "page.no_script": Said(
        "이 화면은 스스로 새로 고치지 않습니다.", "This page does not refresh by itself."
    ),
    "page.refresh": Said("새로 고침", "Refresh"),
    "page.keys": Said("단축키", "Keys"),
    "page.keys_off": Said("단축키 끄기", "Turn keys off"),
    "page.keys_on": Said("단축키 켜기", "Turn keys on"),
    "page.roles": Said("역할", "Roles"),
    "role.counselor": Said("상담원", "counselor"),
    "role.lead": Said("조장", "shift lead"),
    "role.manager": Said("관리자", "manager"),
    "role.auditor": Said("감사", "auditor"),
    "role.admin": Said("계정 관리", "accounts"),
    "role.viewer": Said("열람", "viewer"),
    # --- signing in
    "sign.title": Said("로그인", "Sign in"),
    "sign.name": Said("계정 이름", "Account name"),
    "sign.password": Said("비밀번호", "Password"),
    "sign.go": Said("로그인", "Sign in"),
    "sign.with": Said("{title}(으)로 로그인", "Sign in with {title}"),
    "sign.or": Said("또는", "or"),
    "sign.wrong": Said(
        "계정 이름이나 비밀번호가 맞지 않습니다.", "The account name or the password is wrong."
    ),
    "sign.wait": Said(
        "시도가 너무 많았습니다. {n}초 뒤에 다시 시도하십시오.",
        "Too many tries. Try again in {n} s.",
    ),
    "sign.busy": Said("지금은 바쁩니다. 잠시 뒤에 다시.", "Busy just now. Try again in a moment."),
    "sign.bye": Said("로그아웃했습니다.", "You are signed out."),
    "sign.over": Said(
        "세션이 끝났습니다. 다시 로그인하십시오.", "Your session is over. Sign in again."
    ),
    "sign.elsewhere": Said(
        "다른 로그인이 많아 가장 오래된 세션을 끝냈습니다.",
        "Your oldest session was ended: there were too many at a time.",
    ),
    "sign.refused": Said(
        "로그인 제공자가 확인해 주지 않았습니다.", "The sign-in provider did not vouch for you."
    ),
    "sign.no_role": Said(
        "이 계정에는 여기서 쓸 역할이 없습니다. 관리자에게 문의하십시오.",
        "This account has no role here. Ask your administrator.",
    ),
    "sign.away": Said(
        "로그인 제공자가 응답하지 않습니다.", "The sign-in provider does not answer."
    ),
    "sign.in": Said("로그인했습니다.", "You are signed in."),
    "sign.on": Said("계속", "Go on"),
    # --- errors
    "error.title": Said("할 수 없습니다", "That did not work"),
    "error.away": Said("콜백 목록이 응답하지 않습니다", "The callback list does not answer"),
    "error.away_why": Said(
        "지금 상태를 알 수 없어 숫자를 보여 드리지 않습니다. 약속은 기록에 그대로 있습니다."
        " 곧 다시 시도합니다.",
        "Nothing is shown, because nothing is known to be true now. Every promise is kept on the"
        " log. This page tries again.",
    ),
    "error.forbidden": Said("이 화면은 역할이 없습니다", "Your roles do not include this"),
    "error.forbidden_why": Said(
        "필요한 역할: {roles}. 이 시도는 감사 기록에 남습니다.",
        "It takes: {roles}. This attempt is in the audit.",
    ),
    "error.stale_page": Said(
        "오래된 화면에서 보냈습니다. 새로 고친 뒤 다시 하십시오.",
        "That was sent from an old page, or from elsewhere. Refresh and do it again.",
    ),
    "error.invalid": Said("입력을 확인하십시오", "Check what you entered"),
    "error.field": Said("{field}: {detail}", "{field}: {detail}"),
    "error.missing": Said("그런 화면이 없습니다", "There is no such page"),
    "error.back": Said("돌아가기", "Go back"),
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
    "desk.caller": Said("발신자", "Caller"),
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
        "먼저 선생님 전화가, 이어서 상대방 전화가 울립니다.",
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
    "desk.held_until": Said("{time} {zone}까지 맡음", "yours until {time} {zone}"),
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
        "이 콜백은 더 이상 선생님 것이 아닙니다. 시간이 지났거나 다른 상담원에게 갔습니다."
        " 아무것도 바뀌지 않았습니다.",
        "This callback is no longer yours: its time ran out, or it went to someone else. Nothing"
        " was changed.",
    ),
    "note.stale_epoch": Said(
        "목록이 다시 만들어졌습니다. 아래 콜백은 여전히 선생님 것입니다. 다시 눌러 주십시오.",
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
    # --- the list
    "list.title": Said("콜백 목록", "Callback list"),
    "list.shown": Said("{total}건 중 {first}–{last}", "{first}–{last} of {total}"),
    "list.empty": Said("해당하는 콜백이 없습니다.", "No callback is like that."),
    "list.ready": Said("지금 가능", "ready now"),
    "list.waiting": Said("대기", "waiting"),
    "list.held": Said("맡음", "held"),
    "list.overdue": Said("기한 초과", "overdue"),
    "list.life_at_risk": Said("생명 위험", "life at risk"),
    "list.lifted": Said("시한으로 앞당김", "lifted by deadline"),
    "list.lifted_how": Said(
        "도착 순서의 예외: 약속 시한 15분 전부터 앞으로",
        "exceptions to the order of arrival: within 15 min of the promise",
    ),
    "list.filters": Said("거르기", "Filter"),
    "list.state": Said("상태", "State"),
    "list.any": Said("모두", "any"),
    "list.only_overdue": Said("기한 초과만", "overdue only"),
    "list.apply": Said("거르기", "Filter"),
    "list.clear": Said("조건 지우기", "Clear"),
    "list.place": Said("순서", "Place"),
    "list.why": Said("이유", "Why here"),
    "list.caller": Said("발신자", "Caller"),
    "list.about": Said("국가·주제", "Country, topic"),
    "list.tries": Said("시도", "Tries"),
    "list.holder": Said("맡은 이", "Holder"),
    "list.open": Said("열기", "Open"),
    "list.earlier": Said("앞", "Earlier"),
    "list.later": Said("뒤", "Later"),
    "list.pages": Said("쪽", "Pages of the list"),
    # --- one callback
    "one.title": Said("콜백 한 건", "One callback"),
    "one.back": Said("목록으로", "Back to the list"),
    "one.withdraw": Said("철회", "Withdraw"),
    "one.withdraw_why": Said("이유", "Reason"),
    "one.withdraw_go": Said("이 콜백 철회", "Withdraw this callback"),
    "one.withdraw_how": Said(
        "되돌릴 수 없습니다. 다시 전화하면 새 약속이 됩니다.",
        "It cannot be undone. If they call again, that is a new promise.",
    ),
    "one.closed": Said("닫혔으므로 바꿀 수 없습니다.", "It is closed: nothing can be changed."),
    "one.talking": Said(
        "통화 중이므로 상담원이 닫습니다.", "They are talking: the counselor closes it."
    ),
    "one.held": Said(
        "상담원이 맡고 있어 시각을 바꿀 수 없습니다.",
        "A counselor holds it: the time is theirs to change.",
    ),
    "one.read_only": Said("보기만 할 수 있습니다.", "You can look only."),
    "one.attempts": Said("시도", "Tries"),
    "one.no_attempts": Said("아직 걸지 않았습니다.", "Not dialled yet."),
    "one.agent": Said("상담원", "Agent"),
    "one.outcome": Said("결과", "Outcome"),
    "one.when": Said("때", "When"),
    "one.state": Said("상태", "State"),
    "one.requests": Said("요청", "Requests"),
    "reason.no_longer_needed": Said("더 필요하지 않음", "no longer needed"),
    "reason.handled_elsewhere": Said("다른 길로 해결", "handled elsewhere"),
    "reason.duplicate": Said("중복", "duplicate"),
    "reason.abusive": Said("악성 전화", "abusive"),
    "reason.cannot_be_rung": Said("걸 수 없음", "cannot be rung"),
    # --- switches
    "switch.title": Said("콜백 스위치", "Callback switches"),
    "switch.how": Said(
        "접수: 새 콜백을 약속합니까. 걸기: 콜백을 나눠 주고 겁니까. 바꾼 사람과 이유가 남습니다.",
        "Registering: may new callbacks be promised. Dialling: may they be given out and rung."
        " Who turned a switch, and why, is kept.",
    ),
    "switch.queue": Said("대기열", "Queue"),
    "switch.every": Said("모든 대기열", "Every queue"),
    "switch.registering": Said("접수", "Registering"),
    "switch.dialling": Said("걸기", "Dialling"),
    "switch.on": Said("켜짐", "on"),
    "switch.off": Said("꺼짐", "off"),
    "switch.off_by_every": Said("전체 스위치로 꺼짐", "off with every queue"),
    "switch.last": Said("마지막 변경: {by}, “{reason}”", "Last turned by {by}: “{reason}”"),
    "switch.never": Said("아직 아무도 바꾸지 않았습니다.", "Nobody has turned one yet."),
    "switch.turn": Said("스위치 바꾸기", "Turn a switch"),
    "switch.which": Said("스위치", "Switch"),
    "switch.to": Said("상태", "To"),
    "switch.reason": Said("이유", "Reason"),
    "switch.reason_how": Said(
        "감사 기록에 남습니다. 전화번호나 이름은 쓰지 마십시오.",
        "Kept in the audit. No phone number or name in it, please.",
    ),
    "switch.go": Said("바꾸기", "Turn it"),
    "switch.read_only": Said(
        "스위치는 조장이나 관리자가 바꿉니다.", "Shift leads and managers turn switches."
    ),
    # --- audit
    "audit.title": Said("감사 기록", "Audit"),
    "audit.how": Said(
        "누가 무엇을 했고, 무엇이 거절되었는지. 고칠 수 없는 기록에서 읽습니다.",
        "Who did what, and what was refused. Read from a log that cannot be altered.",
    ),
    "audit.when": Said("때", "When"),
    "audit.actor": Said("누가", "Who"),
    "audit.action": Said("무엇을", "What"),
    "audit.object": Said("대상", "To what"),
    "audit.result": Said("결과", "Result"),
    "audit.reason": Said("이유", "Reason"),
    "audit.service": Said("서비스", "Service"),
    "audit.done": Said("됨", "done"),
    "audit.refused": Said("거절", "refused"),
    "audit.empty": Said("해당하는 기록이 없습니다.", "No line is like that."),
    "audit.only_refused": Said("거절만", "refused only"),
    "audit.reading": Said("기록을 읽는 중입니다.", "The log is still being read."),
    "audit.count": Said("{n}줄, 최근 것부터", "{n} lines, the latest first"),
    "audit.times": Said("{n}번", "{n} times"),
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


def speaker(language: str) -> Callable[..., str]:
    """`say(name, **parts)` in one language; a name that is not there is a fault of ours."""
    at = LANGUAGES.index(language)

    def say(name: str, **parts: object) -> str:
        return WORDS[name][at].format(**parts)

    return say


def teller(language: str) -> Callable[[str, str | None], str]:
    """`tell(kind, code)`: a code of the list in words; one without words as it is."""
    at = LANGUAGES.index(language)

    def tell(kind: str, code: str | None) -> str:
        if not code:
            return WORDS["desk.unknown"][at]
        said = WORDS.get(f"{kind}.{code}")
        return said[at] if said else code

    return tell
