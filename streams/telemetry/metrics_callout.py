"""What does calling counselors in tell Prometheus? Set by services/callout alone."""

from typing import Final

from streams.telemetry.families import Block

_callout: Final = Block("callout")

SEATS: Final = _callout.gauge(
    "surgeline_callout_seats",
    "Seats of running call-outs: needed, accepted, waitlisted, arrived.",
    ["what"],
)
OLDEST_UNACKNOWLEDGED: Final = _callout.gauge(
    "surgeline_callout_oldest_unacknowledged_timestamp_seconds",
    "Since when the call-out that waits longest for anybody's answer pages people; 0: none does.",
)
PAGES_SENT: Final = _callout.counter(
    "surgeline_pages_sent_total", "Messages handed to a provider, by result.", ["channel", "result"]
)
PAGE_ACKNOWLEDGE_SECONDS: Final = _callout.histogram(
    "surgeline_page_acknowledge_seconds",
    "Time from the first message to a person until they answered.",
    ["tier"],
    buckets=(15, 30, 60, 120, 300, 600, 1200, 3600),
)
FIRST_ATTEMPT_SECONDS: Final = _callout.histogram(
    "surgeline_callout_first_attempt_seconds",
    "Time from a need until the first message was handed to a provider.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60),
)
FILL_SECONDS: Final = _callout.histogram(
    "surgeline_callout_fill_seconds",
    "Time from a need until all its seats were taken.",
    buckets=(60, 120, 300, 600, 900, 1200, 1800, 3600),
)
ATTEMPTS: Final = _callout.counter(
    "surgeline_callout_attempts_total",
    "Attempts to reach a person, by how they ended and why.",
    ["channel", "outcome"],
)
ATTEMPTS_FAILED: Final = _callout.counter(
    "surgeline_callout_attempts_failed_total",
    "Attempts that a provider did not take or could not deliver, by why.",
    ["provider", "reason"],
)
ATTEMPTS_UNKNOWN: Final = _callout.gauge(
    "surgeline_callout_attempts_unknown",
    "Attempts of which it is not known whether the provider took them.",
)
PROVIDER_ACCEPT_SECONDS: Final = _callout.histogram(
    "surgeline_callout_provider_accept_seconds",
    "Time until a provider took a message.",
    ["provider"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
PROVIDER_DELIVERY_SECONDS: Final = _callout.histogram(
    "surgeline_callout_provider_delivery_seconds",
    "Time from taking a message until the provider reported it delivered.",
    ["provider"],
    buckets=(1, 2, 5, 10, 30, 60, 300),
)
PROVIDER_WEIGHT: Final = _callout.gauge(
    "surgeline_callout_provider_weight",
    "Share of new messages of a kind that a provider is given.",
    ["provider", "channel"],
)
OUTBOX_OLDEST: Final = _callout.gauge(
    "surgeline_callout_outbox_oldest_timestamp_seconds",
    "Since when the oldest message waits to be sent; 0 when none waits.",
)
ANSWERS: Final = _callout.counter(
    "surgeline_callout_answers_total",
    "Answers of people, by channel and kind.",
    ["channel", "kind"],
)
ANSWERS_FETCHED: Final = _callout.counter(
    "surgeline_callout_answers_fetched_total",
    "Text messages found on a provider's list of which it had not told us.",
    ["provider"],
)
ANSWERS_LATE: Final = _callout.counter(
    "surgeline_callout_answers_late_total", "Answers that came after their call-out had closed."
)
ANSWERS_REFUSED: Final = _callout.counter(
    "surgeline_callout_answers_refused_total",
    "Answers, links and receipts that were refused, by the way they came and why.",
    ["channel", "reason"],
)
OPT_OUTS: Final = _callout.counter(
    "surgeline_callout_opt_outs_total",
    "Numbers that asked their carrier for silence (out) or for messages again (in).",
    ["result"],
)
REST_OVERRIDES: Final = _callout.counter(
    "surgeline_callout_rest_overrides_total",
    "Seats given against a rest rule that only warns, by rule.",
    ["rule"],
)
UNREACHABLE_PEOPLE: Final = _callout.gauge(
    "surgeline_callout_unreachable_people", "People on the rota whom no channel reaches now."
)
AUDITOR_LAST_SUCCESS: Final = _callout.gauge(
    "surgeline_callout_auditor_last_success_timestamp_seconds",
    "When it was last checked that no step of a running call-out is overdue.",
)
READY: Final = _callout.gauge("surgeline_callout_ready", "1 while call-outs are decided.")
EPOCH: Final = _callout.gauge(
    "surgeline_callout_epoch", "The life of Redis in which call-outs are kept."
)
COMMANDS: Final = _callout.counter(
    "surgeline_callout_commands_total",
    "Decisions about call-outs, by what came of them.",
    ["command", "reason"],
)
COMMAND_SECONDS: Final = _callout.histogram(
    "surgeline_callout_command_seconds",
    "Time from asking for a decision until the broker has it.",
    ["command"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.5, 5),
)
STORE_SECONDS: Final = _callout.histogram(
    "surgeline_callout_store_seconds",
    "Time of the Redis function that keeps decisions, seats among them.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.13, 0.5),
)
REBUILDS: Final = _callout.counter(
    "surgeline_callout_rebuilds_total", "Times that Redis was filled from the log."
)
FINDINGS: Final = _callout.gauge(
    "surgeline_callout_audit_findings",
    "What the auditor found wrong and could not repair, by what it is.",
    ["what"],
)
WATCHDOG_SEEN: Final = _callout.gauge(
    "surgeline_callout_watchdog_timestamp_seconds", "When Alertmanager's Watchdog last came in."
)
