"""What is the scripted phone system told from outside?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from load.scenario import Scenario, load_scenario
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError
from streams.settings import whole_number

USAGE = "python -m load.phone SCENARIO [--starts-at ISO] [--speed N] [--ledger FILE] [--run NAME]"
_OPTIONS = ("--starts-at", "--begins", "--speed", "--ledger", "--run")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """`starts_at` is the wall time at which the scenario's first second is played; that second is
    the scenario's own `starts`, or the event time given as --begins.

    `run` makes the ids and numbers of one play differ from those of another. `token` is what the
    platform must present to command this phone system; the others are what it presents itself.
    """

    scenario: Scenario
    centre: Centre
    starts_at: datetime
    speed: float
    run: str
    ledger: Path
    intake: str
    callbacks: str
    host: str = "127.0.0.1"
    port: int = 8440
    token: str = field(repr=False)
    source_token: str = field(repr=False)
    counselor_token: str = field(repr=False)

    @classmethod
    def read(cls, arguments: Sequence[str], env: Mapping[str, str]) -> "PhoneSettings":
        """From the command line and the environment; `WrongSettingError` says what is wrong."""
        name, options = _parse(arguments)
        scenario = load_scenario(name)
        if "--begins" in options:
            scenario = replace(scenario, starts=_moment("--begins", options["--begins"]))
        starts = options.get("--starts-at")
        token = env.get("SURGELINE_PHONE_TOKEN", "")
        if not token:
            raise WrongSettingError("SURGELINE_PHONE_TOKEN is empty: commands need a token")
        return cls(
            scenario=scenario,
            centre=load_centre(Path(env.get("SURGELINE_CENTRE", "centre.toml"))),
            starts_at=_moment("--starts-at", starts) if starts else datetime.now(UTC),
            speed=_speed(options.get("--speed"), scenario),
            run=options.get("--run", "1"),
            ledger=Path(options.get("--ledger", "phone-ledger.jsonl")),
            intake=env.get("SURGELINE_INTAKE_URL", "http://127.0.0.1:8410"),
            callbacks=env.get("SURGELINE_CALLBACKS_URL", "http://127.0.0.1:8420"),
            host=env.get("SURGELINE_HOST", "127.0.0.1"),
            port=whole_number(env, "SURGELINE_PORT", 8440),
            token=token,
            source_token=env.get("SURGELINE_SOURCE_TOKEN", ""),
            counselor_token=env.get("SURGELINE_COUNSELOR_TOKEN", ""),
        )


def _parse(arguments: Sequence[str]) -> tuple[str, dict[str, str]]:
    if not arguments or arguments[0].startswith("-"):
        raise WrongSettingError(f"which scenario? {USAGE}")
    rest = list(arguments[1:])
    options = dict(zip(rest[::2], rest[1::2], strict=False))
    unknown = [name for name in rest[::2] if name not in _OPTIONS]
    if unknown or len(rest) % 2:
        raise WrongSettingError(f"{unknown or rest[-1:]} is not understood: {USAGE}")
    return arguments[0], options


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongSettingError(f"{option} {text!r} is no ISO-8601 time") from None
    if moment.tzinfo is None:
        raise WrongSettingError(f"{option} needs a time zone, such as Z or +09:00")
    return moment


def _speed(text: str | None, scenario: Scenario) -> float:
    try:
        speed = scenario.speed if text is None else float(text)
    except ValueError:
        raise WrongSettingError(f"--speed {text!r} is not a number") from None
    if not 0 < speed <= 1000:  # noqa: PLR2004
        raise WrongSettingError("--speed must be more than 0 and at most 1000")
    return speed
