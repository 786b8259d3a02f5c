"""In which form does a service answer, above all when it refuses?"""

from typing import Any

import orjson
from fastapi import Response


def json_response(
    status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def refusal(
    status: int, reason: str, field: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """The one form of an error: a word for programs, the field at fault, a sentence for people."""
    error = {"reason": reason, "field": field, "detail": detail}
    return json_response(status, {"error": error}, headers)
