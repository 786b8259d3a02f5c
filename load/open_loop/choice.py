"""Which crisis, how fast, how high? The names people use, and the options of Locust and CLI."""

from argparse import ArgumentParser
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from load.scenario import FOLDER, Scenario, load_scenario, scenario_names
from streams.errors import WrongSettingError

# What people call them; the files are named as the guide numbers them.
NAMES: Final = {
    "ordinary": "S0",
    "attack": "S1",
    "quake": "S2",
    "crush": "S3",
    "pandemic": "S4",
    "maysak": "S5-centre",
    "maysak-history": "S5-history",
    "consular": "S6",
    "harvey": "S7",
    "blackout": "S8",
    "two": "S9",
    "dirty": "S10",
}
# Without a speed a crisis is played in about so many minutes, but no faster than this.
USUAL_MINUTES: Final = 10.0
FASTEST_USUAL: Final = 60.0
FASTEST: Final = 1000.0
LONGEST_MINUTES: Final = 120.0
MOST_PEAK: Final = 300.0
# How a crisis is played of which only the height is wanted: it begins at once, and is soon there.
BEGINS, RISES, ENDS_BEFORE = timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=20)


class Names(list[str]):
    """The names to choose from; a file of one's own can be given as well."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or str(name).endswith(".toml")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be played. `hold` is 0 for the whole of it, or minutes of its height alone."""

    scenario: Scenario
    name: str
    speed: float
    peak: float
    hold: float = 0.0

    @property
    def minutes(self) -> float:
        """Of wall time."""
        return self.scenario.length.total_seconds() / self.speed / 60


def choices() -> list[str]:
    """Every name that can be given."""
    return sorted({*NAMES, *scenario_names()})


def chosen(name: str, speed: float = 0.0, peak: float = 1.0, hold: float = 0.0) -> Choice:
    """The crisis of a name, or of a path; `WrongSettingError` lists the names.

    Bounded in time and number: a play of more than two hours, or a peak of more than three hundred
    times the scenario's, is refused.
    """
    file = NAMES.get(name, name)
    if not (FOLDER / f"{file}.toml").exists() and not file.endswith(".toml"):
        raise WrongSettingError(f"no crisis is called {name!r}; there are {', '.join(choices())}")
    if file.endswith(".toml"):
        # A worker may have been started in another folder.
        file = str(Path(file).absolute())
    scenario = load_scenario(file)
    if not 0 < peak <= MOST_PEAK:
        raise WrongSettingError(f"--peak must be more than 0 and at most {MOST_PEAK:.0f}")
    if not 0 <= speed <= FASTEST:
        raise WrongSettingError(f"--speed must be from 0 (ten minutes in all) to {FASTEST:.0f}")
    if not 0 <= hold <= LONGEST_MINUTES:
        raise WrongSettingError(f"--hold must be from 0 (all of it) to {LONGEST_MINUTES:.0f}")
    if hold:
        scenario = at_its_height(scenario, timedelta(minutes=hold))
    usual = 1.0 if hold else _usual_speed(scenario)
    choice = Choice(scenario, file, speed or usual, peak, hold)
    if choice.minutes > LONGEST_MINUTES:
        raise WrongSettingError(
            f"{name} would take {choice.minutes:.0f} minutes at this speed;"
            f" at most {LONGEST_MINUTES:.0f} are played, so give --speed"
        )
    return choice


def at_its_height(scenario: Scenario, hold: timedelta) -> Scenario:
    """Only the height of a crisis, for so long: what a platform must carry, without the wait."""
    ends = BEGINS + RISES + hold
    bursts = tuple(
        replace(burst, at=BEGINS, rise=RISES, hold=hold, ends=ends) for burst in scenario.bursts
    )
    return replace(scenario, bursts=bursts, length=ends + ENDS_BEFORE)


def add_options(parser: ArgumentParser) -> None:
    """Locust's own command line and page ask for these."""
    # Not in a group of their own: Locust's page shows only what the parser itself was given.
    parser.add_argument(
        "--scenario", choices=Names(choices()), default="maysak", help="Which crisis is played"
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=0.0,
        help="Event seconds in a second of wall time; 0: so that it takes about ten minutes",
    )
    parser.add_argument(
        "--peak", type=float, default=1.0, help="So many times as many callers in the bursts"
    )
    parser.add_argument(
        "--hold",
        type=float,
        default=0.0,
        help="Only the height of the bursts, for so many minutes of event time; 0: all of it",
    )
    parser.add_argument("--results", default="build/crisis", help="Where verdicts are written")


def _usual_speed(scenario: Scenario) -> float:
    if scenario.speed != 1.0:
        return scenario.speed
    return min(FASTEST_USUAL, max(1.0, scenario.length.total_seconds() / 60 / USUAL_MINUTES))
