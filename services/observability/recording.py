"""Which results are worked out once for all screens?

Named level:metric:operation. Every five seconds, as often as a wallboard looks.
"""

from typing import Final

from services.observability.rules import Group, Recording

# One worker folds about this many events a second on two cores (streams/README.md).
EVENTS_PER_WORKER: Final = 2000

_CENTRE: Final = {
    "centre:surgeline_surge_level:max": "max(surgeline_surge_level)",
    "centre:surgeline_queue_contacts:sum": "sum(surgeline_queue_contacts)",
    # Nobody waits: no oldest contact, and a wait of 0. A Prometheus that was down when the last one
    # was answered still knows that one's time for five minutes.
    "centre:surgeline_oldest_wait_seconds:max": """
        max(time() - surgeline_queue_oldest_contact_timestamp_seconds
        and on(queue) surgeline_queue_contacts > 0)
        or on() sum(surgeline_queue_contacts) * 0
    """,
    "centre:surgeline_counselors_staffed:sum": "sum(surgeline_counselors_staffed)",
    "centre:surgeline_callbacks_pending:sum": "sum(surgeline_callbacks_pending) or on() vector(0)",
    "centre:surgeline_data_age_seconds:max": "max(time() - surgeline_board_data_timestamp_seconds)",
    "centre:surgeline_answered_in_target:ratio_increase15m": """
        sum(increase(surgeline_contacts_answered_in_target_total[15m]))
        / (sum(increase(surgeline_contacts_judged_total[15m])) > 0)
    """,
}
_KEYS: Final = {
    "key:surgeline_first_attempts:rate1m": (
        "sum by (key) (rate(surgeline_first_attempts_total[1m]))"
    ),
}
_PIPELINE: Final = {
    "stage:surgeline_event_processing_lag_seconds:p99_rate1m": """
        histogram_quantile(
        0.99, sum by (stage, le) (rate(surgeline_event_processing_lag_seconds_bucket[1m]))
        )
    """,
    "processor:surgeline_events_folded:rate1m": (
        "sum by (processor) (rate(surgeline_events_folded_total[1m]))"
    ),
    "centre:surgeline_intake_events_accepted:rate1m": (
        "sum(rate(surgeline_intake_events_accepted_total[1m]))"
    ),
    # What the arrivals ask for, and at least one; the chart's autoscaler reads it.
    "component:surgeline_scaling_recommended_replicas:max": f"""
        label_replace(
        clamp_min(ceil(sum(rate(surgeline_intake_events_accepted_total[1m]))
        / {EVENTS_PER_WORKER}), 1),
        "component", "streams", "", ""
        )
    """,
}


def groups() -> list[Group]:
    """All recordings."""
    return [
        _group("surgeline-centre", _CENTRE),
        _group("surgeline-keys", _KEYS),
        _group("surgeline-pipeline", _PIPELINE),
    ]


def _group(name: str, results: dict[str, str]) -> Group:
    rules = [Recording(record=record, expr=expr) for record, expr in results.items()]
    return Group(name=name, interval="5s", rules=rules)
