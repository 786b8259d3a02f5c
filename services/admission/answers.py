"""How does an answer look on the wire?"""

from datetime import UTC, datetime
from typing import Any

from services.admission.state import Told
from streams.domain.staffing.waits import Wait


def wire(told: Told) -> dict[str, Any]:
    """The body: what the phone system does with one contact, and how sure that is."""
    answer = told.answer
    body: dict[str, Any] = {
        "decision": answer.decision,
        "reason": answer.reason,
        "position": answer.position,
        "wait": _wait(answer.wait),
        "as_of": _moment(told.as_of) if told.as_of is not None else None,
        "stale": told.age.stale,
        "age_seconds": None if told.age.seconds is None else round(told.age.seconds, 1),
    }
    if answer.prompt is not None:
        body["prompt"] = answer.prompt
    if answer.promise is not None:
        promised_by = _moment(answer.promise.promised_by)
        body["callback"] = {"id": answer.promise.id, "promised_by": promised_by}
    return body


def _wait(wait: Wait | str) -> dict[str, Any]:
    if isinstance(wait, Wait):
        return {
            "p50_seconds": round(wait.p50),
            "p90_seconds": round(wait.p90),
            "method": wait.method,
        }
    return {"unknown": wait}


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
