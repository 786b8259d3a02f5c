"""What does Prometheus read off the board?

The same snapshot that the screens show, and the sums behind it, at the moment of the scrape.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, get_args

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from services.boards.fold import Fold
from services.boards.levels import RANK
from services.boards.poisson import middle
from services.boards.service import STATES
from services.boards.snapshot import Snapshot
from services.boards.tallies import Sum
from streams.events.callbacks import Outcome
from streams.telemetry.metrics_board import BOARD_FAMILIES, WAIT_BUCKETS, Family

Samples = Iterable[tuple[tuple[str, ...], float]]
COUNTED: Final = {
    "contacts_received": "contacts",
    "contacts_redialled": "redials",
    "contacts_answered": "answered",
    "contacts_answered_in_target": "answered_in_target",
    "contacts_abandoned": "abandoned",
    "contacts_short_abandoned": "short_abandoned",
}


# A series that goes while Prometheus is down is shown for five more minutes as it last was: these
# go on as nought instead.
GO_ON: Final = frozenset({"surge_level", "callbacks_pending", "counselors"})


class BoardCollector(Collector):
    """Samples of one board."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._seen: dict[str, dict[tuple[str, ...], float]] = {}
        self._highest: dict[tuple[str, tuple[str, ...]], float] = {}
        self.snapshot: Snapshot | None = None
        self.viewers = 0

    def adopt(self, fold: Fold) -> None:
        """Go on with another fold of the same log: no counter falls."""
        self._fold = fold

    def collect(self) -> Iterator[Metric]:
        """Every family of the board; none before the first snapshot."""
        if self.snapshot is None:
            return
        samples = {**self._counts(), **self._queues(), **self._levels(self.snapshot)}
        samples |= {**self._snapshot(self.snapshot), **_capacity(self.snapshot)}
        queues = self._sums()
        for family in BOARD_FAMILIES:
            if family.kind == "histogram":
                yield self._waits(family, queues)
            elif family.kind == "summary":
                yield self._handling(family, queues)
            else:
                yield self._metric(family, samples[family.name])

    def _metric(self, family: Family, samples: Samples) -> Metric:
        name = f"surgeline_{family.name}"
        if family.kind == "gauge":
            gauge = GaugeMetricFamily(name, family.help, labels=family.labels)
            for labels, value in self._going_on(family.name, samples):
                gauge.add_metric(labels, value)
            return gauge
        counter = CounterMetricFamily(name, family.help, labels=family.labels)
        for labels, value in samples:
            counter.add_metric(labels, self._never_less(name, labels, value))
        return counter

    def _waits(self, family: Family, queues: Mapping[str, Sum]) -> Metric:
        """The first step of a wait ends at the first bucket, and so on; the last has no end."""
        name = f"surgeline_{family.name}"
        histogram = HistogramMetricFamily(name, family.help, labels=family.labels)
        for queue, total in queues.items():
            steps = [*total.answered_after, *[0] * (len(WAIT_BUCKETS) + 1)][: len(WAIT_BUCKETS) + 1]
            limits = [*map(str, WAIT_BUCKETS), "+Inf"]
            buckets = [
                (limit, self._never_less(name, (queue, limit), below))
                for limit, below in zip(limits, itertools.accumulate(steps), strict=True)
            ]
            spent = self._never_less(name, (queue, "sum"), total.wait_seconds_sum)
            histogram.add_metric((queue,), buckets, spent)
        return histogram

    def _handling(self, family: Family, queues: Mapping[str, Sum]) -> Metric:
        name = f"surgeline_{family.name}"
        summary = SummaryMetricFamily(name, family.help, labels=family.labels)
        for queue, total in queues.items():
            handled = self._never_less(name, (queue, "count"), total.handled)
            spent = self._never_less(name, (queue, "sum"), total.handle_seconds_sum)
            summary.add_metric((queue,), int(handled), spent)
        return summary

    def _going_on(self, name: str, samples: Samples) -> Samples:
        if name not in GO_ON:
            return samples
        seen = self._seen[name] = dict.fromkeys(self._seen.get(name, ()), 0.0) | dict(samples)
        return seen.items()

    def _never_less(self, name: str, labels: tuple[str, ...], value: float) -> float:
        highest = max(value, self._highest.get((name, labels), 0.0))
        self._highest[name, labels] = highest
        return highest

    def _sums(self) -> Mapping[str, Sum]:
        """Each queue's sums, of those of the centre file from the start.

        Of a series that begins with its first contacts, Prometheus would not see those.
        """
        queues = {queue.name: Sum() for queue in self._fold.centre.queues}
        return {**queues, **self._fold.tallies.queues()}

    def _counts(self) -> Mapping[str, Samples]:
        queues = self._sums()
        counted: dict[str, Samples] = {
            name: [((queue,), getattr(total, field)) for queue, total in queues.items()]
            for name, field in COUNTED.items()
        }
        counted["contacts_judged"] = [((q,), total.judged()) for q, total in queues.items()]
        keys = dict.fromkeys((baseline.key for baseline in self._fold.centre.baselines), 0)
        people = keys | self._fold.pulses.totals
        counted["first_attempts"] = [((key,), number) for key, number in people.items()]
        closed = dict.fromkeys(get_args(Outcome), 0) | self._fold.promises.closed
        counted["callbacks"] = [((name,), number) for name, number in closed.items()]
        changes = dict.fromkeys(itertools.permutations(RANK, 2), 0)
        counted["surge_transitions"] = list((changes | self._fold.levels.transitions).items())
        return counted

    def _queues(self) -> Mapping[str, Samples]:
        snapshot, queues = self.snapshot, self._sums()
        return {
            "queue_contacts": [((queue,), total.waiting) for queue, total in queues.items()],
            "queue_oldest_contact_timestamp_seconds": [
                ((queue,), _on_the_wall(snapshot, total.oldest_waiting_since))
                for queue, total in queues.items()
                if snapshot and total.oldest_waiting_since
            ],
        }

    def _levels(self, snapshot: Snapshot) -> Mapping[str, Samples]:
        centre, expectations = self._fold.centre, self._fold.expectations
        keys = dict.fromkeys(baseline.key for baseline in centre.baselines)
        up = {level.key: level for level in snapshot.levels}
        return {
            "arrivals_expected_rate": [
                ((key,), expectations.rate(key, snapshot.at) / 3600) for key in keys
            ],
            "arrivals_band_rate": [
                ((key, bound), people / 60)
                for key in keys
                for bound, people in zip(
                    ("low", "high"),
                    middle(expectations.rate(key, snapshot.at) / 60),
                    strict=True,
                )
            ],
            "surge_level": [
                ((key,), RANK[self._fold.levels.level(key)])
                for key in [*keys, *(up.keys() - keys.keys())]
            ],
            "surge_score": [((key,), level.score) for key, level in up.items()],
            "surge_started_timestamp_seconds": [
                ((key,), _on_the_wall(snapshot, level.started_at)) for key, level in up.items()
            ],
        }

    def _snapshot(self, snapshot: Snapshot) -> Mapping[str, Samples]:
        due = snapshot.callbacks.oldest_promise
        silent = self._fold.silent_since
        ages = [(group, fresh.age) for group, fresh in snapshot.ages.items()]
        target = self._fold.centre.target
        return {
            "answer_target_ratio": [((), target.share)],
            "answer_target_seconds": [((), target.within.total_seconds())],
            "feed_silent": [((), int(silent is not None))],
            "feed_silent_timestamp_seconds": [((), _on_the_wall(snapshot, silent))]
            if silent
            else [],
            "counselors_staffed": [((pool.pool,), pool.staffed) for pool in snapshot.seats.pools],
            "requests": [((part.name,), part.people) for part in snapshot.shares.parts],
            "counselors": list(self._fold.desks.states().items()),
            "counselors_required": [
                ((pool.pool,), pool.needed)
                for pool in snapshot.seats.pools
                if pool.needed is not None
            ],
            "callbacks_pending": list(self._fold.promises.by_state().items()),
            "callbacks_overdue": [((), snapshot.callbacks.overdue)],
            "callbacks_oldest_due_timestamp_seconds": (
                [((), _on_the_wall(snapshot, due))] if due else []
            ),
            "centre_clock_speed": [((), snapshot.speed)],
            "board_data_age_seconds": [((g,), age) for g, age in ages if age is not None],
            "board_data_timestamp_seconds": [
                ((g,), snapshot.wall.timestamp() - age) for g, age in ages if age is not None
            ],
            "board_viewers": [((), self.viewers)],
            "board_snapshots": [((), snapshot.seq)],
        }


def _capacity(snapshot: Snapshot) -> Mapping[str, Samples]:
    """Seats ahead, the service's state and the waits: what is not known has no sample."""
    seats, state = snapshot.seats, snapshot.service.state
    return {
        "seats_needed": _known(seats.needed),
        "seats_short": [] if seats.needed is None else [((), seats.short)],
        "seats_needed_ahead": [
            ((str(ahead.minutes), bound), value)
            for ahead in seats.ahead
            for bound, value in (("median", ahead.needed), ("high", ahead.needed_high))
        ],
        "seats_released": [((p.pool,), p.release) for p in seats.pools if p.needed is not None],
        "handle_seconds": _known(seats.handle_seconds),
        "patience_seconds": _known(seats.patience_seconds),
        "seats_called_first": [((seats.first,), 1)] if seats.first else [],
        "service_state": [((each,), int(each == state)) for each in STATES] if state else [],
        "estimated_wait_seconds": [
            ((wait.queue, quantile), value)
            for wait in snapshot.waits
            for quantile, value in (("0.5", wait.p50_seconds), ("0.9", wait.p90_seconds))
            if value is not None
        ],
    }


def _known(value: float | None) -> Samples:
    return [] if value is None else [((), value)]


def _on_the_wall(snapshot: Snapshot | None, moment: datetime | None) -> float:
    """A moment of the centre's clock as a timestamp whose age `time() - x` is in centre seconds."""
    if snapshot is None or moment is None:
        return 0.0
    return snapshot.wall.timestamp() - (snapshot.at - moment).total_seconds()
