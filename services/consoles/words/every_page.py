"""What is said on every page, at the door, and when something is wrong?"""

from typing import Final

from services.consoles.words.said import Said

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
    "error.missing": Said("그런 화면이 없습니다", "There is no such page"),
    "error.back": Said("돌아가기", "Go back"),
}
