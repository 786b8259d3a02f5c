"""What is known of a run when it is over, and how is it kept?

A file holds all that the report shows and a comparison needs: the load's own counts, what the board
showed, what the log says, the audit's answer, and the bars.
"""

from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

from load.verdict.log import LogFacts
from load.verdict.record import Histogram, Record
from load.verdict.seen import Seen
from streams.errors import WrongSettingError

MARK: Final = '<script type="application/json" id="result">'
END: Final = "</script>"


class Code(IntEnum):
    """How Locust ends, besides its own 0 (fine), 1 (requests failed) and 2 (wrong use).

    The gravest that applies: somebody lost or called twice, then a load that was not what it
    should have been (nothing else it says holds then), then a service objective.
    """

    FINE = 0
    LOAD_NOT_ACHIEVED = 3
    OBJECTIVE_MISSED = 4
    CALLER_LOST = 5


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must hold; `code` is what a miss means. `holds` is None while not known."""

    name: str
    wanted: str
    found: str
    holds: bool | None
    code: int = Code.OBJECTIVE_MISSED


class AuditSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `surgeline audit --json` that a verdict needs."""

    clean: bool
    outcomes: dict[str, int]
    requests: int
    violations: list[dict[str, str]] = []
    reasons: dict[str, int] = {}


class Board(msgspec.Struct, kw_only=True):
    """What the live board showed during the run."""

    most_seats: int = 0
    curves: dict[str, list[float]] = {}
    behind: Histogram = msgspec.field(default_factory=Histogram)


class Result(msgspec.Struct, kw_only=True):
    """One run. `bursts` are the seconds at which each begins; `shown` is what the board said last.

    `curve_true` are the seats truly needed, `curve_lasting` if each moment's rate had lasted;
    `handle` is how long a call truly took, `handle_told` what the centre file says. `hold` is 0, or
    how many minutes of the height alone were played. `seen` is empty where no Prometheus ran.
    """

    scenario: str
    title: str
    run: str
    begins: datetime
    length: float
    speed: float
    peak: float
    workers: int
    bursts: dict[str, float]
    sources: list[str]
    seats_true: int
    curve_true: list[float]
    curve_lasting: list[float] = []
    hold: float = 0.0
    handle: float = 0.0
    handle_told: float = 0.0
    record: Record
    board: Board
    log: LogFacts | None = None
    audit: AuditSaid | None = None
    seen: list[Seen] = []
    shown: dict[str, str] = {}
    ended: bool = False
    bars: list[Bar] = []
    code: int = 0

    @property
    def first_extra(self) -> float | None:
        """Second of event time of the first call that a burst brought."""
        return min((seconds[0] for seconds in self._of_bursts()), default=None)

    def calls_until(self, second: float) -> int:
        """How many people the bursts had brought by then."""
        return sum(at <= second for seconds in self._of_bursts() for at in seconds)

    def _of_bursts(self) -> list[list[float]]:
        firsts = self.record.firsts
        return [firsts[name] for name in self.bursts if firsts.get(name)]


def read_result(path: Path) -> Result:
    """From the JSON file of a run, or from its page."""
    try:
        text = path.read_text(encoding="utf-8")
        if MARK in text:
            text = text.partition(MARK)[2].partition(END)[0]
        return msgspec.json.decode(text, type=Result)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise WrongSettingError(f"{path} holds no verdict: {error}") from None
