"""How is it said, in Korean and in English?

Every text of the pages is here under a name, both languages side by side; templates only place
them: `say("desk.next")`. A new page brings its own words in a file of its own, added to `WORDS`.
"""

from collections.abc import Callable
from typing import Final

from services.consoles.words import (
    callout_codes,
    callouts,
    codes,
    desk,
    every_page,
    lead,
    on_call,
)
from services.consoles.words.said import LANGUAGES, Said

__all__ = ["LANGUAGES", "WORDS", "Said", "speaker", "teller"]

WORDS: Final[dict[str, Said]] = {
    **every_page.WORDS,
    **desk.WORDS,
    **lead.WORDS,
    **codes.WORDS,
    **callouts.WORDS,
    **callout_codes.WORDS,
    **on_call.WORDS,
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
