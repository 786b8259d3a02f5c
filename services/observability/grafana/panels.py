"""What is a board made of, before Grafana's own words for it?

Every title is in Korean and English. Colours are of one ramp that every kind of colour vision can
tell apart, calm where all is calm, and each step has its word: colour never says it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Kind = Literal["tile", "word", "lines", "timeline", "table"]

# Okabe and Ito's colours, from calm to alarming; the last two are for lines alone.
CALM: Final = "#8595A5"
GOOD: Final = "#56B4E9"
WATCH: Final = "#E69F00"
ALARM: Final = "#D55E00"
BLUE: Final = "#0072B2"
PINK: Final = "#CC79A7"
# A number that nobody has to judge.
INK: Final = "#E8EDF2"
RAMP: Final = (CALM, GOOD, WATCH, ALARM, BLUE, PINK, INK)

# Under this name a tile says which step its number is in.
STATE: Final = "상태 · State"


class Title(NamedTuple):
    """A name in both languages."""

    ko: str
    en: str

    def __str__(self) -> str:
        return f"{self.ko} · {self.en}"


NOT_KNOWN: Final = Title("알 수 없음", "not known")


class Step(NamedTuple):
    """From this value on it has this colour and this word; the first step has no beginning."""

    since: float | None
    colour: str
    word: Title


class Query(NamedTuple):
    """What Prometheus is asked; `legend` names what is shown."""

    expr: str
    legend: str
    colour: str | None = None
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture: `place` is x, y, width, height on a grid of 24 columns.

    A tile with `steps` shows the word of the step that its first number is in beside it; a word
    shows nothing else. The steps of a timeline are of its values, those of a table of the column
    `judged`. `words` say what the values of labels are called; `column` is the heading of a
    table's labels.
    """

    kind: Kind
    title: Title
    about: str
    place: tuple[int, int, int, int]
    queries: tuple[Query, ...]
    steps: tuple[Step, ...] = ()
    judged: str | None = None
    unit: str = "short"
    decimals: int | None = None
    none: Title = NOT_KNOWN
    band: tuple[str, str] | None = None
    most: float | None = None
    words: Mapping[str, Title] = field(default_factory=dict)
    column: tuple[str, Title] | None = None

    def asked(self) -> tuple[Query, ...]:
        """All that Prometheus is asked for it."""
        if self.kind != "tile" or not self.steps:
            return self.queries
        number = self.queries[0].expr
        passed = " + ".join(f"(({number}) >= bool {step.since:g})" for step in self.steps[1:])
        return (*self.queries, Query(passed, STATE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice at the head of a board: values of a label, `every` standing for all of them."""

    name: str
    label: Title
    query: str
    every: str
    regex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment on every chart: where the query has an answer."""

    title: Title
    expr: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One page. `kiosk`: a screen on a wall, which nobody scrolls or clicks."""

    uid: str
    title: Title
    about: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()
    marks: tuple[Mark, ...] = ()
    kiosk: bool = False
    refresh: str = "5s"
    since: str = "now-1h"


MARK_SECONDS: Final = 15


def surge_marks(selector: str = "") -> tuple[Mark, ...]:
    """When a key went into a surge, and when it came out of it."""
    now = f"max by (key) (surgeline_surge_level{selector})"
    before = f"max by (key) (surgeline_surge_level{selector} offset {MARK_SECONDS}s)"
    return (
        Mark(
            title=Title("급증 시작", "Surge start"),
            expr=f"{now} >= 2 unless {before} >= 2",
            colour=ALARM,
        ),
        Mark(
            title=Title("급증 종료", "Surge end"),
            expr=f"{now} < 2 and {before} >= 2",
            colour=GOOD,
        ),
    )


LEVELS: Final = (
    Step(None, CALM, Title("정상", "Normal")),
    Step(1, WATCH, Title("주의", "Watch")),
    Step(2, ALARM, Title("급증", "SURGE")),
)


def good_below(watch: float, alarm: float) -> tuple[Step, ...]:
    """A number that should be small."""
    return (
        Step(None, CALM, Title("양호", "fine")),
        Step(watch, WATCH, Title("주의", "watch")),
        Step(alarm, ALARM, Title("조치 필요", "act")),
    )
