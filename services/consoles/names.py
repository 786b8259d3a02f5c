"""What are countries, languages, topics and queues called? The centre file's own names first."""

from typing import Final

from services.consoles.words.said import LANGUAGES, Said
from streams.domain.centre import Centre

_LANGUAGES: Final = {
    "ko": Said("한국어", "Korean"),
    "en": Said("영어", "English"),
    "zh": Said("중국어", "Chinese"),
    "ja": Said("일본어", "Japanese"),
    "vi": Said("베트남어", "Vietnamese"),
    "fr": Said("프랑스어", "French"),
    "ru": Said("러시아어", "Russian"),
    "es": Said("스페인어", "Spanish"),
}
_COUNTRIES: Final = {
    "KR": Said("한국", "Korea"),
    "JP": Said("일본", "Japan"),
    "CN": Said("중국", "China"),
    "VN": Said("베트남", "Vietnam"),
    "US": Said("미국", "United States"),
    "TH": Said("태국", "Thailand"),
    "PH": Said("필리핀", "Philippines"),
    "TW": Said("대만", "Taiwan"),
    "ID": Said("인도네시아", "Indonesia"),
    "TR": Said("튀르키예", "Türkiye"),
    "FR": Said("프랑스", "France"),
    "IT": Said("이탈리아", "Italy"),
}
_TOPICS: Final = {
    "disaster": Said("재난", "disaster"),
    "incident": Said("사건·사고", "incident"),
    "passport": Said("여권", "passport"),
    "visa": Said("비자", "visa"),
    "missing_person": Said("실종", "missing person"),
    "medical": Said("의료", "medical"),
    "arrest": Said("체포·구금", "arrest"),
    "evacuation": Said("대피", "evacuation"),
    "general": Said("일반", "general"),
}


class Names:
    """Codes in words, in one language."""

    def __init__(self, centre: Centre, language: str) -> None:
        self._at = LANGUAGES.index(language)
        missions = {m.country: Said(m.title_ko, m.title_en) for m in centre.missions}
        self._known = {
            "language": _LANGUAGES,
            "country": _COUNTRIES | missions,
            "topic": _TOPICS,
            "queue": {q.name: Said(q.title_ko, q.title_en) for q in centre.queues},
        }

    def __call__(self, kind: str, code: str | None) -> str:
        """The name; the code itself when it has none, "" for nothing."""
        said = self._known[kind].get(code or "")
        return said[self._at] if said else code or ""
