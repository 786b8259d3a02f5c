"""How is what happens told, in plain sentences?"""

from datetime import datetime

from streams.domain.centre import Centre
from streams.events.surges import SeatsData, SurgeData


def named(key: str, centre: Centre) -> str:
    """A surge key as people would say it."""
    kind, _, name = key.partition(":")
    if kind == "country":
        titles = {mission.country: mission.title_en for mission in centre.missions}
        return titles.get(name, name)
    return name if kind in ("queue", "topic") else key


def calls(count: int) -> str:
    """Say "1 call", "7 calls"."""
    return f"{count} call" if count == 1 else f"{count} calls"


def people(count: int, one: str, many: str = "") -> str:
    """Say "1 person", "7 people"."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def figure(number: float) -> str:
    """As many digits as say something."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"  # noqa: PLR2004


def declared(data: SurgeData, centre: Centre, first_extra: datetime | None) -> str:
    """The sentence the whole platform is for."""
    after = ""
    if first_extra is not None:
        seconds = (data.declared_at - first_extra).total_seconds()
        after = f" {seconds:.0f} s after the first extra call"
    what = "surge" if data.tier == "alert" else "possible surge"
    return (
        f"{what} declared on *{named(data.key, centre)}*{after}:"
        f" {calls(data.observed)} where {figure(data.expected)} were expected"
    )


def raised(data: SurgeData, centre: Centre) -> str:
    """A watch that became an alert, or a surge that got a better name."""
    return (
        f"{data.tier} on *{named(data.key, centre)}*: {calls(data.observed)}"
        f" where {figure(data.expected)} were expected,"
        f" {data.rate_per_hour:.0f} an hour ({data.rate_low:.0f} to {data.rate_high:.0f})"
    )


def cleared(data: SurgeData, centre: Centre) -> str:
    """Calm is certain."""
    return f"surge on *{named(data.key, centre)}* is over: demand is back to what is expected"


def seats(data: SeatsData, *, with_reason: bool) -> str:
    """What is asked of the manager."""
    asked = f"seats asked: {data.needed} ({data.needed_low} to {data.needed_high})"
    why = f" for {data.reason}" if with_reason else ""
    return f"{asked}, {data.staffed} staffed{why}"


def called_up(coming: dict[str, int]) -> str:
    """What the manager does about it."""
    who = " and ".join(f"{count} {pool}" for pool, count in coming.items())
    return f"the manager calls in {who}: that is all who stand by, the rest must become callbacks"


def calm(arrived: int, expected_per_hour: float, minutes: float) -> str:
    """The numbers before and after."""
    expected = expected_per_hour * minutes / 60
    return f"{calls(arrived)} in {minutes:.0f} min, {figure(expected)} expected"


def status(phone: dict[str, int], states: dict[str, int]) -> str:
    """Where everybody is."""
    open_now = sum(states.get(state, 0) for state in OPEN)
    parts = [
        f"{phone['waiting']} waiting",
        f"{phone['signed_in']} at the phones",
        f"{phone['answered']} answered live",
    ]
    if states:
        parts.append(f"{open_now} promised")
        parts.append(f"{states.get('completed', 0)} called back")
        parts.append(f"{states.get('reached_us_first', 0)} got through first")
    return ", ".join(parts)


OPEN = ("requested", "due", "leased", "dialling", "connected")
