"""What is said to counselors who can be called in?"""

from typing import Final

from services.consoles.words.said import Said

WORDS: Final[dict[str, Said]] = {
    "page.on_call": Said("나의 호출", "On call"),
    "mine.title": Said("나의 호출", "On call"),
    "mine.nobody": Said(
        "이 계정은 호출 명단에 없습니다. 관리자에게 문의하십시오.",
        "This account is on no call-out list. Ask your manager.",
    ),
    "mine.offers": Said("나에게 온 요청", "Asked of me"),
    "mine.no_offers": Said("지금 요청이 없습니다.", "Nothing is asked of you now."),
    "mine.wanted": Said("{start}부터 {end}까지 근무", "Work from {start} until {end}"),
    "mine.left": Said("{seats}석 중 {left}석 남음", "{left} of {seats} seats left"),
    "mine.yours": Said("● {n}번 자리가 당신의 자리입니다", "● Seat {n} is yours"),
    "mine.reserve": Said("자리가 찼습니다. 대기 {n}번입니다", "Filled: you are reserve {n}"),
    "mine.rest": Said("당신의 규칙 확인: {what}", "Mind: {what}"),
    "mine.yes": Said("예, 갑니다", "Yes, I come"),
    "mine.no": Said("아니오", "No"),
    "mine.later": Said("한 시간 뒤 다시", "Ask me in an hour"),
    "mine.withdraw": Said("못 가게 되었습니다", "I cannot come after all"),
    "mine.why": Said("이유(선택)", "Reason (if you like)"),
    "decline.working": Said("근무 중", "working"),
    "decline.tired": Said("지침", "tired"),
    "decline.ill": Said("아픔", "ill"),
    "decline.family": Said("가족", "family"),
    "decline.away": Said("멀리 있음", "away"),
    "decline.other": Said("다른 이유", "something else"),
    "mine.standing": Said("얼마나 빨리 올 수 있습니까", "How soon could I come?"),
    "mine.standing_how": Said(
        "호출이 없을 때도 언제든 바꾸십시오. 못 온다고 해 두면 깨우지 않습니다.",
        "Change it at any time. Who cannot come is not woken.",
    ),
    "mine.standing_since": Said("{time}부터", "since {time}"),
    "mine.health": Said("연락이 닿습니까", "Can I be reached?"),
    "mine.proved": Said("확인 {time}", "proved {time}"),
    "mine.unproved": Said("확인되지 않음", "not proved"),
    "mine.test": Said("확인 코드 보내기", "Test it now"),
    "mine.code": Said("받은 여섯 자리", "The six digits that came"),
    "mine.confirm": Said("확인", "Confirm"),
    "mine.shifts": Said("나의 근무", "My shifts"),
    "mine.no_shifts": Said("앞으로 근무가 없습니다.", "No shift lies ahead."),
    "shift.planned": Said("예정", "planned"),
    "shift.override": Said("변경", "changed"),
    "shift.swap": Said("교대", "swapped"),
    "shift.seat": Said("호출", "called in"),
    "shift.elsewhere": Said("다른 곳", "elsewhere"),
    "mine.leave": Said("나의 휴가", "My leave"),
    "mine.no_leave": Said("앞으로 휴가가 없습니다.", "No leave lies ahead."),
    "mine.leave_from": Said("언제부터", "From"),
    "mine.leave_until": Said("언제까지", "Until"),
    "mine.leave_go": Said("휴가 적기", "I am away then"),
    "mine.leave_back": Said("취소", "Not after all"),
    "mine.leave_how": Said(
        "센터의 시각입니다. 휴가 동안에는 아무도 부르지 않으며, 관리자도 바꿀 수 없습니다.",
        "By the centre's clock. Nobody calls you in then, and no manager can change that.",
    ),
    "note.mine_leave": Said("휴가를 적었습니다.", "Your leave is noted."),
    "note.mine_leave_wrong": Said(
        "끝이 시작보다, 또 지금보다 뒤여야 합니다.", "It must end after its start, and after now."
    ),
    "note.mine_leave_many": Said(
        "휴가가 너무 많습니다. 지난 것을 지우십시오.", "That is too much leave: give up some."
    ),
    "mine.calendar": Said("달력", "Calendar"),
    "mine.calendar_how": Said(
        "주소를 아는 사람은 근무 시간을 봅니다. 새로 만들면 전의 주소는 끝납니다.",
        "Whoever has the address sees your shifts. A new one ends the one before.",
    ),
    "mine.calendar_new": Said("달력 주소 만들기", "Make an address"),
    "mine.calendar_here": Said("한 번만 보입니다:", "Shown only once:"),
    "note.mine_seated": Said("자리가 당신의 것입니다.", "The seat is yours."),
    "note.mine_waitlisted": Said(
        "자리가 찼습니다. 대기자로 적었습니다.", "It is filled: you are in reserve."
    ),
    "note.mine_thanks": Said("고맙습니다. 푹 쉬십시오.", "Thank you. Rest well."),
    "note.mine_withdrawn": Said("자리를 비웠습니다.", "Your seat is free again."),
    "note.mine_seen": Said("봤다고 적었습니다.", "Noted."),
    "note.mine_late": Said("이 호출은 끝났습니다.", "This call-out is over."),
    "note.mine_ineligible": Said(
        "지금은 근무 규칙 때문에 앉을 수 없습니다.", "A rule of rest keeps you from these hours."
    ),
    "note.mine_unknown": Said("그런 요청이 없습니다.", "There is no such offer."),
    "note.mine_standing": Said("적었습니다.", "Noted."),
    "note.mine_code_sent": Said("코드를 보냈습니다.", "A code is on its way."),
    "note.mine_code_not_sent": Said("보낼 수 없었습니다.", "It could not be sent."),
    "note.mine_too_soon": Said("1분 뒤 다시 하십시오.", "Wait a minute before the next one."),
    "note.mine_verified": Said("확인되었습니다.", "Proved."),
    "note.mine_wrong": Said("코드가 다릅니다.", "That is not the code."),
    "note.mine_expired": Said("코드가 만료되었습니다.", "The code has expired."),
}
