"""What does Twilio tell us: receipts, text messages, calls that want to know what to say?

All of it signed, all of it possibly twice, late, or in any order. The attempt stands in the address
that we gave ourselves, so a receipt proves the sending even when the answer to it was lost.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from services.adapters.twilio import STATES
from services.callout.answering.routes import Ask
from services.callout.answering.words import language_of, say
from services.callout.inbound import menu
from services.callout.inbound.signature import signed_form
from services.message_ports import Receipt

LONGEST_REASON: Final = 32

router = APIRouter(include_in_schema=False)
Provider = Annotated[str, Path(max_length=64)]
Attempt = Annotated[str, Path(max_length=128, pattern=r"^[A-Za-z0-9._:-]+$")]


@router.post("/v1/receipts/{provider}/{attempt}")
async def receipt(provider: Provider, attempt: Attempt, request: Request, ask: Ask) -> Response:
    """How far a message or a call has come."""
    form = await signed_form(request, ask, provider, "receipt")
    voice = "CallSid" in form
    status = form.get("CallStatus" if voice else "MessageStatus", "")
    state = STATES.get(status)
    if state is None:
        ask.refused(provider, "receipt", attempt, "unknown_status")
        return Response(status_code=204)
    told = Receipt(
        attempt=attempt,
        provider=provider,
        reference=form.get("CallSid" if voice else "MessageSid", ""),
        state=state,
        sequence=_number(form.get("SequenceNumber", "")),
        reason=form.get("ErrorCode", "")[:LONGEST_REASON],
        at=ask.now(),
    )
    await ask.receipt(told, voice=voice)
    return Response(status_code=204)


@router.post("/v1/inbound/{provider}")
async def inbound(provider: Provider, request: Request, ask: Ask) -> Response:
    """A text message from somebody."""
    form = await signed_form(request, ask, provider, "answer_sms")
    # An opt-out that the carrier recognised in a language that we do not know.
    body = form.get("OptOutType") or form.get("Body", "")
    sid = form.get("MessageSid", "")
    said = await ask.text(provider, sid, form.get("From", ""), body)
    return _xml(menu.message(said))


@router.post("/v1/voice/{provider}/{attempt}")
async def voice(provider: Provider, attempt: Attempt, request: Request, ask: Ask) -> Response:
    """Somebody, or a machine, took the call: what is said."""
    await signed_form(request, ask, provider, "voice")
    spoken = ask.spoken(attempt)
    if spoken is not None:
        return _xml(menu.goodbye(*spoken))
    offered = await ask.answers.by_attempt(attempt)
    if offered is None:
        ask.refused(provider, "voice", attempt, "no_such_offer")
        return _xml(menu.goodbye(say("unknown", "en"), "en"))
    return _xml(menu.menu(offered, _url(ask.public_url, provider, attempt) + "/pressed"))


@router.post("/v1/voice/{provider}/{attempt}/pressed")
async def pressed(provider: Provider, attempt: Attempt, request: Request, ask: Ask) -> Response:
    """A key was pressed."""
    form = await signed_form(request, ask, provider, "answer_voice")
    call = form.get("CallSid", "")
    said = await ask.pressed(attempt, form.get("Digits", ""), provider, call)
    if not said:
        return _xml(menu.again(_url(ask.public_url, provider, attempt)))
    offered = await ask.answers.by_attempt(attempt)
    language = language_of(offered.language) if offered is not None else "en"
    return _xml(menu.goodbye(said, language))


def _url(public: str, provider: str, attempt: str) -> str:
    return f"{public}/v1/voice/{provider}/{attempt}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def _xml(text: str) -> Response:
    return Response(text, media_type="application/xml")
