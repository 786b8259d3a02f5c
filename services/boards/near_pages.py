"""How are the boards put on their pages that are read from near: the floor, the surges' list?"""

from typing import Final

from services.boards import words
from services.boards.floor import age_of, floor, missions
from services.boards.levels import Titles
from services.boards.pages import environment
from services.boards.snapshot import Snapshot
from streams.domain.centre import Centre
from streams.events.surges import SurgeData

LANGUAGES: Final = ("both", "ko", "en")
OLD_AFTER_SECONDS: Final = 15.0


class NearPages:
    """The floor board and the list of surges."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._titles = Titles(words.titles(centre))
        self._environment = environment()

    def floor(self, snapshot: Snapshot, language: str) -> str:
        """The floor board."""
        rows = missions(snapshot)
        return self._render("floor.html", snapshot, language, says=floor(snapshot), missions=rows)

    def surges(self, snapshot: Snapshot, known: dict[str, SurgeData], language: str) -> str:
        """Every surge that the log still has, the newest first."""
        newest = sorted(known.values(), key=lambda surge: surge.declared_at, reverse=True)
        told = [(surge, self._titles.of(surge.key)) for surge in newest]
        return self._render("surges.html", snapshot, language, surges=told)

    def _render(self, name: str, snapshot: Snapshot, language: str, **more: object) -> str:
        zone, age = self._centre.timezone, age_of(snapshot)
        return self._environment.get_template(name).render(
            s=snapshot,
            zone=zone,
            zone_name=snapshot.zone,
            language=language,
            as_of=words.clock_time(snapshot.at, zone),
            stamp=snapshot.at.isoformat(),
            age=OLD_AFTER_SECONDS + 1 if age is None else age,
            old_after=OLD_AFTER_SECONDS,
            **more,
        )
