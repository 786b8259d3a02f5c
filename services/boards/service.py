"""What state is the service in, in the standard's words, and by which rule?

The rule itself is in `streams.domain.staffing.service_state`; here it is given what the board shows
(the surges that are on, the plan of the whole centre, the people who sit there now), and its answer
is put into both languages. Before a plan has been heard the state is not known, which is not
normal.
"""

from collections.abc import Iterable
from typing import Final

from services.boards.snapshot import Service, Title
from streams.domain.staffing.service_state import ServiceState, service_state
from streams.events.surges import SeatsData, SurgeData

STATES: Final[dict[ServiceState, Title]] = {
    "Normal": Title("정상", "Normal"),
    "Partial": Title("일부 제한", "Partial"),
    "Overloaded": Title("과부하", "Overloaded"),
    "MajorIncidentInProgress": Title("중대 사건 진행 중", "Major incident in progress"),
}
UNKNOWN: Final = Service(
    state=None,
    title=Title("알 수 없음", "not known"),
    reason=Title("좌석 계획 없음", "no seat plan heard yet"),
    rule="no seat plan has been heard yet",
)


def service_of(surges: Iterable[SurgeData], plan: SeatsData | None, all_seats: int) -> Service:
    """The state of the whole centre; `plan` has the people who are seated now."""
    if plan is None:
        return UNKNOWN
    standing = service_state(surges, plan, all_seats)
    return Service(
        state=standing.state,
        title=STATES[standing.state],
        reason=_reason(standing.state, plan, all_seats),
        rule=standing.reason,
    )


def _reason(state: ServiceState, plan: SeatsData, all_seats: int) -> Title:
    """The numbers that the rule went by."""
    if state == "MajorIncidentInProgress":
        low = plan.needed_low
        return Title(
            f"최소 {low}석 필요, 전체 {all_seats}석", f"{low} or more needed, {all_seats} exist"
        )
    needed, short = plan.needed, plan.needed - plan.staffed
    if short > 0:
        return Title(f"{needed}석 필요, {short}석 부족", f"{needed} seats needed, {short} short")
    return Title(f"{needed}석 필요, 모두 확보", f"{needed} seats needed, all staffed")
