"""Which numbers of the centre does the board give Prometheus?

They are read off the snapshot that the screens show, at the moment of the scrape. Timestamps are
moved onto the wall's clock, so that `time() - x` is in the centre's seconds in a rehearsal too.
Counters never fall: a correction downwards waits until the count catches up. What is not known has
no sample.
"""

from typing import Final, NamedTuple

from streams.telemetry.families import Block, Kind, Metric

# The waits that the tally counts apart (streams/domain/staffing/learning.py), without their zero.
WAIT_BUCKETS: Final = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1200.0)


class Family(NamedTuple):
    """A metric by the short name under which the collector hands in its samples."""

    kind: Kind
    name: str
    help: str
    labels: tuple[str, ...] = ()


BOARD_FAMILIES: Final[tuple[Family, ...]] = (
    Family("counter", "contacts_received", "Contacts that reached a queue.", ("queue",)),
    Family("counter", "contacts_redialled", "Contacts by people who had tried before.", ("queue",)),
    Family("counter", "contacts_answered", "Contacts answered by a counselor.", ("queue",)),
    Family("counter", "contacts_answered_in_target", "Of these, within the target.", ("queue",)),
    Family(
        "counter",
        "contacts_judged",
        "Contacts whose wait can be judged: all but short abandons, deflected and waiting ones.",
        ("queue",),
    ),
    Family("counter", "contacts_abandoned", "Contacts that gave up.", ("queue",)),
    Family("counter", "contacts_short_abandoned", "Of these, those who left at once.", ("queue",)),
    Family(
        "histogram",
        "contact_wait_seconds",
        "Wait of answered contacts; those within the target are counted apart.",
        ("queue",),
    ),
    Family("summary", "contact_handle_seconds", "Talk, hold and wrap-up of contacts.", ("queue",)),
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
    Family("gauge", "answer_target_ratio", "The share that is promised within the target time."),
    Family("gauge", "answer_target_seconds", "The target time of the promise."),
    Family("gauge", "counselors", "Counselors by pool and state.", ("pool", "state")),
    Family("gauge", "counselors_staffed", "Counselors who are signed in.", ("pool",)),
    Family("gauge", "counselors_required", "Seats that the rate needs (median).", ("pool",)),
    Family("gauge", "seats_needed", "Seats that the whole centre needs (median)."),
    Family("gauge", "seats_short", "Seats that the whole centre lacks against that."),
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
    Family(
        "gauge",
        "arrivals_band_rate",
        "Between these, in people a second, lie all but two ordinary minutes in a thousand.",
        ("key", "bound"),
    ),
    Family("gauge", "surge_level", "0 normal, 1 watch, 2 surge, by key.", ("key",)),
    Family("gauge", "surge_score", "The statistic over its threshold, while up.", ("key",)),
    Family("gauge", "surge_started_timestamp_seconds", "When the surge began, while up.", ("key",)),
    Family("counter", "surge_transitions", "Changes of a key's level.", ("from", "to")),
    Family("gauge", "feed_silent", "1 while the phone system's feed is silent."),
    Family(
        "gauge",
        "feed_silent_timestamp_seconds",
        "Since when the feed has been silent; absent while it is heard.",
    ),
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
    Family(
        "gauge",
        "board_data_timestamp_seconds",
        "When a group of the board's numbers last reflected the whole log.",
        ("group",),
    ),
    Family("gauge", "board_viewers", "Screens that follow the live board."),
    Family("counter", "board_snapshots", "Snapshots made since the start."),
)


def declare() -> tuple[Metric, ...]:
    """Into the catalogue, under the names that Prometheus sees."""
    boards = Block("boards")
    return tuple(
        boards.declare(
            family.kind,
            f"surgeline_{family.name}{'_total' if family.kind == 'counter' else ''}",
            family.help,
            family.labels,
            buckets=WAIT_BUCKETS if family.kind == "histogram" else (),
        )
        for family in BOARD_FAMILIES
    )


BOARD_METRICS: Final = declare()
