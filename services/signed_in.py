"""Is this cookie somebody's session now? Asked by every service with pages for people.

The cookie says who signed in; the register, whether they have been signed out since; the accounts
file, whether they may still do what they could.
"""

from datetime import datetime

from services.accounts import Accounts
from services.register import Register
from services.sessions import Session, Sessions


class SignedIn:
    """Knows who is signed in."""

    def __init__(self, sessions: Sessions, accounts: Accounts, register: Register) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self.register = register

    def session(self, cookie: str | None, now: datetime) -> Session | None:
        """Who this cookie signs in now, as the accounts file has them now."""
        session = self._sessions.read(cookie, now)
        if session is None or self.register.is_ended(session.id):
            return None
        account = self._accounts.get(session.account)
        if session.outside:
            stopped = account is not None and (
                account.disabled
                or account.password is not None
                or account.generation != session.generation
            )
            return None if stopped else session
        if account is None or account.disabled or account.generation != session.generation:
            return None
        return session
