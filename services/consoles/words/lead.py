"""What is said to leads and auditors?"""

from typing import Final

from services.consoles.words.said import Said

WORDS: Final[dict[str, Said]] = {
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
    "list.lifted_how": Said("도착 순서의 예외", "exceptions to the order"),
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
    "one.agent": Said("상담원", "Agent"),
    "one.outcome": Said("결과", "Outcome"),
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
}
