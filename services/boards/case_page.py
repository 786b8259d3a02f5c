"""How is a surge's case put on its page, and into the report that is printed?

Both are made of the same parts. The report is one file that needs nothing else.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.boards import case_words, plots, words
from services.boards.case import Case, scores
from services.boards.levels import Titles, level_of, since_of
from services.boards.pages import environment
from services.boards.plots import HALF
from streams.domain.centre import Centre

LANGUAGES: Final = ("both", "ko", "en")
OLD_AFTER_SECONDS: Final = 20.0
FINDINGS_SHOWN: Final = 30


class CasePages:
    """The page and the report of a surge."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._titles = Titles(words.titles(centre))
        self._environment = environment()

    def page(self, case: Case, age: float, language: str) -> str:
        """The page at its permanent address."""
        return self._render("surge.html", case, language, age=age)

    def report(self, case: Case, language: str) -> str:
        """One self-contained file to print."""
        style = Path(__file__).parent / "static" / "report.css"
        return self._render("report.html", case, language, age=0.0, style=style.read_text())

    def _render(self, template: str, case: Case, language: str, **more: Any) -> str:
        zone, surge = self._centre.timezone, case.surge
        mission = self._mission(surge.key)
        return self._environment.get_template(template).render(
            c=case,
            surge=surge,
            title=self._titles.of(surge.key),
            also=[self._titles.of(key) for key in surge.also],
            level="normal" if case.is_over else level_of(surge),
            since=since_of(surge),
            zone=zone,
            zone_name=case.at.astimezone(zone).tzname(),
            mission=mission,
            mission_zone=mission.timezone if mission else None,
            centre=self._centre,
            said=case_words,
            pool=lambda name: self._titles.of(f"pool:{name}"),
            findings=_shown(case),
            arrivals=_arrivals(case, zone),
            statistic=_statistic(case, zone),
            seats=_seats(case, zone),
            language=language,
            languages=LANGUAGES,
            old_after=OLD_AFTER_SECONDS,
            **more,
        )

    def _mission(self, key: str) -> Any:
        country = key.removeprefix("country:")
        return next((m for m in self._centre.missions if m.country == country), None)


def _shown(case: Case) -> list[Any]:
    """The first findings and the last: a long surge has very many alike."""
    every = list(case.findings)
    half = FINDINGS_SHOWN // 2
    return every if len(every) <= FINDINGS_SHOWN else [*every[:half], *every[-half:]]


def _span(case: Case) -> tuple[datetime, datetime]:
    return case.minutes[0].at, case.minutes[-1].at + (case.minutes[-1].at - case.minutes[0].at) / 60


def _moments(case: Case) -> list[tuple[datetime, str]]:
    surge = case.surge
    told = [(surge.started_at, "시작 began"), (since_of(surge), "선언 declared")]
    if surge.cleared_at:
        told.append((surge.cleared_at, "해제 over"))
    return told


def _arrivals(case: Case, zone: ZoneInfo) -> str:
    begins, ends = _span(case)
    highest = max(max(m.people + m.again, m.high) for m in case.minutes)
    on = plots.frame(begins, ends, highest, zone)
    normal = [(m.at, float(m.people)) for m in case.minutes if m.people <= m.high]
    above = [(m.at, float(m.people)) for m in case.minutes if m.people > m.high]
    return plots.svg(
        "분당 전화 · people calling per minute, against the expected band",
        on,
        plots.axes(on),
        plots.band(on, [(m.at, float(m.low), float(m.high)) for m in case.minutes], ends),
        plots.bars(on, [(m.at, float(m.people + m.again)) for m in case.minutes], "again"),
        plots.bars(on, normal, "first"),
        plots.bars(on, above, "over"),
        plots.marks(on, _moments(case)),
    )


def _statistic(case: Case, zone: ZoneInfo) -> str:
    begins, ends = _span(case)
    points = sorted(scores(case).items())
    on = plots.scale_of_tens(begins, ends, max((v for _, v in points), default=1.0), zone, HALF)
    until = min(ends, case.surge.cleared_at or ends)
    return plots.svg(
        "통계량 나누기 기준값 · statistic over threshold",
        on,
        plots.axes(on),
        plots.line(on, points, "curve", until=until),
        plots.dots(on, points, "dot-mark"),
        plots.level(on, 1.0, "기준값 threshold"),
    )


def _seats(case: Case, zone: ZoneInfo) -> str:
    begins, ends = _span(case)
    highest = max((max(s.high, s.staffed) for s in case.seats), default=1)
    on = plots.frame(begins, ends, highest, zone, HALF)
    return plots.svg(
        "상담석 · seats staffed, against those needed with their 90 % interval",
        on,
        plots.axes(on),
        plots.band(on, [(s.at, float(s.low), float(s.high)) for s in case.seats], ends),
        plots.line(on, [(s.at, float(s.needed)) for s in case.seats], "needed", until=ends),
        plots.line(on, [(s.at, float(s.staffed)) for s in case.seats], "staffed", until=ends),
    )
