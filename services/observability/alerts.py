"""What must somebody be told, and how urgently?

page: somebody acts now. ticket: somebody acts this shift. notice: the duty lead should know.
Alerts are on what callers and counselors feel, or on what would soon be felt without being seen.
"""

from typing import Final

from services.observability.burn import alerts as burn_alerts
from services.observability.rules import Alert, Group

STALE_SECONDS: Final = 15
LAG_SECONDS: Final = 5
ACKNOWLEDGE_SECONDS: Final = 300
AUDIT_SECONDS: Final = 1800
FLAPS_AN_HOUR: Final = 8

SURGE: Final = (
    Alert(
        name="SurgeWatch",
        expr="max by (key) (surgeline_surge_level) == 1",
        severity="notice",
        summary="More people call than usual",
        description="{{ $labels.key }} is at watch: above what is ordinary, not yet a surge.",
        keep="1m",
    ),
    Alert(
        name="SurgeDeclared",
        expr="max by (key) (surgeline_surge_level) >= 2",
        severity="page",
        summary="A surge is on",
        description="{{ $labels.key }} is in a surge: far more people call than can be answered.",
        keep="1m",
    ),
    Alert(
        name="SurgeFlapping",
        expr=f"sum(increase(surgeline_surge_transitions_total[1h])) > {FLAPS_AN_HOUR}",
        severity="ticket",
        summary="Surge levels go up and down",
        description="Levels changed {{ $value | humanize }} times in an hour.",
        keep="5m",
    ),
    Alert(
        name="SeatGapNotClosing",
        expr="""
            min_over_time(surgeline_seats_short[10m]) > 0
            and surgeline_seats_short >= surgeline_seats_short offset 10m
        """,
        lasting="2m",
        severity="page",
        summary="Seats are missing and nobody is coming",
        description="{{ $value }} seats are missing, no fewer than ten minutes ago.",
        keep="1m",
    ),
)
PROMISES: Final = (
    Alert(
        name="CallbacksOverdue",
        expr="max(surgeline_callbacks_overdue) > 0",
        lasting="2m",
        severity="page",
        summary="Promises to ring back are broken",
        description="{{ $value }} people were promised a call by now and have not had it.",
        keep="1m",
    ),
    Alert(
        name="CallbacksNotServed",
        expr="max(surgeline_callbacks_serving) == 0",
        lasting="1m",
        severity="page",
        summary="Counselors cannot take callbacks",
        description="The callback list takes no commands: it is being rebuilt or Redis is away.",
    ),
    Alert(
        name="PagingNotAcknowledged",
        expr=f"""
            max(time() - (surgeline_callout_oldest_unacknowledged_timestamp_seconds > 0))
            > {ACKNOWLEDGE_SECONDS}
        """,
        severity="page",
        summary="Nobody answers the page",
        description="A page has gone unacknowledged for {{ $value | humanizeDuration }}.",
    ),
    Alert(
        name="AuditFailed",
        expr="sum by (kind) (surgeline_audit_findings) > 0",
        lasting="1m",
        severity="page",
        summary="Somebody may be lost, or called twice",
        description="The audit of the log has {{ $value }} findings of kind {{ $labels.kind }}.",
    ),
    Alert(
        name="AuditMissing",
        expr=f"time() - max(surgeline_audit_last_run_timestamp_seconds) > {AUDIT_SECONDS}",
        lasting="1m",
        severity="ticket",
        summary="The log has not been audited",
        description="The last audit was finished {{ $value | humanizeDuration }} ago.",
    ),
)
MACHINERY: Final = (
    Alert(
        name="FeedOutage",
        expr="max(surgeline_feed_silent) == 1",
        severity="page",
        summary="The phone system's reports have stopped",
        description="Nothing is heard of the phones. Silence is not calm: surges are not seen.",
        keep="30s",
    ),
    Alert(
        name="StaleData",
        expr=f"max by (group) (time() - surgeline_board_data_timestamp_seconds) > {STALE_SECONDS}",
        lasting="15s",
        severity="page",
        summary="The boards show old numbers",
        description="{{ $labels.group }} is {{ $value | humanizeDuration }} old.",
        keep="30s",
    ),
    Alert(
        name="ProcessDown",
        expr='min by (job) (up{job!="prometheus"}) == 0',
        lasting="30s",
        severity="page",
        summary="A part of Surgeline does not answer",
        description="{{ $labels.job }} has not answered Prometheus for half a minute.",
    ),
    Alert(
        name="ProcessingLag",
        expr=f"stage:surgeline_event_processing_lag_seconds:p99_rate1m > {LAG_SECONDS}",
        lasting="1m",
        severity="page",
        summary="Events wait to be worked off",
        description="{{ $labels.stage }} is {{ $value | humanizeDuration }} behind the log.",
        keep="1m",
    ),
    Alert(
        name="DeadLetters",
        # A series begins with its first letter; an increase is only seen from the second on.
        expr="""
            sum by (topic, reason) (
            increase(surgeline_dead_letters_total[10m]) > 0
            or (surgeline_dead_letters_total unless surgeline_dead_letters_total offset 10m)
            )
        """,
        severity="ticket",
        summary="Events were not understood",
        description="{{ $value | humanize }} events of {{ $labels.topic }}: {{ $labels.reason }}.",
    ),
    Alert(
        name="Watchdog",
        expr="vector(1)",
        severity="none",
        summary="Alerting works",
        description="Always on. Who stops hearing it must ask why alerts no longer arrive.",
    ),
)


def groups() -> list[Group]:
    """All alerts."""
    return [
        Group(name="surgeline-surge", interval="5s", rules=SURGE),
        Group(name="surgeline-promises", interval="15s", rules=PROMISES),
        Group(name="surgeline-machinery", interval="15s", rules=MACHINERY),
    ]


def burn_groups() -> list[Group]:
    """Those that look back over days: in a file of their own, as their tests play days."""
    return [Group(name="surgeline-burn", interval="15s", rules=burn_alerts())]


def alerts() -> list[Alert]:
    """Every alert, once."""
    return [
        rule
        for group in [*groups(), *burn_groups()]
        for rule in group.rules
        if isinstance(rule, Alert)
    ]
