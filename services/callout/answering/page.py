"""What does a counselor see behind the link?

One small page without a script, readable over the slowest telephone line: what, when, how many
seats are left, and buttons that send. Looking at it does nothing, so a link scanner can do nothing.
"""

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, select_autoescape

from services.callout.answering.words import WORDS, hours_of, note_text, reply_text, say
from services.callout.answers import DeclineReason, Offered, Reply

STYLE: Final = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:0;color:#111;background:#fff}"
    "main{max-width:34rem;margin:0 auto;padding:1rem}"
    "h1{font-size:1.3rem;margin:.5rem 0}.hours{font-size:1.2rem;font-weight:700}"
    "fieldset{border:0;padding:0;margin:0 0 1rem}label{display:block;margin:.5rem 0}"
    "select{font:inherit;max-width:100%}"
    "button{font:inherit;display:block;width:100%;padding:.8rem;margin:.5rem 0;"
    "border:2px solid #333;border-radius:.4rem;background:#fff;color:#111}"
    ".yes{background:#0a5c2b;border-color:#0a5c2b;color:#fff}"
    "button:focus,a:focus,select:focus{outline:3px solid #1a5fb4;outline-offset:2px}"
    ".told{padding:.6rem;border-left:6px solid #0a5c2b;background:#eef7f0}"
    ".drill{padding:.6rem;border:3px dashed #8a4b00;background:#fff7e6}"
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self';"
        f" style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
    ),
    # The address is the key to the answer: it must be told to nobody.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
ARRIVALS: Final = (10, 20, 30, 45, 60, 90)
MOST_HOURS: Final = 24
# In these the offer can still be withdrawn.
HOLDING: Final = frozenset({"seated", "waitlisted"})

_pages: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)


def offer_page(offered: Offered, language: str, reply: Reply | None, choice: str = "") -> str:
    """The page of an offer, with what was answered."""
    told = reply or offered.reply
    holding = told is not None and told.kind in HOLDING
    final = told is not None and told.kind == "late"
    return _page(
        language,
        title=say("needed", language),
        drill=offered.drill,
        hours=hours_of(offered, language),
        place=offered.place,
        notes=[text for text in (note_text(note, language) for note in offered.notes) if text],
        told=reply_text(told, language, choice) if told else "",
        seats=""
        if holding or final
        else say("seats_left", language, left=offered.seats_left, seats=offered.seats),
        can_answer=offered.open and not holding and not final,
        can_withdraw=holding,
        calendar="?calendar" if told is not None and told.kind == "seated" else "",
        arrivals=[(n, say("minutes", language, n=n)) for n in ARRIVALS],
        starts=_marks(offered.starts_at, offered.ends_at, offered.timezone, last=False),
        ends=_marks(offered.starts_at, offered.ends_at, offered.timezone, last=True),
        reasons=[
            (reason, say(f"reason_{reason}", language))
            for reason in sorted(get_args(DeclineReason))
        ],
        other="en" if language == "ko" else "ko",
    )


def plain_page(word: str, language: str) -> str:
    """A page that only says something: no such link, expired, too often."""
    return _page(language, title=say("title", language), told=say(word, language))


def _page(language: str, **parts: Any) -> str:
    words = {name: texts[language] for name, texts in WORDS.items()}
    return _pages.get_template("answer.html").render(
        lang=language, words=words, style=STYLE, **parts
    )


def _marks(start: datetime, end: datetime, timezone: str, *, last: bool) -> list[tuple[str, str]]:
    """The full hours within, for who can give a part."""
    zone = ZoneInfo(timezone)
    return [
        (moment.isoformat(), f"{moment.astimezone(zone):%H:%M}")
        for moment in _hours(start, end)
        if start < moment < end or (moment == end and last)
    ]


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    moment = start
    for _ in range(MOST_HOURS):
        moment += timedelta(hours=1)
        if moment > end:
            return
        yield moment
