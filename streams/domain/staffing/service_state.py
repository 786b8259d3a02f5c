"""What state is the service in, in the standard's words, and by which rule?

The words are the service states of NENA i3 and ETSI, the only standard ones for this. The rule
that applies is returned as a sentence, since a state without a reason cannot be acted upon. A surge
that a person declared is an alert like any other.

| state | rule |
|---|---|
| Normal | no alert is on, and the seats staffed cover what is needed |
| Partial | an alert is on but the seats cover it, or seats are short without an alert |
| Overloaded | an alert is on, and fewer are seated than are needed |
| MajorIncidentInProgress | an alert is on, and the low end of the need exceeds all seats |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from streams.events.surges import SeatsData, SurgeData

ServiceState = Literal["Normal", "Partial", "Overloaded", "MajorIncidentInProgress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state, and the rule that gave it in words."""

    state: ServiceState
    reason: str


def service_state(surges: Iterable[SurgeData], seats: SeatsData, all_seats: int) -> Standing:
    """The state of the whole centre; `seats` are those of all pools together."""
    alerts = sorted(surge.key for surge in surges if surge.tier == "alert")
    short = seats.needed - seats.staffed
    if not alerts:
        if short <= 0:
            return Standing(state="Normal", reason="no surge, and enough seats are staffed")
        return Standing(state="Partial", reason=f"no surge, but {short} seats too few are staffed")
    named = f"surge on {', '.join(alerts)}"
    if seats.needed_low > all_seats:
        reason = f"{named}: at least {seats.needed_low} seats are needed, and there are {all_seats}"
        return Standing(state="MajorIncidentInProgress", reason=reason)
    if short > 0:
        reason = f"{named}: {seats.needed} seats are needed, and {seats.staffed} are staffed"
        return Standing(state="Overloaded", reason=reason)
    return Standing(
        state="Partial", reason=f"{named}, and the {seats.staffed} staffed seats cover it"
    )
