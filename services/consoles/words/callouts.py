"""What is said to managers who call people in?"""

from typing import Final

from services.consoles.words.said import Said

WORDS: Final[dict[str, Said]] = {
    "page.callouts": Said("인력 호출", "Call-outs"),
    "page.people": Said("호출 인원", "People"),
    "error.away_callout": Said("호출 서비스가 응답하지 않습니다", "The call-outs do not answer"),
    "error.away_callout_why": Said(
        "지금 상태를 알 수 없어 숫자를 보여 드리지 않습니다. 보낸 메시지와 받은 답은 기록에 그대로"
        " 있습니다. 호출 명단은 15분마다 플랫폼 폴더의 call-sheets에 저장됩니다.",
        "Nothing is shown, because nothing is known to be true now. What was sent and answered is"
        " on the log. A call sheet is written to call-sheets in the platform's folder every 15"
        " minutes.",
    ),
    # --- all call-outs
    "callouts.title": Said("인력 호출", "Call-outs"),
    "callouts.wanted": Said(
        "{seats}석이 {start}부터 {end}까지 더 필요합니다",
        "{seats} more seats needed from {start} until {end}",
    ),
    "callouts.asks": Said(
        "{time}까지 결정이 없으면: {what}", "Without a decision by {time}: {what}"
    ),
    "callouts.prepare": Said("호출 준비", "Prepare"),
    "callouts.prepare_how": Said("아직 아무것도 보내지 않습니다.", "Sends nothing yet."),
    "callouts.open": Said("열기", "Open"),
    "callouts.none": Said("진행 중인 호출이 없습니다.", "No call-out is under way."),
    "callouts.over": Said("끝난 호출", "Over"),
    "callouts.show_over": Said("끝난 호출도 보기", "Show those that are over"),
    "callouts.hide_over": Said("진행 중인 것만", "Only those under way"),
    "callouts.new": Said("직접 호출하기", "Call people in yourself"),
    "callouts.seats": Said("자리 수", "Seats"),
    "callouts.pool": Said("인원", "People"),
    "callouts.language": Said("언어", "Language"),
    "callouts.skill": Said("기술", "Skill"),
    "callouts.any": Said("무관", "any"),
    "callouts.reason": Said("이유", "Reason"),
    "callouts.reason_how": Said(
        "기록에 남습니다. 전화번호나 이름은 쓰지 마십시오.",
        "Kept on the log. No phone number or name in it, please.",
    ),
    "callouts.drill": Said("훈련(실제 번호로 가지 않음)", "Drill (reaches nobody real)"),
    "callouts.is_drill": Said("훈련", "DRILL"),
    "callouts.ref": Said("번호 {ref}", "Ref {ref}"),
    "callouts.back": Said("모든 호출", "All call-outs"),
    # --- numbers
    "callouts.needed": Said("필요", "needed"),
    "callouts.accepted": Said("수락", "accepted"),
    "callouts.expected": Said("더 올 것으로 예상", "expected more"),
    "callouts.gap": Said("모자람", "missing"),
    "callouts.arrived": Said("도착", "here"),
    "callouts.waitlisted": Said("대기자", "in reserve"),
    "callouts.woken": Said("연락함", "woken"),
    "callouts.no_show": Said("오지 않음", "not come"),
    "callouts.told": Said(
        "필요 {needed}, 수락 {accepted}, 더 예상 {expected}",
        "needed {needed}, accepted {accepted}, expected more {expected}",
    ),
    "callouts.enough": Said(
        "● 예측: 수락 {accepted} + 예상 {expected}: 채워집니다",
        "● Forecast: {accepted} accepted + {expected} expected: it fills",
    ),
    "callouts.short": Said(
        "▼ 예측: 수락 {accepted} + 예상 {expected}: {short}석 모자랍니다",
        "▼ Forecast: {accepted} accepted + {expected} expected: {short} short",
    ),
    "callouts.full_by": Said("반반의 가능성으로 {half}까지", "As likely as not full by {half}"),
    "callouts.full_most": Said("열에 아홉 {most}까지", "nine in ten by {most}"),
    "callouts.full_unsure": Said("두 시간 안이라고 장담할 수 없음", "not surely within two hours"),
    "callouts.full_never": Said(
        "이대로는 두 시간 안에 차기 어렵습니다.", "As it stands, hardly full within two hours."
    ),
    "callouts.full": Said("● 모든 자리가 찼습니다", "● Every seat is filled"),
    "callouts.since": Said("보낸 지 {span}", "{span} since it was sent"),
    "callouts.filled_after": Said("{span} 만에 채움", "filled after {span}"),
    "callouts.next_look": Said("다음 예측 {time}", "forecast again at {time}"),
    "callouts.curve": Said("자리가 차는 모습", "Seats over time"),
    "callouts.curve_says": Said(
        "{span} 동안 {needed}석 가운데 {accepted}석",
        "{accepted} of {needed} seats after {span}",
    ),
    # --- the plan
    "plan.title": Said("{pool}에서 {seats}석 호출 준비", "Prepare: {seats} seats from {pool}"),
    "plan.window": Said("근무 시간", "Hours"),
    "plan.why": Said("이유", "Why"),
    "plan.by": Said("요청", "Asked for by"),
    "plan.quotas": Said("자리", "Seats"),
    "plan.fitting": Said("맞는 사람 {n}명", "{n} people fit"),
    "plan.too_few": Said("▼ 맞는 사람 {n}명뿐", "▼ only {n} people fit"),
    "plan.speed": Said("빠르게, 아니면 적게 깨우기", "Fast, or few people woken"),
    "plan.speed_how": Said(
        "줄을 고르면 그 방식으로 보냅니다. 예측은 지금 연락할 수 있는 사람으로 계산했습니다.",
        "Choose a row to send that way. Reckoned with the people who can be asked now.",
    ),
    "plan.mark": Said("방식", "Way"),
    "plan.fill": Said("채우는 시간(중간)", "Filled in (median)"),
    "plan.fill_late": Said("열에 아홉", "nine in ten by"),
    "plan.minutes": Said("{n}분", "{n} min"),
    "plan.woken": Said("깨우는 사람", "People woken"),
    "plan.surplus": Said("남는 수락", "Yeses too many"),
    "plan.sure": Said("두 시간 안에", "within 2 h"),
    "plan.not_filled": Said("채우지 못함", "not filled"),
    "mark.few": Said("가장 적게", "fewest"),
    "mark.fewer": Said("적게", "few"),
    "mark.balanced": Said("균형", "balanced"),
    "mark.faster": Said("빠르게", "fast"),
    "mark.all": Said("모두에게 한꺼번에", "everybody at once"),
    "plan.chosen": Said("고름", "chosen"),
    "plan.people": Said("사람", "People"),
    "plan.tier": Said("{n}단계", "Tier {n}"),
    "plan.ready": Said("지금 연락 가능", "can be asked now"),
    "plan.not_ready": Said("지금 안 됨", "not now"),
    "plan.first": Said("먼저 묻는 {n}명", "The first {n} to be asked"),
    "plan.first_none": Said("지금 물을 사람이 없습니다.", "There is nobody to ask now."),
    "plan.others": Said("묻지 않는 {n}명과 이유", "The {n} who are not asked, and why"),
    "plan.until": Said("{time}까지", "until {time}"),
    "plan.message": Said("받는 메시지", "What they will read"),
    "plan.send": Said("보내기", "Send"),
    "plan.providers": Said(
        "통신사 한도로 첫 메시지 전송에 걸리는 시간:",
        "The first messages take, by the providers' limits:",
    ),
    "plan.provider_line": Said("{kind} {seconds}초", "{kind} {seconds} s"),
    "plan.provider_none": Said("{kind}: 보낼 통로가 없음", "{kind}: nothing carries it"),
    "plan.slow": Said(
        "▼ 첫 메시지를 모두 보내는 데 1분이 넘습니다.",
        "▼ It takes more than a minute until all first messages are out.",
    ),
    "plan.type": Said(
        "보내려면 자리 수({seats})를 입력하십시오", "To send, type the number of seats ({seats})"
    ),
    "plan.go": Said("지금 보내기", "Send now"),
    "plan.hold": Said("2초 동안 눌러 보내기", "Or hold for 2 s to send"),
    "plan.hold_how": Said("누르고 있는 중…", "Keep holding…"),
    "plan.second": Said(
        "{by}이(가) 보내려고 합니다. {time}까지 다른 사람이 확인해야 합니다.",
        "{by} wants to send this. Somebody else must agree by {time}.",
    ),
    "plan.change": Said("자리 수 바꾸기", "Change the seats"),
    "plan.change_go": Said("바꾸기", "Change"),
    "plan.not_now": Said("보내지 않기", "Not now"),
    "plan.not_now_why": Said("왜", "Why not"),
    "plan.read_only": Said(
        "호출은 조장이나 관리자가 보냅니다.", "Shift leads and managers send call-outs."
    ),
    "plan.unconfirmed.send": Said("보냅니다", "it is sent"),
    "plan.unconfirmed.drop": Said("버립니다", "it is dropped"),
    # --- while it runs
    "run.title": Said("{pool}에서 {seats}석", "{seats} seats from {pool}"),
    "run.people": Said("사람", "People"),
    "run.funnel": Said("단계마다", "Tier by tier"),
    "run.paged": Said("연락", "paged"),
    "run.delivered": Said("전달됨", "delivered"),
    "run.seen": Said("봄", "seen"),
    "run.accepted": Said("수락", "accepted"),
    "run.declined": Said("거절", "declined"),
    "run.waitlisted": Said("대기", "in reserve"),
    "run.no_answer": Said("답 없음", "no answer"),
    "run.unreachable": Said("연락 안 됨", "not reached"),
    "run.everyone": Said("모두 보기", "Show all"),
    "run.shown": Said("{total}명 중 {n}명", "{n} of {total}"),
    "run.person": Said("누구", "Who"),
    "run.state": Said("상태", "State"),
    "run.seat": Said("자리", "Seat"),
    "run.messages": Said("메시지", "Messages"),
    "run.answered_at": Said("답한 때", "Answered"),
    "run.note": Said("살펴볼 것", "To look at"),
    "run.needs_human": Said("▲ 사람이 살펴야 함", "▲ needs a human"),
    "run.reserve": Said("대기 {n}번", "reserve {n}"),
    "run.comes_in": Said("{n}분 뒤 도착", "comes in {n} min"),
    "run.nobody": Said("아직 아무도 없습니다.", "Nobody yet."),
    "run.steer": Said("조종", "Steer"),
    "run.pause": Said("잠시 멈춤", "Pause"),
    "run.resume": Said("계속", "Go on"),
    "run.widen": Said("다음 단계도 부르기", "Next tier now"),
    "run.faster": Said("더 빠르게", "Faster"),
    "run.rewind": Said("답 없는 사람에게 다시", "Ask the silent again"),
    "run.paused_how": Said(
        "멈춤: 새로 묻지 않습니다. 답은 계속 받습니다.",
        "Paused: nobody else is asked. Answers still come in.",
    ),
    "run.stop": Said("끝내기", "Stop"),
    "run.stop_how": Said(
        "이미 {n}명이 메시지를 받았고, 되돌릴 수 없습니다. 지금 “오지 않으셔도 됩니다”를 보낼까요?",
        "{n} people already have the message; that cannot be undone. Send stand-down now?",
    ),
    "run.stop_tell": Said("끝내고, 오지 않아도 된다고 알리기", "Stop, and send stand-down"),
    "run.stop_silent": Said("끝내고, 알리지 않기", "Stop, and tell nobody"),
    "run.size": Said("필요한 자리 바꾸기", "Raise or lower the need"),
    "run.by_hand": Said("한 사람", "One person"),
    "run.by_hand_how": Said(
        "명단에 없는 사람도 규칙을 확인한 뒤 부릅니다. 이름과 번호는 호출 명단에 있습니다.",
        "Somebody who was not asked yet is asked after the rules are checked. Names and numbers"
        " are on the call sheet.",
    ),
    "run.who": Said("사람(번호)", "Person (id)"),
    "run.deed": Said("무엇을", "What"),
    "deed.ask": Said("메시지로 묻기", "ask by message"),
    "deed.told": Said("직접 물어봄, 메시지 없이", "asked in person, no message"),
    "deed.accept": Said("직접 “예”라고 함", "said yes in person"),
    "deed.decline": Said("직접 “아니오”라고 함", "said no in person"),
    "deed.withdraw": Said("못 온다고 함", "cannot come after all"),
    "deed.arrived": Said("도착함", "is here"),
    "run.deed_go": Said("적기", "Note it"),
    "run.sheet": Said("호출 명단(인쇄)", "Call sheet (print)"),
    "run.sheet_csv": Said("호출 명단 CSV", "Call sheet, CSV"),
    "run.sheet_how": Said(
        "이름과 번호가 있습니다. 열람은 감사 기록에 남습니다.",
        "It has names and numbers. That it was read is in the audit.",
    ),
    "run.report": Said("사후 보고", "After-action report"),
    "run.report_csv": Said("사후 보고 CSV", "the same, CSV"),
    "run.report_how": Said("이름과 번호가 없습니다.", "without names and numbers"),
    "run.log": Said("누가 무엇을", "Who did what"),
    "run.log_empty": Said("아직 아무도 손대지 않았습니다.", "Nobody has done anything yet."),
    # --- rules of rest
    "rest.title": Said("휴식 규칙의 예외", "Rules of rest, lifted"),
    "rest.how": Said(
        "이 호출에서만, 막는 대신 경고합니다. 이유는 감사 기록에 남습니다. 법과 계약이 허락하는지는"
        " 관리자가 판단합니다.",
        "For this call-out alone the rule warns where it blocks. The reason is in the audit."
        " Whether law and contract allow it is the manager's to judge.",
    ),
    "rest.rule": Said("규칙", "Rule"),
    "rest.why": Said("왜 허용되는가", "Why it is allowed"),
    "rest.lift": Said("예외로 하기", "Let it warn only"),
    "rest.restore": Said("다시 막기", "Let it block again"),
    "rest.lifted": Said("{rule}: 경고만", "{rule}: only warns"),
    "rest.by": Said("{time} {by}", "{by}, {time}"),
    # --- notes
    "note.callout_lifted": Said(
        "이 호출에서는 그 규칙이 경고만 합니다.", "The rule only warns in this call-out."
    ),
    "note.callout_invalid": Said("그 값으로는 할 수 없습니다.", "Not possible with that value."),
    "note.callout_started": Said("보냈습니다.", "Sent."),
    "note.callout_dropped": Said("보내지 않기로 했습니다.", "Not sent."),
    "note.callout_stopped": Said("끝냈습니다.", "Stopped."),
    "note.callout_done": Said("되었습니다.", "Done."),
    "note.callout_typed": Said(
        "입력한 수가 자리 수와 다릅니다. 보내지 않았습니다.",
        "The number typed is not the number of seats. Nothing was sent.",
    ),
    "note.callout_not_now": Said(
        "이 호출은 지금 그 상태가 아닙니다.", "The call-out is not in a state for that."
    ),
    "note.callout_held": Said(
        "이미 앉은 사람이 있어 할 수 없습니다.", "Not possible: somebody has that seat."
    ),
    "note.callout_ineligible": Said(
        "이 사람은 지금 부를 수 없습니다.", "This person cannot be asked now."
    ),
    "note.callout_not_found": Said("그런 사람이 없습니다.", "There is nobody of that id."),
    "note.callout_not_previewed": Said("먼저 계획을 보십시오.", "Look at the plan first."),
    "note.callout_second_person": Said(
        "다른 관리자 한 명이 제때 같은 호출을 보내기로 하면 나갑니다.",
        "It goes out when another manager sends it too, in time.",
    ),
    # --- the people board
    "people.title": Said("호출 인원 준비 상태", "Readiness"),
    "people.how": Said(
        "오늘 밤 부를 수 있는가, 부르는 모든 길로. 한 사람도 빠짐없이 계산합니다.",
        "Could they be reached tonight, by every way? Computed for everyone.",
    ),
    "people.green": Said("준비됨", "ready"),
    "people.amber": Said("약점 있음", "with a weakness"),
    "people.red": Said("연락 불가", "not reachable"),
    "people.pool": Said("조", "Pool"),
    "people.light": Said("상태", "Light"),
    "people.standing": Said("올 수 있는 때", "Could come"),
    "people.ways": Said("연락 방법", "Ways"),
    "people.why": Said("이유", "Why"),
    "people.proved": Said("확인 {time}", "proved {time}"),
    "people.unproved": Said("확인 안 됨", "not proved"),
    "people.empty": Said("해당하는 사람이 없습니다.", "Nobody is like that."),
}
