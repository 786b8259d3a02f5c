"""What is one text, in both languages?"""

from typing import Final, NamedTuple

LANGUAGES: Final = ("ko", "en")


class Said(NamedTuple):
    """One text in both languages."""

    ko: str
    en: str
