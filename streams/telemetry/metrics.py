"""What does a process tell Prometheus? Every metric of the house, once, block by block.

Names follow the guide's list with the prefix `surgeline_`; times are seconds, shares run from 0 to
1, counters end in `_total`. Labels are closed sets: never a contact, a caller or an agent. A metric
with labels shows only in the process that uses it, so one module can serve them all.
"""

from typing import Final, Literal, NamedTuple

from prometheus_client import Counter, Gauge, Histogram

# --- every process -----------------------------------------------------------------------------

DEAD_LETTERS: Final = Counter(
    "surgeline_dead_letters_total",
    "Events that could not be taken and were kept as dead letters.",
    ["topic", "reason"],
)

# --- streams (tally, surge, staffing) ----------------------------------------------------------

LAG_BUCKETS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

EVENTS_FOLDED: Final = Counter(
    "surgeline_events_folded_total", "Events folded into a processor's state.", ["processor"]
)
RECORDS_SKIPPED: Final = Counter(
    "surgeline_records_skipped_total",
    "Records that were delivered again although they had been folded.",
    ["processor"],
)
PROCESSING_LAG: Final = Histogram(
    "surgeline_event_processing_lag_seconds",
    "Wall time from the record's arrival on the log until its consequences are on the log.",
    ["stage"],
    buckets=LAG_BUCKETS,
)
BATCH_RECORDS: Final = Histogram(
    "surgeline_batch_records",
    "Records that a processor took at once.",
    ["processor"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
BATCH_SECONDS: Final = Histogram(
    "surgeline_batch_seconds",
    "Time from taking a batch until its consequences were acknowledged by the broker.",
    ["processor"],
    buckets=LAG_BUCKETS,
)
FACTS_PUBLISHED: Final = Counter(
    "surgeline_facts_published_total",
    "Derived facts acknowledged by the broker.",
    ["processor", "topic"],
)
PARTITIONS_OWNED: Final = Gauge(
    "surgeline_partitions_owned", "Partitions that this worker has loaded.", ["processor"]
)
REBUILD_SECONDS: Final = Histogram(
    "surgeline_rebuild_seconds",
    "Time to rebuild the state of newly assigned partitions from the log.",
    ["processor"],
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
REBALANCES: Final = Counter(
    "surgeline_rebalances_total", "Rebalances of a processor's group seen here.", ["processor"]
)

STAFFING_HANDLE_SECONDS: Final = Gauge(
    "surgeline_staffing_handle_seconds", "Mean handle time that seats are sized with."
)
STAFFING_PATIENCE_SECONDS: Final = Gauge(
    "surgeline_staffing_patience_seconds", "Mean patience that seats are sized with."
)
STAFFING_LEARNED_FROM: Final = Gauge(
    "surgeline_staffing_learned_from",
    "Contacts of today and yesterday that these were learned from: handled, gave_up.",
    ["what"],
)

# --- intake ------------------------------------------------------------------------------------

INTAKE_ACCEPTED: Final = Counter(
    "surgeline_intake_events_accepted_total", "Events acknowledged to their sender, repeats too."
)
INTAKE_REPEATED: Final = Counter(
    "surgeline_intake_events_repeated_total", "Accepted events that were on the log already."
)
INTAKE_REFUSED: Final = Counter(
    "surgeline_intake_events_refused_total", "Events not taken, and kept as letters.", ["reason"]
)
INTAKE_REQUESTS: Final = Counter(
    "surgeline_intake_requests_total", "Requests with events, by the status answered.", ["status"]
)
INTAKE_HELD_BYTES: Final = Gauge(
    "surgeline_intake_held_bytes", "Bytes of bodies that wait for the broker or are being read."
)
INTAKE_PENDING_RECORDS: Final = Gauge(
    "surgeline_intake_pending_records", "Records handed to the broker and not yet acknowledged."
)
INTAKE_ACKNOWLEDGE_SECONDS: Final = Histogram(
    "surgeline_intake_acknowledge_seconds",
    "Time from a request's events being ready until the broker had all of them.",
    buckets=(0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8),
)
INTAKE_PARCELS: Final = Gauge("surgeline_intake_parcels", "Parcels written since the start.")
INTAKE_WRITER_REBUILDS: Final = Gauge(
    "surgeline_intake_writer_rebuilds", "Times the log's writer was replaced since the start."
)
INTAKE_CONTACT_KEYS: Final = Gauge(
    "surgeline_intake_contact_keys", "Contacts whose partition key is in memory."
)

# --- callbacks ---------------------------------------------------------------------------------

CALLBACK_COMMANDS: Final = Counter(
    "surgeline_callbacks_commands_total",
    "Commands and facts decided, by what came of them: done, or why refused.",
    ["command", "outcome"],
)
CALLBACK_COMMAND_SECONDS: Final = Histogram(
    "surgeline_callbacks_command_seconds",
    "Time from a command until the log had what it changed.",
    ["command"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CALLBACK_BATCH: Final = Histogram(
    "surgeline_callbacks_batch_commands",
    "Commands decided in one step.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 256),
)
CALLBACK_CONFLICTS: Final = Counter(
    "surgeline_callbacks_conflicts_total", "Commands decided again because another came between."
)
CALLBACK_FACTS: Final = Counter(
    "surgeline_callbacks_facts_total", "Facts of callbacks acknowledged by the broker."
)
CALLBACK_LIST: Final = Gauge(
    "surgeline_callbacks_listed",
    "Callbacks in the list: ready, later, parked (the phone system is asked), leases, closed;"
    " and facts in the outbox.",
    ["place"],
)
CALLBACK_READY: Final = Gauge(
    "surgeline_callbacks_serving", "1 while commands are taken, 0 while the list is rebuilt."
)
CALLBACK_EPOCH: Final = Gauge("surgeline_callbacks_epoch", "The life of the list in Redis.")
CALLBACK_REBUILDS: Final = Counter(
    "surgeline_callbacks_rebuilds_total", "Times the list was rebuilt from the log."
)
CALLBACK_REBUILD_SECONDS: Final = Histogram(
    "surgeline_callbacks_rebuild_seconds",
    "Time to rebuild the list from the log.",
    buckets=(0.5, 1, 2, 5, 10, 20, 60),
)
CALLBACK_PHONE: Final = Counter(
    "surgeline_callbacks_phone_commands_total",
    "Commands to the phone system by their answer; failed when there was none.",
    ["command", "answer"],
)

# --- admission ---------------------------------------------------------------------------------

ADMISSION_ANSWERS: Final = Counter(
    "surgeline_admission_answers_total",
    "Contacts answered for, by what was decided and why.",
    ["decision", "reason"],
)
ADMISSION_REFUSED: Final = Counter(
    "surgeline_admission_refused_total", "Questions that could not be read, by reason.", ["reason"]
)
ADMISSION_STALE: Final = Counter(
    "surgeline_admission_stale_answers_total", "Answers from a state marked as out of date."
)
ADMISSION_SECONDS: Final = Histogram(
    "surgeline_admission_answer_seconds",
    "Time from a question being read until its answer was ready.",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05),
)
ADMISSION_AGE_SECONDS: Final = Gauge(
    "surgeline_admission_state_age_seconds",
    "Age of the state that answers stand on; +Inf before the log was read to its end.",
)
ADMISSION_PENDING: Final = Gauge(
    "surgeline_admission_pending_callbacks", "Open callbacks that admission knows of."
)
ADMISSION_LONG: Final = Gauge(
    "surgeline_admission_line_long", "1 while a queue's wait is held to be too long.", ["queue"]
)
ADMISSION_CEILING: Final = Gauge(
    "surgeline_admission_ceiling",
    "1 while no new promise is offered because of this ceiling.",
    ["ceiling"],
)
ADMISSION_UNREADABLE: Final = Counter(
    "surgeline_admission_unreadable_total",
    "Events of a followed topic that could not be read, by topic.",
    ["topic"],
)

# --- boards ------------------------------------------------------------------------------------

BOARD_UNREADABLE: Final = Counter(
    "surgeline_board_unreadable_total",
    "Events of a state topic that the board could not read, by topic.",
    ["topic"],
)
BOARD_BUILD_SECONDS: Final = Histogram(
    "surgeline_board_build_seconds",
    "Time to make one snapshot and the parts of the page from it.",
    ["stage"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25),
)


class Family(NamedTuple):
    """A metric whose samples are read off the board's snapshot when Prometheus asks.

    Timestamps are moved onto the wall's clock, so that `time() - x` is in the centre's seconds in
    a rehearsal too. Counters never fall: a correction downwards waits until the count catches up.
    """

    kind: Literal["gauge", "counter"]
    name: str
    help: str
    labels: tuple[str, ...] = ()


BOARD_FAMILIES: Final[tuple[Family, ...]] = (
    Family("counter", "contacts_received", "Contacts that reached a queue.", ("queue",)),
    Family("counter", "contacts_redialled", "Contacts by people who had tried before.", ("queue",)),
    Family("counter", "contacts_answered", "Contacts answered by a counselor.", ("queue",)),
    Family("counter", "contacts_answered_in_target", "Of these, within the target.", ("queue",)),
    Family("counter", "contacts_abandoned", "Contacts that gave up.", ("queue",)),
    Family("counter", "first_attempts", "Distinct people who called, by key.", ("key",)),
    Family(
        "gauge", "requests", "People who asked for help today, by where they are.", ("outcome",)
    ),
    Family("gauge", "queue_contacts", "People waiting in a queue.", ("queue",)),
    Family(
        "gauge",
        "queue_oldest_contact_timestamp_seconds",
        "Since when the longest waiting has waited; absent when nobody waits.",
        ("queue",),
    ),
    Family("gauge", "counselors", "Counselors by pool and state.", ("pool", "state")),
    Family("gauge", "counselors_required", "Seats that the rate needs (median).", ("pool",)),
    Family(
        "gauge",
        "seats_needed_ahead",
        "Seats needed so many minutes ahead: median, and upper end of the 90 % interval.",
        ("minutes", "bound"),
    ),
    Family("gauge", "seats_released", "Helpers who may go home.", ("pool",)),
    Family("gauge", "handle_seconds", "Mean handle time in the plan; absent while there is none."),
    Family("gauge", "patience_seconds", "Mean patience in the plan; absent while there is none."),
    Family("gauge", "seats_called_first", "1 for the pool to call in first.", ("pool",)),
    Family(
        "gauge",
        "service_state",
        "1 for the state the service is in, 0 for the others; absent while not known.",
        ("state",),
    ),
    Family(
        "gauge",
        "estimated_wait_seconds",
        "How long who calls now will wait; absent when that is not known.",
        ("queue", "quantile"),
    ),
    Family(
        "gauge", "arrivals_expected_rate", "Expected first attempts a second, by key.", ("key",)
    ),
    Family("gauge", "surge_level", "0 normal, 1 watch, 2 surge, by key.", ("key",)),
    Family("gauge", "surge_score", "The statistic over its threshold, while up.", ("key",)),
    Family("gauge", "surge_started_timestamp_seconds", "When the surge began, while up.", ("key",)),
    Family("counter", "surge_transitions", "Changes of a key's level.", ("from", "to")),
    Family("gauge", "callbacks_pending", "Open callbacks.", ("state", "urgency")),
    Family("gauge", "callbacks_overdue", "Open callbacks whose promise has passed."),
    Family(
        "gauge",
        "callbacks_oldest_due_timestamp_seconds",
        "The earliest promise that is still open; absent when none is.",
    ),
    Family("counter", "callbacks", "Callbacks closed, by result.", ("result",)),
    Family("gauge", "centre_clock_speed", "Centre seconds in a second; 1 when live."),
    Family("gauge", "board_data_age_seconds", "Age of a group of the board's numbers.", ("group",)),
    Family("gauge", "board_viewers", "Screens that follow the live board."),
    Family("counter", "board_snapshots", "Snapshots made since the start."),
)
