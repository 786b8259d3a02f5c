"""How is a snapshot put on the page?

The parts are rendered once for everybody, with both languages in them; the page's class shows one
or both. The first paint and every later update come from the same templates.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.boards import words
from services.boards.snapshot import Snapshot, encode
from services.boards.tiles import tiles
from services.boards.vendored import static_version
from streams.domain.centre import Centre

FOLDER: Final = Path(__file__).parent
STALE_AFTER_SECONDS: Final = 5.0
LANGUAGES: Final = ("both", "ko", "en")
PARTS: Final = ("level", "tiles", "caption", "missions", "shares", "decisions")
DECISIONS_ON_PAGE: Final = 6


class Pages:
    """The board's page and its parts."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.globals |= {
            "words": words,
            "version": static_version(),
            "stale_after": STALE_AFTER_SECONDS,
        }
        self._parts = {name: self._environment.get_template(f"{name}.html") for name in PARTS}

    def parts(self, snapshot: Snapshot) -> dict[str, str]:
        """Each part of the page as HTML."""
        context = self._context(snapshot)
        return {name: template.render(context) for name, template in self._parts.items()}

    def page(self, snapshot: Snapshot, parts: Mapping[str, str], language: str) -> str:
        """The whole page, showing these parts."""
        return self._environment.get_template("board.html").render(
            self._context(snapshot),
            parts=parts,
            language=language,
            languages=LANGUAGES,
            started=encode(snapshot).decode().replace("<", "\\u003c"),
            old=[group for group, fresh in snapshot.ages.items() if is_old(fresh.age)],
        )

    def waiting_page(self) -> str:
        """What is shown while the log is still being read."""
        return self._environment.get_template("waiting.html").render(centre=self._centre)

    def _context(self, snapshot: Snapshot) -> dict[str, Any]:
        zone = self._centre.timezone
        shown = snapshot.decisions[:DECISIONS_ON_PAGE]
        return {
            "s": snapshot,
            "zone": zone,
            "tiles": tiles(snapshot, zone),
            "evidence": words.evidence(snapshot.headline, snapshot.seats, snapshot.at, zone),
            "decisions": [(made, words.decision(made)) for made in shown],
        }


def is_old(age: float | None) -> bool:
    """Whether numbers of that age may still be shown as they are."""
    return age is None or age > STALE_AFTER_SECONDS
