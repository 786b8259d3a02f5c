"""What does a process tell Prometheus? Every metric of the house, once, block by block.

Names follow the guide's list with the prefix `surgeline_`; times are seconds, shares run from 0 to
1, counters end in `_total`. Labels are closed sets: never a contact, a caller or an agent. A metric
shows in the processes of its block alone (`families.registry_of`). What the board reads off its
snapshot is in metrics_board.py, the call-outs in metrics_callout.py.
"""

from typing import Final

from streams.telemetry.families import EVERYWHERE, Block

_everywhere: Final = Block(*EVERYWHERE)
_streams: Final = Block("streams")
_intake: Final = Block("intake")
_callbacks: Final = Block("callbacks")
_admission: Final = Block("admission")
_boards: Final = Block("boards")
_command: Final = Block("command")
_audit: Final = Block("audit")

# --- every process -----------------------------------------------------------------------------

DEAD_LETTERS: Final = _everywhere.counter(
    "surgeline_dead_letters_total",
    "Events that could not be taken and were kept as dead letters.",
    ["topic", "reason"],
)
AUDIT_LINES: Final = _everywhere.counter(
    "surgeline_audit_lines_total",
    "Audit lines by what became of them; dropped ones were too many while the broker was away.",
    ["service", "fate"],
)

# --- streams (tally, surge, staffing) ----------------------------------------------------------

LAG_BUCKETS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

EVENTS_FOLDED: Final = _streams.counter(
    "surgeline_events_folded_total", "Events folded into a processor's state.", ["processor"]
)
RECORDS_SKIPPED: Final = _streams.counter(
    "surgeline_records_skipped_total",
    "Records that were delivered again although they had been folded.",
    ["processor"],
)
PROCESSING_LAG: Final = _streams.histogram(
    "surgeline_event_processing_lag_seconds",
    "Wall time from the record's arrival on the log until its consequences are on the log.",
    ["stage"],
    buckets=LAG_BUCKETS,
)
BATCH_RECORDS: Final = _streams.histogram(
    "surgeline_batch_records",
    "Records that a processor took at once.",
    ["processor"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
BATCH_SECONDS: Final = _streams.histogram(
    "surgeline_batch_seconds",
    "Time from taking a batch until its consequences were acknowledged by the broker.",
    ["processor"],
    buckets=LAG_BUCKETS,
)
FACTS_PUBLISHED: Final = _streams.counter(
    "surgeline_facts_published_total",
    "Derived facts acknowledged by the broker.",
    ["processor", "topic"],
)
PARTITIONS_OWNED: Final = _streams.gauge(
    "surgeline_partitions_owned", "Partitions that this worker has loaded.", ["processor"]
)
REBUILD_SECONDS: Final = _streams.histogram(
    "surgeline_rebuild_seconds",
    "Time to rebuild the state of newly assigned partitions from the log.",
    ["processor"],
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
REBALANCES: Final = _streams.counter(
    "surgeline_rebalances_total", "Rebalances of a processor's group seen here.", ["processor"]
)

DETECTION_DELAY_SECONDS: Final = _streams.histogram(
    "surgeline_surge_detection_delay_seconds",
    "Centre time from the estimated start of an excess until it was declared.",
    ["tier"],
    buckets=(10, 20, 30, 60, 120, 180, 300, 600, 1200, 2400, 3600),
)
# Of a series that begins with its first surge, Prometheus would not see that one.
for _tier in ("watch", "alert"):
    DETECTION_DELAY_SECONDS.labels(_tier)
STAFFING_HANDLE_SECONDS: Final = _streams.gauge(
    "surgeline_staffing_handle_seconds", "Mean handle time that seats are sized with."
)
STAFFING_PATIENCE_SECONDS: Final = _streams.gauge(
    "surgeline_staffing_patience_seconds", "Mean patience that seats are sized with."
)
STAFFING_LEARNED_FROM: Final = _streams.gauge(
    "surgeline_staffing_learned_from",
    "Contacts of today and yesterday that these were learned from: handled, gave_up.",
    ["what"],
)

# --- intake ------------------------------------------------------------------------------------

INTAKE_ACCEPTED: Final = _intake.counter(
    "surgeline_intake_events_accepted_total", "Events acknowledged to their sender, repeats too."
)
INTAKE_REPEATED: Final = _intake.counter(
    "surgeline_intake_events_repeated_total", "Accepted events that were on the log already."
)
INTAKE_REFUSED: Final = _intake.counter(
    "surgeline_intake_events_refused_total", "Events not taken, and kept as letters.", ["reason"]
)
INTAKE_REQUESTS: Final = _intake.counter(
    "surgeline_intake_requests_total", "Requests with events, by the status answered.", ["status"]
)
INTAKE_HELD_BYTES: Final = _intake.gauge(
    "surgeline_intake_held_bytes", "Bytes of bodies that wait for the broker or are being read."
)
INTAKE_PENDING_RECORDS: Final = _intake.gauge(
    "surgeline_intake_pending_records", "Records handed to the broker and not yet acknowledged."
)
INTAKE_ACKNOWLEDGE_SECONDS: Final = _intake.histogram(
    "surgeline_intake_acknowledge_seconds",
    "Time from a request's events being ready until the broker had all of them.",
    buckets=(0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8),
)
INTAKE_PARCELS: Final = _intake.gauge(
    "surgeline_intake_parcels", "Parcels written since the start."
)
INTAKE_WRITER_REBUILDS: Final = _intake.gauge(
    "surgeline_intake_writer_rebuilds", "Times the log's writer was replaced since the start."
)
INTAKE_CONTACT_KEYS: Final = _intake.gauge(
    "surgeline_intake_contact_keys", "Contacts whose partition key is in memory."
)

# --- callbacks ---------------------------------------------------------------------------------

CALLBACK_COMMANDS: Final = _callbacks.counter(
    "surgeline_callbacks_commands_total",
    "Commands and facts decided, by what came of them: done, or why refused.",
    ["command", "outcome"],
)
CALLBACK_COMMAND_SECONDS: Final = _callbacks.histogram(
    "surgeline_callbacks_command_seconds",
    "Time from a command until the log had what it changed.",
    ["command"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CALLBACK_BATCH: Final = _callbacks.histogram(
    "surgeline_callbacks_batch_commands",
    "Commands decided in one step.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 256),
)
CALLBACK_CONFLICTS: Final = _callbacks.counter(
    "surgeline_callbacks_conflicts_total", "Commands decided again because another came between."
)
CALLBACK_FACTS: Final = _callbacks.counter(
    "surgeline_callbacks_facts_total", "Facts of callbacks acknowledged by the broker."
)
CALLBACK_LIST: Final = _callbacks.gauge(
    "surgeline_callbacks_listed",
    "Callbacks in the list: ready, later, parked (the phone system is asked), leases, closed;"
    " and facts in the outbox.",
    ["place"],
)
CALLBACK_READY: Final = _callbacks.gauge(
    "surgeline_callbacks_serving", "1 while commands are taken, 0 while the list is rebuilt."
)
CALLBACK_EPOCH: Final = _callbacks.gauge(
    "surgeline_callbacks_epoch", "The life of the list in Redis."
)
CALLBACK_REBUILDS: Final = _callbacks.counter(
    "surgeline_callbacks_rebuilds_total", "Times the list was rebuilt from the log."
)
CALLBACK_REBUILD_SECONDS: Final = _callbacks.histogram(
    "surgeline_callbacks_rebuild_seconds",
    "Time to rebuild the list from the log.",
    buckets=(0.5, 1, 2, 5, 10, 20, 60),
)
CALLBACK_PHONE: Final = _callbacks.counter(
    "surgeline_callbacks_phone_commands_total",
    "Commands to the phone system by their answer; failed when there was none.",
    ["command", "answer"],
)
CALLBACK_HELD_BACK: Final = _callbacks.counter(
    "surgeline_callbacks_held_back_total",
    "Agents who asked for a callback and got none: kept for callers, or somebody on hold is first.",
    ["reason"],
)
CALLBACK_OUT_OF_TURN: Final = _callbacks.counter(
    "surgeline_callbacks_out_of_turn_total",
    "Callbacks given out though somebody on hold, no less urgent, was there before.",
    ["reason"],
)
CALLBACK_DIALS: Final = _callbacks.counter(
    "surgeline_callbacks_dials_ended_total",
    "Dials that are over, by whose phone rang first and what came of them.",
    ["first", "outcome"],
)
CALLBACK_REPAIRS: Final = _callbacks.counter(
    "surgeline_callbacks_repairs_total",
    "What Redis had otherwise than the log and was put right: state, missing, unknown, index.",
    ["what"],
)
CALLBACKS_FORGOTTEN: Final = _callbacks.counter(
    "surgeline_callbacks_forgotten_total",
    "Callbacks that ended long ago: nameless (the number is gone), gone (the record, too).",
    ["what"],
)
CALLBACK_COMPARED: Final = _callbacks.counter(
    "surgeline_callbacks_compared_total", "Callbacks of which Redis was compared with the log."
)

# --- admission ---------------------------------------------------------------------------------

ADMISSION_ANSWERS: Final = _admission.counter(
    "surgeline_admission_answers_total",
    "Contacts answered for, by what was decided and why.",
    ["decision", "reason"],
)
ADMISSION_REFUSED: Final = _admission.counter(
    "surgeline_admission_refused_total", "Questions that could not be read, by reason.", ["reason"]
)
ADMISSION_STALE: Final = _admission.counter(
    "surgeline_admission_stale_answers_total", "Answers from a state marked as out of date."
)
ADMISSION_SECONDS: Final = _admission.histogram(
    "surgeline_admission_answer_seconds",
    "Time from a question being read until its answer was ready.",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05),
)
ADMISSION_AGE_SECONDS: Final = _admission.gauge(
    "surgeline_admission_state_age_seconds",
    "Age of the state that answers stand on; +Inf before the log was read to its end.",
)
ADMISSION_PENDING: Final = _admission.gauge(
    "surgeline_admission_pending_callbacks", "Open callbacks that admission knows of."
)
ADMISSION_LONG: Final = _admission.gauge(
    "surgeline_admission_line_long", "1 while a queue's wait is held to be too long.", ["queue"]
)
ADMISSION_CEILING: Final = _admission.gauge(
    "surgeline_admission_ceiling",
    "1 while no new promise is offered because of this ceiling.",
    ["ceiling"],
)
ADMISSION_UNREADABLE: Final = _admission.counter(
    "surgeline_admission_unreadable_total",
    "Events of a followed topic that could not be read, by topic.",
    ["topic"],
)

# --- boards ------------------------------------------------------------------------------------

BOARD_UNREADABLE: Final = _boards.counter(
    "surgeline_board_unreadable_total",
    "Events of a state topic that the board could not read, by topic.",
    ["topic"],
)
BOARD_BUILD_SECONDS: Final = _boards.histogram(
    "surgeline_board_build_seconds",
    "Time to make one snapshot and the parts of the page from it.",
    ["stage"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25),
)

# --- audit -------------------------------------------------------------------------------------

AUDIT_RUNS: Final = _audit.counter(
    "surgeline_audit_runs_total", "Audits of the log by how they ended.", ["outcome"]
)
AUDIT_FINDINGS: Final = _audit.gauge(
    "surgeline_audit_findings", "Findings of the last audit, by kind.", ["kind"]
)
AUDIT_LAST: Final = _audit.gauge(
    "surgeline_audit_last_run_timestamp_seconds",
    "When the last audit was finished, whatever it found; before the first: when this began.",
)
AUDIT_LAST_CLEAN: Final = _audit.gauge(
    "surgeline_audit_last_success_timestamp_seconds",
    "When the last audit without a finding was finished; 0 before the first.",
)
AUDIT_SECONDS: Final = _audit.gauge("surgeline_audit_seconds", "How long the last audit took.")
AUDIT_PEOPLE: Final = _audit.gauge(
    "surgeline_audit_people", "People whom the last audit accounted for, by outcome.", ["outcome"]
)

# --- command -----------------------------------------------------------------------------------

ORDERS_GIVEN: Final = _command.counter(
    "surgeline_orders_given_total", "Orders of people in command that are on the log.", ["kind"]
)
ORDERS_REFUSED: Final = _command.counter(
    "surgeline_orders_refused_total", "Orders that could not be given, by reason.", ["reason"]
)
