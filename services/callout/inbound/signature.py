"""Did Twilio send this, and nobody else?

Its signature covers the address as Twilio sees it, so the public one, and every field as it was
sent. What is not signed by the account it claims changes nothing.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from services.callout.answering.door import Doors

LARGEST_FORM: Final = 32 * 1024
HEADER: Final = "x-twilio-signature"


async def signed_form(request: Request, doors: Doors, provider: str, action: str) -> dict[str, str]:
    """The form's fields; 403 and an audit line when the signature is not the account's."""
    raw = await _body(request)
    form = _fields(raw)
    token = doors.signing_tokens.get(provider)
    url = doors.public_url + request.url.path
    if request.url.query:
        url += f"?{request.url.query}"
    given = request.headers.get(HEADER, "")
    if token is None or form is None or not _is_signed(token, url, form, given):
        known = provider if token is not None else "unknown"
        doors.refused(known, action, known, "wrong_signature")
        # Its audit line is written; the one for people without a role would say less.
        raise HTTPException(403, "the request is not signed by this account")
    return form


def _is_signed(token: str, url: str, form: Mapping[str, str], given: str) -> bool:
    return bool(RequestValidator(token).validate(url, dict(form), given))


def _fields(raw: bytes) -> dict[str, str] | None:
    try:
        fields = parse_qs(
            raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=200
        )
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_FORM:
            raise HTTPException(413, f"a form is at most {LARGEST_FORM} bytes")
    return raw
