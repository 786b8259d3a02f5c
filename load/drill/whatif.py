"""What would have been different? Rows of a what-if table, each beside the same without us."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from statistics import fmean
from typing import Any

from load.drill.judge import span
from load.drill.outcome import Outcome
from load.drill.play import Interval, Played, interval, play_all
from load.drill.variant import Variant
from load.scenario import Scenario
from load.sim.stage import FirstCall
from streams.domain.centre import Centre

MEASURES = (
    *("live", "callback", "promised", "waiting", "lost", "helped_within_1h"),
    *("answered_calls", "worst_day_answered", "calls", "oldest_promise", "most_present"),
)
_MAYBE = ("kept", "kept_within_1h", "kept_within_4h", "recovered", "mean_wait")


@dataclass(frozen=True, slots=True)
class Row:
    """One variant, its runs, and the runs of the same hall without the platform."""

    variant: Variant
    runs: tuple[Played, ...]
    without: tuple[Played, ...]

    @property
    def outcomes(self) -> list[Outcome]:
        """What the runs came to."""
        return [played.outcome for played in self.runs]

    @property
    def history(self) -> list[Outcome]:
        """What the runs without the platform came to."""
        return [played.outcome for played in self.without]

    def measure(self, name: str) -> Interval | None:
        """One number over the runs; None where no run has it."""
        values = [getattr(outcome, name) for outcome in self.outcomes]
        known = [float(value) for value in values if value is not None]
        return interval(known) if known else None

    @property
    def sentence(self) -> str:
        """Like "24 seats, callbacks from 3 min: 4 % lost instead of 47 %"."""
        lost = fmean(outcome.lost for outcome in self.outcomes)
        before = fmean(outcome.lost for outcome in self.history)
        return f"{self.variant.label}: {percent(lost)} lost instead of {percent(before)}"

    def as_json(self) -> dict[str, Any]:
        """For a program: every measure with its interval, every run as it was."""
        return {
            "variant": self.variant.label,
            "sentence": self.sentence,
            "measures": {
                name: _interval(found)
                for name in (*MEASURES, *_MAYBE)
                if (found := self.measure(name)) is not None
            },
            "runs": [asdict(outcome) for outcome in self.outcomes],
            "without": [asdict(outcome) for outcome in self.history],
        }


def variants(**choices: Sequence[Any]) -> list[Variant]:
    """Every combination of the choices; a choice that is empty is left as it is."""
    given = {name: values for name, values in choices.items() if values}
    return [Variant(**dict(zip(given, values, strict=True))) for values in product(*given.values())]


def what_if(
    scenario: Scenario,
    centre: Centre,
    rows: Iterable[Variant],
    seeds: Sequence[int],
    *,
    first_calls: Sequence[FirstCall] | None = None,
    jobs: int = 1,
    told: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Play every row with the same seeds: the same people, so that policies are compared."""
    wanted = list(rows)
    bare = [Variant(helps="nothing", seats=one.seats, peak=one.peak) for one in wanted]
    # Each once, however many rows are held against it; side by side, whichever row they are of.
    distinct = list(dict.fromkeys(one for pair in zip(bare, wanted, strict=True) for one in pair))
    runs = [(seed, one) for one in distinct for seed in seeds]
    played: dict[Variant, list[Played]] = {one: [] for one in distinct}
    found = play_all(scenario, centre, runs, first_calls, jobs=jobs, told=told)
    for (_, variant), run in zip(runs, found, strict=True):
        played[variant].append(run)
    return [
        Row(one, tuple(played[one]), tuple(played[alone]))
        for one, alone in zip(wanted, bare, strict=True)
    ]


def percent(share: float) -> str:
    """A share as people say it: 47 %, 4.2 %, 0.31 %."""
    hundredths = 100 * share
    digits = 0 if hundredths >= 10 else 1 if hundredths >= 1 or not hundredths else 2  # noqa: PLR2004 - two figures that matter
    return f"{hundredths:.{digits}f} %"


def told_seconds(seconds: float | None) -> str:
    """A time of a table; a dash where there is none."""
    return "–" if seconds is None else span(seconds)


def _interval(found: Interval) -> dict[str, float | None]:
    """JSON knows no infinity: of one run the interval is not known."""
    single = found.half_width == float("inf")
    return {
        "mean": found.mean,
        "half_width": None if single else found.half_width,
        "least": found.least,
        "most": found.most,
    }
