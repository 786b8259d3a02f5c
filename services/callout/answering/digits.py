"""What does a text message say: an answer, a wish to hear no more, or nothing we know?

Digits only. At the carriers YES, START and UNSTOP opt a number in, and STOP, CANCEL, END or QUIT
opt it out: a counselor who declined with "cancel" could never be reached by that number again.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from services.callout.answers import Choice

CHOICES: Final[dict[str, Choice]] = {"1": "accept", "2": "decline", "3": "later", "9": "withdraw"}
LONGEST: Final = 480
# Those of Twilio and AWS, and what Korean carriers take for a refusal.
OPT_OUT: Final = frozenset(
    {
        "ARRET",
        "CANCEL",
        "END",
        "OPTOUT",
        "QUIT",
        "REMOVE",
        "REVOKE",
        "STOP",
        "STOPALL",
        "TD",
        "UNSUBSCRIBE",
        "수신거부",
    }
)
OPT_IN: Final = frozenset({"START", "UNSTOP", "YES"})
# "1", "1 47", "147", "1-47", "47 1": the choice is one digit, the reference two or more.
_CHOICE_FIRST: Final = re.compile(r"([1239])(?:[ .,:#-]*(\d{2,4}))?")
_CHOICE_LAST: Final = re.compile(r"(\d{2,4})[ .,:#-]+([1239])")


@dataclass(frozen=True, slots=True)
class Said:
    """A choice; `code` is "" when they named no call-out."""

    choice: Choice
    code: str = ""


Understood = Said | Literal["opt_out", "opt_in", "nothing"]


def understand(body: str) -> Understood:
    """What a text means. Whoever writes a sentence is told how to answer, never guessed at."""
    # Full-width digits are what Korean and Japanese keyboards give.
    text = unicodedata.normalize("NFKC", body[:LONGEST]).strip().strip(".!").strip()
    word = re.sub(r"[\s-]", "", text).upper()
    if word in OPT_OUT:
        return "opt_out"
    if word in OPT_IN:
        return "opt_in"
    match = _CHOICE_FIRST.fullmatch(text)
    if match is not None:
        return Said(CHOICES[match[1]], match[2] or "")
    match = _CHOICE_LAST.fullmatch(text)
    if match is not None:
        return Said(CHOICES[match[2]], match[1])
    return "nothing"
