"""Which field is at fault, and what would be right? msgspec's errors in the contract's words."""

import re
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from streams.errors import InvalidEventError

_MISSING: Final = re.compile(r"^Object missing required field `(.+)`$")


def named(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> InvalidEventError:
    """The error of converting to `kind`, without any value that was sent."""
    detail, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if missing := _MISSING.match(detail):
        return InvalidEventError("missing", f"{field}.{missing[1]}".lstrip("."), "is required")
    # msgspec repeats the word that it did not know, which may be anything, a number too.
    if detail.startswith("Invalid"):
        detail = _allowed(kind, field)
    return InvalidEventError("invalid", field, detail)


def _allowed(kind: type[Any], field: str) -> str:
    """The words that a field may hold, or the kind of text it must be."""
    found: Any = kind
    for name in field.split("."):
        hints = get_type_hints(found, include_extras=True) if isinstance(found, type) else {}
        found = hints.get(name)
    words = _words(found)
    if words:
        return f"must be one of {', '.join(words)}"
    return "must be an RFC 3339 time" if field.endswith("time") else "is not what it must be"


def _words(found: Any) -> tuple[str, ...]:
    origin = get_origin(found)
    if origin is Literal:
        return tuple(map(str, get_args(found)))
    if origin is Annotated:
        return _words(get_args(found)[0])
    if origin in (Union, UnionType):
        return tuple(w for part in get_args(found) if part is not NoneType for w in _words(part))
    return ()
