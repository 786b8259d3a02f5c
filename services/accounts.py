"""Who may sign in at the consoles of one machine, and what may they do there?

One JSON file, written by `surgeline accounts` and read by the consoles, which notice a change at
the next request: who is disabled is out at once. Passwords are argon2id hashes. An account without
a password is somebody who signs in elsewhere (OpenID Connect) and can be stopped here.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.acting import PERSON_ROLES, is_account_name, is_agent_id
from streams.errors import SurgelineError, WrongSettingError

log = logging.getLogger(__name__)

LANGUAGES: Final = ("ko", "en")
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
LONGEST_TITLE: Final = 80

# RFC 9106, second recommended option, with the memory OWASP asks for at least: about 30 ms here.
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when there is no such account, so that the time taken does not tell.
_NOBODY: Final = _hasher.hash("nobody has this password")


class AccountError(SurgelineError):
    """An account that cannot be as asked; `field` names what is at fault."""

    def __init__(self, field_name: str, detail: str) -> None:
        super().__init__(f"{field_name}: {detail}")
        self.field = field_name
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person. `generation` rises to end every session; `speaks` and `skills` limit what the
    desk is given (empty: anything).
    """

    name: str
    title: str
    roles: tuple[str, ...]
    agent: str = ""
    language: str = "ko"
    speaks: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    disabled: bool = False
    generation: int = 1
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _must(is_account_name(self.name), "name", "small letters, digits, . _ - (64 at most)")
        _must(0 < len(self.title) <= LONGEST_TITLE and self.title.isprintable(), "title", "1 to 80")
        known = ", ".join(sorted(PERSON_ROLES))
        _must(bool(self.roles) and PERSON_ROLES.issuperset(self.roles), "roles", f"among {known}")
        _must(is_agent_id(self.agent), "agent", "visible characters, no semicolon")
        _must("counselor" not in self.roles or bool(self.agent), "agent", "a counselor needs one")
        _must(self.language in LANGUAGES, "language", "ko or en")

    def with_password(self, hashed: str) -> "Account":
        """The same with a password."""
        return replace(self, password=hashed)


class Accounts:
    """The accounts file; read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Account] = {}

    def all(self) -> dict[str, Account]:
        """Every account by its name. While the file is spoilt, those known before hold."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._known, self._stamp = {}, None
            return self._known
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            first, self._stamp = self._stamp is None, stamp
            try:
                self._known = _read(self.path)
            except WrongSettingError as error:
                if first:
                    raise
                log.error("accounts spoilt", extra={"detail": str(error)})  # noqa: TRY400
        return self._known

    def get(self, name: str) -> Account | None:
        """One account."""
        return self.all().get(name)

    def check(self, name: str, password: str) -> Account | None:
        """The account if this is its password; takes the same time for everybody.

        Costs tens of milliseconds of one core: call it in a thread.
        """
        account = self.get(name)
        hashed = account.password if account is not None and account.password else _NOBODY
        good = _is_password(hashed, password[:LONGEST_PASSWORD])
        if account is None or account.password is None or account.disabled:
            return None
        return account if good else None

    @contextlib.contextmanager
    def changing(self) -> Iterator[dict[str, Account]]:
        """The accounts, to be altered; written at the end, one writer at a time."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            accounts = dict(_read(self.path)) if self.path.exists() else {}
            yield accounts
            _write(self.path, accounts)

    def add(self, account: Account) -> None:
        """A new one; `AccountError` when the name is taken."""
        with self.changing() as accounts:
            _must(account.name not in accounts, "name", f"{account.name} exists already")
            _must(
                not account.agent or account.agent not in {a.agent for a in accounts.values()},
                "agent",
                f"{account.agent} is another account's",
            )
            accounts[account.name] = account

    def alter(self, name: str, **fields: object) -> Account:
        """Change one; whatever is changed, its sessions end."""
        with self.changing() as accounts:
            before = accounts.get(name)
            if before is None:
                raise AccountError("name", f"there is no account {name}")
            after = replace(before, generation=before.generation + 1, **fields)  # type: ignore[arg-type]
            accounts[name] = after
        return after


def hash_password(password: str) -> str:
    """The argon2id hash; `AccountError` when it is too short to be a password."""
    _must(
        SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD,
        "password",
        f"needs {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
    )
    return _hasher.hash(password)


def _is_password(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _must(condition: bool, name: str, detail: str) -> None:
    if not condition:
        raise AccountError(name, detail)


def _read(path: Path) -> dict[str, Account]:
    try:
        listed = json.loads(path.read_text())["accounts"]
        accounts = [_account(entry) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError, AccountError) as error:
        raise WrongSettingError(
            f"the accounts file {path} cannot be used: {type(error).__name__}: {error}"
        ) from None
    return {account.name: account for account in accounts}


def _account(entry: dict[str, object]) -> Account:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Account(**{**entry, **lists})  # type: ignore[arg-type]


def _write(path: Path, accounts: dict[str, Account]) -> None:
    text = json.dumps({"accounts": [asdict(a) for a in accounts.values()]}, indent=1)
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
    scratch.replace(path)
