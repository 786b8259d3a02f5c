"""What did the page send, and is it something that the page could have sent?"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast, get_args

from services.callout.answering.page import ARRIVALS
from services.callout.answers import Answer, Choice, DeclineReason, Offered
from streams.errors import SurgelineError

CHOICES: Final = frozenset(get_args(Choice)) - {"seen"}


class WrongFormError(SurgelineError):
    """A field that the page has no such value for."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has a value that the page does not offer")
        self.field = field


def answer_of(form: Mapping[str, str], offered: Offered, now: datetime) -> Answer:
    """The answer; `WrongFormError` for anything the page did not offer."""
    choice, reason = form.get("choice", ""), form.get("reason", "")
    if choice not in CHOICES:
        raise WrongFormError("choice")
    if reason not in get_args(DeclineReason):
        raise WrongFormError("reason")
    starts = _moment(form, "from", offered)
    ends = _moment(form, "until", offered)
    if (starts or offered.starts_at) >= (ends or offered.ends_at):
        raise WrongFormError("until")
    accepting = choice == "accept"
    return Answer(
        choice=cast("Choice", choice),
        via="link",
        at=now,
        reason=cast("DeclineReason", reason) if choice == "decline" else "",
        arrives_at=_arrival(form, now) if accepting else None,
        starts_at=starts if accepting else None,
        ends_at=ends if accepting else None,
    )


def _arrival(form: Mapping[str, str], now: datetime) -> datetime | None:
    text = form.get("arrives", "")
    if not text:
        return None
    if text not in map(str, ARRIVALS):
        raise WrongFormError("arrives")
    return now + timedelta(minutes=int(text))


def _moment(form: Mapping[str, str], field: str, offered: Offered) -> datetime | None:
    text = form.get(field, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongFormError(field) from None
    if moment.tzinfo is None or not offered.starts_at <= moment <= offered.ends_at:
        raise WrongFormError(field)
    return moment
