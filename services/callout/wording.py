"""What does a message say? First what, when and how to answer; a drill says so before anything.

One SMS where that can be: 160 GSM characters, 70 in Korean, so the words are few.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.domain.callout.offers import ends_for, starts_for
from streams.events.callouts import CalloutData, OfferData, Purpose

DRILL: Final = {"ko": "[훈련] ", "en": "DRILL. "}
_TEXTS: Final[dict[tuple[Purpose, str], str]] = {
    (
        "ask",
        "en",
    ): "{centre} needs you {day} {start}-{end}{place}. 1 yes, 2 no, 3 in 1 h. Ref {ref}.",
    (
        "ask",
        "ko",
    ): "{centre} {day} {start}-{end} 근무 요청{place}. 1 예 2 아니오 3 1시간 뒤. 번호 {ref}",
    ("seated", "en"): "{centre}: a seat is yours now, {day} {start}-{end}{place}. Ref {ref}.",
    ("seated", "ko"): "{centre}: {day} {start}-{end}{place} 자리가 배정되었습니다. 번호 {ref}",
    ("reminder", "en"): "{centre}: you start at {start}{place}. Ref {ref}.",
    ("reminder", "ko"): "{centre}: {start}{place} 근무 시작입니다. 번호 {ref}",
    (
        "stand_down",
        "en",
    ): "{centre}: all seats are filled, you are not needed. Thank you, rest well.",
    ("stand_down", "ko"): "{centre}: 인원이 모두 찼습니다. 오지 않으셔도 됩니다. 감사합니다.",
}
_SUBJECTS: Final = {"ko": "긴급 근무 요청", "en": "Called in"}


def language_of(languages: tuple[str, ...]) -> str:
    """The language a person is written to in: their own, if there are words for it."""
    return next((one for one in languages if one in _SUBJECTS), "en")


def text_of(
    callout: CalloutData,
    offer: OfferData,
    purpose: Purpose,
    language: str,
    timezone: str,
    centre: str,
    place: str,
) -> str:
    """The message, without its link."""
    hours = starts_for(callout.need, offer), ends_for(callout.need, offer)
    return _text(callout, hours, purpose, language, timezone, centre, place)


def asked_with(callout: CalloutData, language: str, timezone: str, centre: str, place: str) -> str:
    """What the first message would say; shown before anything is sent."""
    hours = callout.need.start, callout.need.end
    return _text(callout, hours, "ask", language, timezone, centre, place)


def _text(
    callout: CalloutData,
    hours: tuple[datetime, datetime],
    purpose: Purpose,
    language: str,
    timezone: str,
    centre: str,
    place: str,
) -> str:
    zone = ZoneInfo(timezone)
    start, end = (_local(moment, zone) for moment in hours)
    text = _TEXTS[purpose, language].format(
        centre=centre,
        day=f"{start:%d.%m.}",
        start=f"{start:%H:%M}",
        end=f"{end:%H:%M}",
        place=f", {place}" if place else "",
        ref=callout.ref,
    )
    return (DRILL[language] if callout.drill else "") + text


def subject_of(callout: CalloutData, language: str) -> str:
    """The subject of a mail; a drill says so here too."""
    return (DRILL[language] if callout.drill else "") + _SUBJECTS[language]


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)
