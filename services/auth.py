"""Who is asking, and may they?

A tokens file names each bearer token by its SHA-256: `{"tokens": [{"name": "phone-1", "roles":
["source"], "sha256": "<hex>"}]}`. Tokens are 32 random bytes (`surgeline up` makes them), so a fast
hash is right: there is no dictionary to try. The presented token is hashed once and compared in
constant time with every entry, so that the time taken tells nothing.
"""

import hashlib
import hmac
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from services import acting
from services.acting import PERSON_ROLES
from services.audit_log import AuditLog, path_of
from streams.errors import SurgelineError, WrongSettingError

log = logging.getLogger(__name__)

# What machines may be, and people (services/acting.py). A console may act for a signed-in person.
ROLES = PERSON_ROLES | {"source", "rehearsal", "phone", "console", "provider"}
LONGEST_HEADER = 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody known by a token: their name in the tokens file, and what they may do.

    When a console acts for a person, the name is the account, and `agent` the desk that is theirs
    and no other ("" when they have none); None says that the asker may name the desk.
    """

    name: str
    roles: frozenset[str]
    agent: str | None = None


class AccessError(SurgelineError):
    """401 when nobody known is asking, 403 when they may not."""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        identity: Identity | None = None,
        field: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.identity = identity
        self.field = field


class Tokens:
    """The tokens this process knows. Without a file, everyone on this machine may do anything."""

    def __init__(self, known: list[tuple[bytes, Identity]] | None) -> None:
        self._known = known

    @classmethod
    def load(cls, path: Path | None) -> "Tokens":
        """Read the tokens file; None means there is none, which only loopback allows."""
        if path is None:
            return cls(None)
        try:
            entries = json.loads(path.read_text())["tokens"]
            known = [_entry(entry) for entry in entries]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WrongSettingError(
                f"the tokens file {path} cannot be used: {type(error).__name__}: {error}"
            ) from None
        return cls(known)

    @property
    def open_to_all(self) -> bool:
        """True when there is no tokens file."""
        return self._known is None

    def identify(self, authorization: str | None) -> Identity | None:
        """The holder of the token in an Authorization header, or None."""
        if self._known is None:
            return Identity("local", ROLES)
        scheme, _, token = (authorization or "")[:LONGEST_HEADER].partition(" ")
        presented = hashlib.sha256(token.strip().encode(errors="replace")).digest()
        found = None
        for digest, identity in self._known:
            if hmac.compare_digest(digest, presented):
                found = identity
        return found if scheme.lower() == "bearer" else None


def require(*roles: str) -> Callable[[Request], Awaitable[Identity]]:
    """A FastAPI dependency: the asker's identity when they hold one of the roles.

    A coroutine, so that it runs where the request is and not in one of forty threads.
    """

    async def asker(request: Request) -> Identity:
        return allowed(request, *roles)

    return asker


def allowed(request: Request, *roles: str) -> Identity:
    """The same check for a route that must not read the body before it."""
    tokens: Tokens = request.app.state.tokens
    identity = tokens.identify(request.headers.get("authorization"))
    if identity is None:
        raise AccessError(401, "unauthorized", "a bearer token known to this service is required")
    identity = _for_whom(identity, request.headers.get(acting.HEADER))
    if identity.roles.isdisjoint(roles):
        raise AccessError(403, "forbidden", f"needs the role {' or '.join(roles)}", identity)
    return identity


def _for_whom(identity: Identity, header: str | None) -> Identity:
    """The person a console acts for; the asker themselves without the header."""
    if header is None:
        return identity
    if "console" not in identity.roles:
        raise AccessError(403, "forbidden", "only a console may act for a person", identity)
    person = acting.read(header)
    if person is None:
        detail = f"{acting.HEADER} must be <account>;<role>,<role>;<agent id or empty>"
        raise AccessError(400, "malformed", detail)
    return Identity(person.account, person.roles, person.agent)


def desk_of(identity: Identity, named: str | None) -> str:
    """The desk a command is for: a signed-in person's own, or the one the asker names."""
    if identity.agent is None:
        if named is None:
            raise AccessError(422, "missing", "is required", field="agent")
        return named
    if not identity.agent:
        raise AccessError(403, "forbidden", "this account has no agent id", identity)
    if named is not None and named != identity.agent:
        raise AccessError(403, "forbidden", "the agent is not the person signed in", identity)
    return identity.agent


def install(app: FastAPI, tokens: Tokens, audit: AuditLog | None = None) -> None:
    """Give an app its tokens, and its 401 and 403 their one form. A 403 is an audit line."""
    app.state.tokens = tokens

    @app.exception_handler(AccessError)
    async def refuse(request: Request, error: AccessError) -> JSONResponse:
        path = path_of(request.url.path, request.path_params)
        fields = {"reason": error.reason, "method": request.method, "path": path}
        log.warning("access refused", extra=fields)
        if audit is not None and error.status == 403:  # noqa: PLR2004
            who, why = error.identity, error.detail
            audit.note(audit.line(who, request.method, path, why, result="refused"))
        body = {"error": {"reason": error.reason, "field": error.field, "detail": error.detail}}
        challenge = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}  # noqa: PLR2004
        return JSONResponse(body, status_code=error.status, headers=challenge)


def check_listen(host: str, tokens: Tokens) -> None:
    """Refuse an open door: another machine may only come in with a token."""
    if tokens.open_to_all and not is_loopback(host):
        raise WrongSettingError(
            f"SURGELINE_HOST is {host}, which other machines can reach, and there are no tokens:"
            " set SURGELINE_TOKENS to a tokens file, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def digest_of(token: str) -> str:
    """What the tokens file holds of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _entry(entry: dict[str, object]) -> tuple[bytes, Identity]:
    roles = entry["roles"]
    if not isinstance(roles, list) or not ROLES.issuperset(map(str, roles)):
        raise ValueError(f"roles must be a list of {', '.join(sorted(ROLES))}")
    digest = bytes.fromhex(str(entry["sha256"]))
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError("sha256 must be 64 hex digits")
    return digest, Identity(str(entry["name"]), frozenset(map(str, roles)))
