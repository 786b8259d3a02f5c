"""How is a page made? One layout for all of them, in the reader's language."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services import vendored
from services.consoles import moments
from services.consoles.names import Names
from services.consoles.words import LANGUAGES, WORDS, speaker, teller
from services.sessions import Session
from streams.domain.centre import Centre

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
VENDOR: Final = STATIC / "vendor"
NOT_KEPT: Final = {"Cache-Control": "no-store"}
_CODE: Final = re.compile(r"[a-z_]{1,40}")
# From this age on a page says that it is old.
OLD_AFTER_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in the navigation: its address, its word, and whose it is."""

    path: str
    word: str
    roles: frozenset[str]


DESK: Final = Tab("/desk", "page.desk", frozenset({"counselor"}))
LIST: Final = Tab("/list", "page.list", frozenset({"lead", "manager", "auditor", "viewer"}))
SWITCHES: Final = Tab("/switches", "page.switches", frozenset({"lead", "manager", "auditor"}))
CALLOUTS: Final = Tab(
    "/callouts", "page.callouts", frozenset({"lead", "manager", "auditor", "viewer"})
)
ON_CALL: Final = Tab("/on-call", "page.on_call", frozenset({"counselor"}))
PEOPLE: Final = Tab("/people", "page.people", frozenset({"lead", "manager", "viewer"}))
AUDIT: Final = Tab("/audit", "page.audit", frozenset({"auditor", "admin"}))
# In the order of the navigation; the first that is one's own is where one lands.
TABS: Final = (DESK, ON_CALL, LIST, CALLOUTS, PEOPLE, SWITCHES, AUDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at the page, and how: nobody is signed in when there is no session."""

    session: Session | None
    language: str
    keys: bool = True
    path: str = "/"

    @property
    def tabs(self) -> list[Tab]:
        """The pages that are theirs."""
        roles = frozenset(self.session.roles) if self.session else frozenset()
        return [tab for tab in TABS if tab.roles & roles]


class Pages:
    """Renders templates with everything the layout needs."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._names = {language: Names(centre, language) for language in LANGUAGES}
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.globals |= {
            "version": static_version(),
            "old_after": OLD_AFTER_SECONDS,
            "languages": LANGUAGES,
        }

    def page(
        self,
        template: str,
        reader: Reader,
        *,
        status: int = 200,
        note: str = "",
        as_of: datetime | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """A whole page. `as_of` is the time of what it shows, on the centre's clock."""
        now = as_of or datetime.now(UTC)
        html = self._environment.get_template(template).render(
            **self._language(reader.language),
            **self._times(reader.language, now),
            reader=reader,
            centre=self._centre,
            note=note,
            notice=_notice(language=reader.language, note=note),
            as_of=as_of,
            stamp=datetime.now(UTC).timestamp() if as_of else 0,
            **context,
        )
        return HTMLResponse(html, status, NOT_KEPT)

    def _language(self, language: str) -> dict[str, Any]:
        say = speaker(language)
        return {"say": say, "tell": teller(language), "name": self._names[language]}

    def _times(self, language: str, now: datetime) -> dict[str, Any]:
        home = self._centre.timezone

        def clock(at: datetime, zone_name: str | None = None, *, seconds: bool = False) -> str:
            """14:09 KST, in the centre's zone or in another."""
            zone = moments.zone_of(zone_name, home)
            text = moments.clock(at, zone, now, seconds=seconds)
            return f"{text} {moments.zone_name(at, zone)}"

        return {
            "now": now,
            "clock": clock,
            "span": lambda length: moments.span(length, language),
            "zone_of": lambda name: moments.zone_name(now, moments.zone_of(name, home)),
            "is_home": lambda name: moments.zone_of(name, home) == home,
        }


def _notice(*, language: str, note: str) -> str:
    """What came of the form before, in words; a code that is not ours is shown as a code."""
    say = speaker(language)
    if f"note.{note}" in WORDS:
        return say(f"note.{note}", detail="")
    return say("note.refused", detail=note) if _CODE.fullmatch(note) else ""


@cache
def static_version() -> str:
    """Changes when any static file does."""
    return vendored.version_of(STATIC)
