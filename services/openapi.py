"""How is an API described whose routes read their bodies themselves?

The token and the size of a body are judged before it is parsed, so these routes take the bare
request and FastAPI knows nothing of what they want; here it is written down. A test plays every
service against its own description: what it does not describe, it must not do.
"""

from collections.abc import Mapping
from typing import Any, Final

JSON: Final = "application/json"
ERROR: Final = {"$ref": "#/components/schemas/Error"}
ERROR_SCHEMA: Final = {
    "type": "object",
    "description": "Why a request was refused. No value that was sent is repeated in it.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["reason", "field", "detail"],
            "properties": {
                "reason": {"type": "string", "description": "A short word for programs."},
                "field": {"type": "string", "description": 'The field at fault; "" when none is.'},
                "detail": {"type": "string", "description": "What would be right, for people."},
            },
        }
    },
}
READY_SCHEMA: Final = {
    "type": "object",
    "required": ["ready", "detail"],
    "properties": {"ready": {"type": "boolean"}, "detail": {"type": "string"}},
}
ALIVE_SCHEMA: Final = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string"}},
}
SECURITY: Final = {"bearer": {"type": "http", "scheme": "bearer"}}

# What each status means, wherever it is answered.
REFUSALS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("malformed", "", "the body is not JSON in UTF-8"),
    401: ("unauthorized", "", "a bearer token known to this service is required"),
    403: ("forbidden", "", "needs the role lead"),
    404: ("not_found", "", "there is no such callback"),
    405: ("method", "", "Method Not Allowed"),
    408: ("slow_body", "", "the body did not arrive within 5 s"),
    409: ("late", "token", "the lease has ended: ask for the next callback"),
    413: ("too_large", "", "a body may have 8192 bytes at most"),
    415: ("media_type", "content-type", "send application/json in UTF-8"),
    422: ("invalid", "queue", "must be one of main, english"),
    503: ("not_ready", "", "ask again in a moment"),
}


def refusals(*statuses: int, schema: Mapping[str, Any] = ERROR) -> dict[int | str, dict[str, Any]]:
    """Responses for these, each with an example.

    Where FastAPI writes the document it takes them as `responses`, with ERROR_SCHEMA itself.
    """
    return {str(status): _refusal(status, schema) for status in statuses}


def _refusal(status: int, schema: Mapping[str, Any]) -> dict[str, Any]:
    reason, field, detail = REFUSALS[status]
    example = {"error": {"reason": reason, "field": field, "detail": detail}}
    return {
        "description": f"Refused: {reason}.",
        "content": {JSON: {"schema": schema, "example": example}},
    }


def answers(description: str, schema: Mapping[str, Any], **examples: Any) -> dict[str, Any]:
    """A response with a body, and examples by name."""
    named = {name: {"value": value} for name, value in examples.items()}
    content = {"schema": schema} | ({"examples": named} if named else {})
    return {"description": description, "content": {JSON: content}}


def takes(
    schema: Mapping[str, Any], examples: Mapping[str, Any], media: str = JSON
) -> dict[str, Any]:
    """A request body, and examples by name."""
    named = {name: {"value": value} for name, value in examples.items()}
    return {"required": True, "content": {media: {"schema": schema, "examples": named}}}


def document(
    title: str, description: str, paths: Mapping[str, Any], schemas: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole description, with what every service has besides."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "paths": {**paths, **_health()},
        "components": {"schemas": {**schemas, "Error": ERROR_SCHEMA}, "securitySchemes": SECURITY},
        "security": [{"bearer": []}],
    }


def _health() -> dict[str, Any]:
    return {
        "/healthz": {
            "get": {
                "operationId": "healthz",
                "summary": "Is the process alive?",
                "security": [],
                "responses": {"200": answers("It is.", ALIVE_SCHEMA)},
            }
        },
        "/readyz": {
            "get": {
                "operationId": "readyz",
                "summary": "Would it do its work now?",
                "security": [],
                "responses": {
                    "200": answers("It would.", READY_SCHEMA),
                    "503": answers("Not yet; the sentence says why.", READY_SCHEMA),
                },
            }
        },
    }
