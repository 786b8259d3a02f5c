"""What happened in this call-out, for those who judge it afterwards?

Sums, the seats over time, what was foretold and what came, the rules that were lifted, and a line
for each person: by id, without a name or a number, so that it may be kept and passed on.
"""

import csv
import html
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.domain.callout.book import CalloutBook
from streams.domain.callout.offers import contacted
from streams.domain.callout.seating import seats_needed
from streams.events.callouts import CalloutData, OfferData

COLUMNS: Final = (
    *("person", "tier", "state", "reason", "seat", "asked_at", "answered_at", "answers"),
    *("accepted_at", "arrived_at", "no_show_at", "messages", "failed", "warnings"),
)
_FAILED: Final = frozenset({"failed_temporary", "failed_permanent"})
_STYLE: Final = (
    "body{font:11pt/1.45 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}"
    "td,th{border:1px solid #666;padding:.2em .5em;text-align:left;vertical-align:top}"
    "svg{width:100%;max-width:50em;height:12em;border:1px solid #666}"
    "path{fill:none;stroke:#0a5c2b;stroke-width:2}line{stroke:#8a4b00;stroke-dasharray:6 4}"
)
_WIDTH: Final = 600
_HEIGHT: Final = 140
WORDS: Final = {
    "en": {
        "title": "After the call-out",
        "state": "State",
        "window": "Hours",
        "why": "Why",
        "by": "Sent by",
        "needed": "Seats needed",
        "seated": "Seats taken",
        "arrived": "Here",
        "asked": "People asked",
        "answered": "Answered",
        "yes": "Said yes",
        "no_show": "Did not come",
        "messages": "Messages",
        "failed": "Messages failed",
        "first": "First message after",
        "filled": "Filled after",
        "half": "Foretold at first, as likely as not",
        "most": "Foretold at first, nine in ten",
        "error": "Later than foretold (median)",
        "lifted": "Rules of rest lifted",
        "curve": "Seats over time",
        "people": "People",
        "minutes": "{n:.1f} min",
        "none": "none",
    },
    "ko": {
        "title": "호출 사후 보고",
        "state": "상태",
        "window": "시간",
        "why": "이유",
        "by": "보낸 사람",
        "needed": "필요한 자리",
        "seated": "채워진 자리",
        "arrived": "도착",
        "asked": "물은 사람",
        "answered": "답한 사람",
        "yes": "수락",
        "no_show": "오지 않음",
        "messages": "메시지",
        "failed": "실패한 메시지",
        "first": "첫 메시지까지",
        "filled": "채우기까지",
        "half": "처음 예측(중간)",
        "most": "처음 예측(열에 아홉)",
        "error": "예측보다 늦음(중간)",
        "lifted": "예외로 한 휴식 규칙",
        "curve": "시간에 따른 자리",
        "people": "사람",
        "minutes": "{n:.1f}분",
        "none": "없음",
    },
}

Fact = tuple[str, str]


def table(book: CalloutBook, callout: CalloutData) -> str:
    """For a spreadsheet: a line for each person who was asked."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(book.offers_of(callout.id)))
    return out.getvalue()


def page(
    book: CalloutBook, callout: CalloutData, now: datetime, zone: ZoneInfo, language: str
) -> str:
    """For reading and printing."""
    words = WORDS[language]
    offers = list(book.offers_of(callout.id))
    facts = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(told)}</td></tr>"
        for name, told in _facts(callout, offers, zone, words)
    )
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(offers)
    )
    title = f"{words['title']} {callout.ref} · {html.escape(callout.need.pool)}"
    drill = "<p><b>DRILL / 훈련</b></p>" if callout.drill else ""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style>{drill}<h1>{title}</h1><p>{now.astimezone(zone):%F %H:%M %Z}</p>"
        f"<table>{facts}</table><h2>{words['curve']}</h2>{_curve(callout, offers, now)}"
        f"<h2>{words['people']}</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></html>"
    )


def _facts(
    callout: CalloutData, offers: Sequence[OfferData], zone: ZoneInfo, words: dict[str, str]
) -> list[Fact]:
    need, first = callout.need, callout.first_forecast
    sent = Counter(one.state in _FAILED for offer in offers for one in offer.attempts)
    start, end = (at.astimezone(zone) for at in (need.start, need.end))

    def since(at: datetime | None, earlier: datetime | None) -> str:
        if at is None or earlier is None:
            return words["none"]
        return words["minutes"].format(n=(at - earlier).total_seconds() / 60)

    told = {
        "state": " ".join(filter(None, (callout.state, callout.closed_reason))),
        "window": f"{start:%F %H:%M} - {end:%F %H:%M %Z}",
        "why": need.reason or words["none"],
        "by": callout.started_by or words["none"],
        "needed": str(seats_needed(need)),
        "seated": str(sum(1 for one in offers if one.seat is not None)),
        "arrived": str(sum(1 for one in offers if one.arrived_at is not None)),
        "asked": str(sum(1 for one in offers if contacted(one))),
        "answered": str(sum(1 for one in offers if one.answered_at is not None)),
        "yes": str(sum(1 for one in offers if one.accepted_at is not None)),
        "no_show": str(sum(1 for one in offers if one.no_show_at is not None)),
        "messages": str(sent.total()),
        "failed": str(sent[True]),
        "first": since(callout.first_attempt_at, callout.started_at),
        "filled": since(callout.filled_at, callout.started_at),
        "half": since(first.half if first else None, callout.started_at),
        "most": since(first.most if first else None, callout.started_at),
        "error": since(callout.filled_at, first.half if first else None),
        "lifted": "; ".join(f"{one.rule} ({one.by}: {one.reason})" for one in callout.lifted)
        or words["none"],
    }
    return [(words[name], what) for name, what in told.items()]


def _rows(offers: Iterable[OfferData]) -> list[list[str]]:
    return [
        [
            offer.person,
            str(offer.tier),
            offer.state,
            offer.reason or "",
            str(offer.seat or ""),
            _text(offer.asked_at),
            _text(offer.answered_at),
            " ".join(f"{one.kind}/{one.channel}" for one in offer.answers),
            _text(offer.accepted_at),
            _text(offer.arrived_at),
            _text(offer.no_show_at),
            str(len(offer.attempts)),
            str(sum(1 for one in offer.attempts if one.state in _FAILED)),
            " ".join(offer.warnings),
        ]
        for offer in offers
    ]


def _curve(callout: CalloutData, offers: Iterable[OfferData], now: datetime) -> str:
    """The line of those who have a seat, by when they said yes, under the height of the need."""
    if callout.started_at is None:
        return ""
    last = callout.closed_at or now
    until = max(1.0, (last - callout.started_at).total_seconds())
    yeses = sorted(
        max(0.0, (one.accepted_at - callout.started_at).total_seconds())
        for one in offers
        if one.accepted_at is not None and one.seat is not None
    )
    needed = seats_needed(callout.need)
    top = max(needed, len(yeses), 1) * 1.1
    steps = "".join(
        f"H{_WIDTH * min(1.0, at / until):.1f}V{_HEIGHT * (1 - count / top):.1f}"
        for count, at in enumerate(yeses, start=1)
    )
    height = _HEIGHT * (1 - needed / top)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img">'
        f'<line x1="0" x2="{_WIDTH}" y1="{height:.1f}" y2="{height:.1f}"/>'
        f'<path d="M0 {_HEIGHT}{steps}H{_WIDTH}"/></svg>'
    )


def _text(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""
