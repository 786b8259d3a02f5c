"""How is it said, in Korean and in English, so that a minister could read it?

Every text of the board that depends on what happened is put into words here, both languages side
by side; the templates only place them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from services.boards.snapshot import Decision, Headline, KeyLevel, Level, Title
from streams.domain.centre import Centre

LEVEL_WORDS: Final[dict[Level, Title]] = {
    "normal": Title("정상", "Normal"),
    "watch": Title("주의", "Watch"),
    "surge": Title("급증", "Surge"),
}
SHARE_WORDS: Final[dict[str, Title]] = {
    "answered_live": Title("직접 응답", "answered live"),
    "callback_completed": Title("콜백 완료", "called back"),
    "callback_open": Title("콜백 약속", "callback promised"),
    "waiting": Title("대기 중", "waiting"),
    "withdrawn": Title("철회", "withdrawn"),
    "deflected": Title("안내 종료", "deflected"),
    "lost": Title("유실", "lost"),
}
LOST_WORDS: Final[dict[str, Title]] = {
    "no_number": Title("번호 없음", "no number"),
    "short_abandon": Title("바로 끊음", "hung up at once"),
    "consent_refused": Title("콜백 거절", "refused a callback"),
    "blocked": Title("차단 번호", "blocked number"),
    "ruled_out": Title("콜백 제외 규정", "no callback by rule"),
    "no_end_seen": Title("종료 미확인", "no end seen"),
    "expired": Title("기한 만료", "expired"),
    "unreachable": Title("연결 불가", "unreachable"),
}
# Said at the mark on the chart: (when it began, how much later it was declared).
MARK_WORDS: Final = {
    "surge": {
        "ko": ["급증 시작", "{n}초 후 선언"],
        "en": ["surge began", "declared {n} s later"],
    },
    "watch": {
        "ko": ["증가 시작", "{n}초 후 주의"],
        "en": ["rise began", "watch {n} s later"],
    },
}
CALLBACK_WORDS: Final[dict[str, Title]] = {
    "promised": Title("약속", "promised"),
    "completed": Title("완료", "completed"),
    "reached_us_first": Title("직접 연결", "reached us first"),
    "withdrawn": Title("철회", "withdrawn"),
    "unreachable": Title("연결 불가", "not reached"),
    "expired": Title("만료", "expired"),
    "blocked": Title("차단", "blocked"),
}
ROLE_WORDS: Final[dict[str, Title]] = {
    "lead": Title("선임", "a lead"),
    "manager": Title("책임자", "a manager"),
    "": Title("담당자", "people in command"),
}
_COMMON: Final[dict[str, Title]] = {
    "total": Title("전체", "all calls"),
    "channel:voice": Title("전화", "phone"),
    "channel:chat": Title("채팅", "chat"),
    "channel:sms": Title("문자", "text messages"),
    "channel:email": Title("이메일", "e-mail"),
    "channel:sns": Title("SNS", "social media"),
    "channel:app": Title("앱", "app"),
    "language:ko": Title("한국어", "Korean"),
    "language:en": Title("영어", "English"),
    "topic:passport": Title("여권", "passports"),
    "topic:incident": Title("사건·사고", "incidents"),
    "topic:disaster": Title("재난", "disasters"),
    "topic:visa": Title("비자", "visas"),
    "pool:counselors": Title("상담원", "counselors"),
    "pool:volunteers": Title("자원봉사자", "volunteers"),
    "country:JP": Title("일본", "Japan"),
    "country:CN": Title("중국", "China"),
    "country:VN": Title("베트남", "Vietnam"),
    "country:US": Title("미국", "United States"),
    "country:TH": Title("태국", "Thailand"),
    "country:PH": Title("필리핀", "Philippines"),
    "country:TW": Title("대만", "Taiwan"),
    "country:ID": Title("인도네시아", "Indonesia"),
    "country:TR": Title("튀르키예", "Türkiye"),
    "country:FR": Title("프랑스", "France"),
    "country:IT": Title("이탈리아", "Italy"),
    "country:GT": Title("과테말라", "Guatemala"),
    "country:KR": Title("한국", "Korea"),
}


def titles(centre: Centre) -> dict[str, Title]:
    """What each key is called: the centre file's own names first."""
    missions = {f"country:{m.country}": Title(m.title_ko, m.title_en) for m in centre.missions}
    queues = {f"queue:{q.name}": Title(q.title_ko, q.title_en) for q in centre.queues}
    return {**_COMMON, **missions, **queues}


def clock_time(at: datetime, zone: tzinfo, *, seconds: bool = True) -> str:
    """14:09:06 in a zone."""
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def local_time(at: datetime, timezone: str, zone: tzinfo) -> str:
    """13:09, the time where the mission is; the centre's own for a row that has no place."""
    return clock_time(at, ZoneInfo(timezone) if timezone else zone, seconds=False)


def duration(seconds: float | None) -> str:
    """A wait as a clock shows it: 3:12, or 1:02:45."""
    whole = int(seconds or 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> Title:
    """How long something has lasted."""
    minutes = int(seconds) // 60
    if minutes < 1:
        return Title(f"{int(seconds)}초", f"{int(seconds)} s")
    if minutes < 60:  # noqa: PLR2004
        return Title(f"{minutes}분", f"{minutes} min")
    hours, rest = divmod(minutes, 60)
    return Title(f"{hours}시간 {rest}분", f"{hours} h {rest} min")


def number(value: float) -> str:
    """Whole numbers from ten on, else as many figures as tell it from nothing."""
    if value >= 10:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.1 or value == 0 else f"{value:.1g}"  # noqa: PLR2004


def headline_title(headline: Headline) -> Title:
    """급증 · 일본."""
    word = LEVEL_WORDS[headline.level]
    if headline.key is None:
        return word
    name = headline.key.title
    return Title(f"{word.ko} · {name.ko}", f"{word.en} · {name.en}")


def evidence(headline: Headline, at: datetime, zone: tzinfo) -> tuple[Title, Title]:
    """The evidence in one sentence: (bold part, the rest)."""
    if headline.key is None:
        return _calm(headline, at, zone), Title("", "")
    key = headline.key
    if key.declared_by and key.score < 1:
        # The numbers do not show it (yet), so they come second.
        by = ROLE_WORDS[key.declared_by]
        return (
            Title(f"{by.ko} 선언", f"Declared by {by.en}"),
            Title(
                f" — 예상 {number(key.expected)}명에 {key.observed:,}명.",
                f": {key.observed:,} callers where {number(key.expected)} were expected.",
            ),
        )
    bold = Title(
        f"예상 {number(key.expected)}명에 {key.observed:,}명",
        f"{key.observed:,} callers where {number(key.expected)} were expected",
    )
    rest = Title(
        f" — 평소의 {_times(key)}배 ({_range(key)}배).",
        f": {_times(key)} times normal ({_range(key)}).",
    )
    return bold, rest


def decision(made: Decision) -> Title:
    """One line of the last decisions."""
    return _SAID[made.kind](made)


def strip_path(strip: Sequence[int], level: int) -> str:
    """The cells of a level's strip that are at this level, as one SVG path: higher is taller."""
    top = (14, 8, 0)[level]
    cells = (index for index, cell in enumerate(strip) if cell == level)
    return "".join(f"M{6 * index} {top}h5v{20 - top}h-5z" for index in cells)


def lost_reason(reason: str) -> Title:
    """Why somebody was lost."""
    return LOST_WORDS.get(reason) or Title(reason, reason.replace("_", " "))


def _calm(headline: Headline, at: datetime, zone: tzinfo) -> Title:
    cleared = headline.last_cleared_at
    if cleared is None or (at - cleared).total_seconds() > 86_400:  # noqa: PLR2004
        return Title("지난 24시간 경보 없음", "No alert in the last 24 hours")
    when = clock_time(cleared, zone, seconds=False)
    return Title(f"마지막 경보 {when} 해제", f"Last alert ended at {when}")


def _times(key: KeyLevel) -> str:
    return number(key.ratio)


def _range(key: KeyLevel) -> str:
    return f"{number(key.ratio_low)}–{number(key.ratio_high)}"


def _names(names: Sequence[Title]) -> Title:
    shown = names[:3]
    more = len(names) - len(shown)
    return Title(
        ", ".join(name.ko for name in shown) + (f" 외 {more}" if more else ""),
        ", ".join(name.en for name in shown) + (f" and {more} more" if more else ""),
    )


def _callbacks(made: Decision) -> Title:
    said = [
        (words, made.counts[name]) for name, words in CALLBACK_WORDS.items() if name in made.counts
    ]
    return Title(
        "콜백 " + ", ".join(f"{words.ko} {people}" for words, people in said),
        "callbacks: " + ", ".join(f"{people} {words.en}" for words, people in said),
    )


def _declared(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        names = _names(made.names)
        return Title(
            f"{ko} 선언: {names.ko} (예상 {number(made.expected)}명에 {made.number}명)",
            f"{en} declared: {names.en} ({made.number} where {number(made.expected)})",
        )

    return say


def _narrowed(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        names = _names(made.names)
        return Title(f"{ko} 범위 확인: {names.ko}", f"{en} is about {names.en}")

    return say


def _cleared(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        names = _names(made.names)
        return Title(f"{ko} 해제: {names.ko}", f"{en} over: {names.en}")

    return say


def _ordered(ko: str, en: str) -> Callable[[Decision], Title]:
    """What people in command decided, by their role."""

    def say(made: Decision) -> Title:
        names, by = _names(made.names), ROLE_WORDS[made.by]
        return Title(f"{ko}: {names.ko} ({by.ko})", f"{en} by {by.en}: {names.en}")

    return say


def _event(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        event, key = made.names[:2]
        by, times = ROLE_WORDS[made.by], f"×{made.expected:g}"
        return Title(
            f"{ko}: {event.ko}, {key.ko} {times} ({by.ko})",
            f"{en} by {by.en}: {event.en}, {key.en} {times}",
        )

    return say


def _centre(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        version = made.names[0].en
        return Title(f"{ko} ({version})", f"{en} ({version})")

    return say


def _callout(ko: str, en: str) -> Callable[[Decision], Title]:
    def say(made: Decision) -> Title:
        names = _names(made.names)
        return Title(f"{ko}: {names.ko} {made.number}석", f"{en} {made.number} seats, {names.en}")

    return say


def _seats_asked(made: Decision) -> Title:
    return Title(
        f"상담석 {made.number}석 필요, 현재 {made.of}석",
        f"{made.number} seats needed, {made.of} staffed",
    )


def _seats_covered(made: Decision) -> Title:
    return Title(f"상담석 {made.number}석, 충분", f"{made.number} seats staffed, enough")


def _signed_in(made: Decision) -> Title:
    names = _names(made.names)
    people = names.en.removesuffix("s") if made.number == 1 else names.en
    return Title(f"{names.ko} {made.number}명 착석", f"{made.number} {people} signed in")


def _clock(made: Decision) -> Title:
    return Title(f"연습 시작, ×{made.expected:g}", f"rehearsal started, ×{made.expected:g}")


_SAID: Final[dict[str, Callable[[Decision], Title]]] = {
    "surge_declared": _declared("급증", "surge"),
    "watch_declared": _declared("주의", "watch"),
    "surge_narrowed": _narrowed("급증", "surge"),
    "watch_narrowed": _narrowed("주의", "watch"),
    "surge_cleared": _cleared("급증", "surge"),
    "watch_cleared": _cleared("주의", "watch"),
    "people_declared": _ordered("급증 선언", "surge declared"),
    "people_acknowledged": _ordered("급증 확인", "surge acknowledged"),
    "people_extended": _ordered("급증 연장", "surge extended"),
    "people_dismissed": _ordered("급증 아님", "dismissed as no surge"),
    "people_closed": _ordered("급증 종료", "surge closed"),
    "event_planned": _event("예정 행사", "event planned"),
    "event_called_off": _event("행사 취소", "event called off"),
    "centre_applied": _centre("새 센터 설정 적용", "new centre file in force"),
    "centre_rolled_back": _centre("이전 센터 설정 복원", "earlier centre file back in force"),
    "callout_running": _callout("호출 시작", "call-out for"),
    "callout_resumed": _callout("호출 재개", "call-out goes on:"),
    "callout_paused": _callout("호출 일시 중지", "call-out paused:"),
    "callout_filled": _callout("호출 충원 완료", "call-out filled:"),
    "callout_expired": _callout("호출 기한 만료", "call-out ran out of time:"),
    "callout_cancelled": _callout("호출 취소", "call-out cancelled:"),
    "seats_asked": _seats_asked,
    "seats_covered": _seats_covered,
    "signed_in": _signed_in,
    "clock_declared": _clock,
    "callbacks": _callbacks,
}
