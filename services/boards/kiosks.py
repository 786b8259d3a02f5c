"""Which screens on walls may look without anybody signing in?

Each screen has a link of its own: 32 random bytes, good until a date. The links file names it by
its SHA-256, so that the file opens nothing; a link that is revoked there is refused at the next
look, and the screen that uses it goes dark within seconds.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from streams.errors import WrongSettingError

SETTING: Final = "SURGELINE_KIOSKS"
LONGEST_PASS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One screen's link: what it is called, and until when it is good."""

    id: str
    name: str
    sha256: str
    until: datetime
    revoked: bool = False


class Kiosks:
    """The links file; read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._links: tuple[Link, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Kiosks | None":
        """None when no file is named: then there are no links."""
        text = env.get(SETTING, "")
        if not text:
            return None
        found = cls(Path(text))
        found.all()
        return found

    def all(self) -> tuple[Link, ...]:
        """Every link. Raises `WrongSettingError` when the file cannot be used: then none opens."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return ()
        stamp = status.st_mtime_ns, status.st_ino
        if stamp != self._stamp:
            self._links = _read(self.path)
            self._stamp = stamp
        return self._links

    def link(self, given: str | None, now: datetime) -> Link | None:
        """The link that this pass is of, if it is good now."""
        if not given or len(given) > LONGEST_PASS:
            return None
        presented = _sha256(given)
        found = None
        for link in self.all():
            if hmac.compare_digest(link.sha256, presented):
                found = link
        return None if found is None or found.revoked or now >= found.until else found

    def make(self, name: str, until: datetime) -> str:
        """A new link for a screen; its pass is told once and kept nowhere."""
        given = secrets.token_urlsafe(32)
        link = Link(id=secrets.token_hex(4), name=name, sha256=_sha256(given), until=until)
        self._write((*self.all(), link))
        return given

    def revoke(self, name: str) -> bool:
        """Close the link of this id, or of every screen of this name; false when there is none."""
        links = tuple(
            replace(link, revoked=True) if name in {link.id, link.name} else link
            for link in self.all()
        )
        if links == self.all():
            return False
        self._write(links)
        return True

    def _write(self, links: tuple[Link, ...]) -> None:
        rows = [{**asdict(link), "until": link.until.isoformat()} for link in links]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(json.dumps({"links": rows}, indent=2))
        new.replace(self.path)


def _read(path: Path) -> tuple[Link, ...]:
    try:
        rows = json.loads(path.read_text())["links"]
        return tuple(Link(**{**row, "until": datetime.fromisoformat(row["until"])}) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongSettingError(
            f"the kiosk links {path} cannot be used: {type(error).__name__}"
        ) from None


def _sha256(given: str) -> str:
    return hashlib.sha256(given.encode(errors="replace")).hexdigest()
