"""Who is signed in?

A session is one sealed cookie, `surgeline_session`: everything needed to know the person is in it,
so that every service of a host can check it without asking anyone, and no store that is lost signs
anybody out. It ends after a while without a request, after a fixed time in any case, when the
person signs out (`Register` tells the others), and when the account is disabled or changed.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.acting import PERSON_ROLES, Acting
from services.sealing import CannotOpenError, Sealer, read_keys

COOKIE: Final = "surgeline_session"
KEYS: Final = "SURGELINE_SESSION_KEYS"
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
# A cookie is written anew this often, so that its last use is known without a store.
FRESHENED_AFTER: Final = timedelta(minutes=1)
LONGEST_COOKIE: Final = 4096
_SEALED: Final = re.compile(r"[A-Za-z0-9_.-]+")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What the cookie says. `outside` is true for who signed in with another provider."""

    id: str
    account: str
    title: str
    roles: tuple[str, ...]
    agent: str = ""
    language: str = "ko"
    generation: int = 0
    outside: bool = False
    csrf: str
    began: datetime
    used: datetime

    def acting(self) -> Acting:
        """As other services are told."""
        return Acting(self.account, frozenset(self.roles), self.agent)

    def ends(self, longest: timedelta = LONGEST) -> datetime:
        """When it is over in any case."""
        return self.began + longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a session may last, and how many a person may have at a time."""

    idle: timedelta = IDLE
    longest: timedelta = LONGEST
    per_account: int = 3


class Sessions:
    """Makes session cookies and reads them."""

    def __init__(self, sealer: Sealer, limits: Limits) -> None:
        self.sealer = sealer
        self.limits = limits

    @classmethod
    def from_env(cls, env: Mapping[str, str], limits: Limits | None = None) -> "Sessions":
        """Read SURGELINE_SESSION_KEYS: "c1:<base64url of 32 bytes>[,c0:...]"."""
        return cls(Sealer(read_keys(env, KEYS)), limits or Limits())

    def begin(self, now: datetime, **who: object) -> Session:
        """A new session; its id and CSRF token are nobody's guess."""
        fresh = {"id": secrets.token_hex(16), "csrf": secrets.token_urlsafe(24)}
        return Session(**who, **fresh, began=now, used=now)  # type: ignore[arg-type]

    def cookie(self, session: Session) -> str:
        """The cookie's value."""
        return self.sealer.seal(msgspec.json.encode(session))

    def read(self, cookie: str | None, now: datetime) -> Session | None:
        """The session, when the cookie is ours and it is not over."""
        if not cookie or len(cookie) > LONGEST_COOKIE or not _SEALED.fullmatch(cookie):
            return None
        try:
            session = msgspec.json.decode(self.sealer.open(cookie), type=Session)
        except (CannotOpenError, msgspec.DecodeError):
            return None
        over = now - session.used > self.limits.idle or now >= session.ends(self.limits.longest)
        return None if over or not PERSON_ROLES.issuperset(session.roles) else session

    def freshened(self, session: Session, now: datetime) -> Session | None:
        """The session as used now, when its cookie should be written anew."""
        if now - session.used < FRESHENED_AFTER:
            return None
        return msgspec.structs.replace(session, used=now)
