"""How is a snapshot put on the page?

The parts are rendered once for everybody, with both languages in them; the page's class shows one
or both. The first paint and every later update come from the same templates.
"""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.boards import words
from services.boards.outlook import outlook
from services.boards.snapshot import Decision, Snapshot, Title, encode
from services.boards.tiles import tiles
from services.boards.vendored import static_version
from streams.domain.centre import Centre

FOLDER: Final = Path(__file__).parent
STALE_AFTER_SECONDS: Final = 5.0
TEN: Final = 10.0
ROOMS: Final = (
    Title("상황판", "operations"),
    Title("상담 현장", "floor"),
    Title("급증 목록", "surges"),
)
NEAR_IS_OLD: Final = Title(
    "새 자료가 오지 않습니다. 아래 내용은 옛것입니다.",
    "No new data comes in. What is below is old.",
)
GO: Final = Title("로그인", "Sign in")
LANGUAGES: Final = ("both", "ko", "en")
PARTS: Final = (
    "level",
    "tiles",
    "caption",
    "missions",
    "shares",
    "decisions",
    "outlook",
    "version",
)
# In both languages a decision takes two lines, so fewer have room.
DECISIONS_IN_BOTH: Final = 3
DECISIONS_IN_ONE: Final = 8


def environment() -> Environment:
    """The templates, with what all of them use."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {
        "words": words,
        "version": static_version(),
        "stale_after": STALE_AFTER_SECONDS,
        "rooms": ROOMS,
        "rooms_old": NEAR_IS_OLD,
    }
    return made


class Pages:
    """The board's page and its parts."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._titles = words.titles(centre)
        self._environment = environment()
        self._parts = {name: self._environment.get_template(f"{name}.html") for name in PARTS}

    def parts(self, snapshot: Snapshot) -> dict[str, str]:
        """Each part of the page as HTML."""
        context = self._context(snapshot)
        return {name: template.render(context) for name, template in self._parts.items()}

    def page(self, snapshot: Snapshot, language: str) -> str:
        """The whole page, complete before any script has run."""
        context = self._context(snapshot)
        ages = {group: _seconds(fresh.age) for group, fresh in snapshot.ages.items()}
        context["first_age"] = ages.__getitem__
        return self._environment.get_template("board.html").render(
            context,
            parts={name: template.render(context) for name, template in self._parts.items()},
            still=_still(snapshot),
            language=language,
            languages=LANGUAGES,
            started=encode(snapshot).decode().replace("<", "\\u003c"),
            old=[group for group, fresh in snapshot.ages.items() if is_old(fresh.age)],
        )

    def waiting_page(self) -> str:
        """What is shown while the log is still being read."""
        return self._environment.get_template("waiting.html").render(centre=self._centre)

    def nothing_there(self) -> str:
        """What is shown at an address where no surge is."""
        return self._environment.get_template("nothing.html").render(centre=self._centre)

    def turned_away(self, why: Title, what: Title, sign_in: str) -> str:
        """What is shown to a person who may not look; `sign_in` is where they can change that."""
        return self._environment.get_template("turned_away.html").render(
            centre=self._centre, why=why, what=what, sign_in=sign_in, go=GO
        )

    def _context(self, snapshot: Snapshot) -> dict[str, Any]:
        zone = self._centre.timezone
        always, everything = shown(snapshot, DECISIONS_IN_BOTH), shown(snapshot, DECISIONS_IN_ONE)
        return {
            "s": snapshot,
            "zone": zone,
            "tiles": tiles(snapshot, zone),
            "evidence": words.evidence(snapshot.headline, snapshot.at, zone),
            "decisions": [(made, words.decision(made), made in always) for made in everything],
            "outlook": outlook(snapshot, self._titles, zone),
            # Ages move on by themselves: a part that only grew older is not sent again.
            "first_age": lambda _: "–",
        }


def shown(snapshot: Snapshot, count: int) -> tuple[Decision, ...]:
    """The latest decisions; while a surge is on, its declaration stays in sight."""
    latest, older = snapshot.decisions[:count], snapshot.decisions[count:]
    declared = [made for made in older if made.kind in {"surge_declared", "people_declared"}]
    if snapshot.headline.level == "surge" and declared:
        return (*latest[:-1], declared[0])
    return latest


def _still(snapshot: Snapshot) -> list[tuple[int, int, int]]:
    """The chart for a page without scripts: everyone, first attempts, the band's upper end."""
    arrivals = snapshot.arrivals
    every = zip(arrivals.first_attempts, arrivals.repeats, arrivals.high, strict=True)
    return [(first + again, first, high) for first, again, high in every]


def _seconds(age: float | None) -> str:
    return "–" if age is None else f"{age:.1f}" if age < TEN else f"{age:.0f}"


def is_old(age: float | None) -> bool:
    """Whether numbers of that age may still be shown as they are."""
    return age is None or age > STALE_AFTER_SECONDS
