"""What should every query of every Grafana board answer at one moment?

Gauges and counters of the board equal the recount of the log exactly. Rates are held against the
counters that Prometheus itself scraped (within a tenth: Prometheus stretches what it saw to its
window), shares of a window within a tenth, and times that only a process knows within bounds. Each
panel's tolerance stands at its entry.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from services.boards.poisson import middle
from services.observability.grafana.panels import STATE, Board, Panel
from tests.support.promql import filled
from tests.support.recounted import Recount
from tests.support.watching import Asked

Answer = dict[str, float]
TENTH = 0.1
# What Prometheus adds to a series by itself, or the rule of a panel says in its name.
UNTOLD = {"__name__", "instance", "bound", "component"}
STATES = ("Normal", "Partial", "Overloaded", "MajorIncidentInProgress")


@dataclass(frozen=True)
class Between:
    """Equal to every answer whose values are all within bounds; `some`: and that has any."""

    low: float
    high: float
    some: bool = True

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, dict)
        within = all(self.low <= value <= self.high for value in other.values())
        return within and (bool(other) or not self.some)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Moment:
    """When it is asked: at `at`, Prometheus' last scrape of the board was of this recount."""

    at: float
    recount: Recount
    asked: Asked

    def answer(self, query: str) -> Answer:
        """A query's answer by the labels that tell its series apart; nothing that is not known."""
        found = {}
        for series in self.asked.at(filled(query), self.at):
            labels = dict(series["metric"])
            if "instance" in labels:
                labels.pop("job", None)
            name = " ".join(labels[label] for label in sorted(labels.keys() - UNTOLD))
            value = float(series["value"][1])
            if not math.isnan(value):
                found[name] = value
        return found

    def grown(self, counter: str, window: float, until: float | None = None) -> Answer:
        """How much a second each series of a counter grew in a window, as it was scraped."""
        told: Answer = {}
        end = self.at if until is None else until
        for series in self.asked.at(f"{counter}[{window:g}s]", end):
            values = [(float(at), float(value)) for at, value in series["values"]]
            name = series["metric"].get("key", series["metric"].get("processor", ""))
            told[name] = told.get(name, 0.0) + _rate(values, end - window, end)
        return told

    def by_rule(self, rule: str) -> float:
        """When this rule was last worked out."""
        found = self.asked.at(f"timestamp({rule})", self.at)
        return max((float(series["value"][1]) for series in found), default=self.at)


@dataclass(frozen=True)
class Besides:
    """Equal to an answer that has these, and else only noughts: what was once stays."""

    values: Answer

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, dict)
        return other == dict.fromkeys(other, 0.0) | self.values

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Among:
    """Equal to an answer whose series are all among these, and within a tenth, or two, of them."""

    values: Answer

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, dict)
        known = {name: self.values.get(name, math.inf) for name in other}
        return bool(other) and bool(other == _near(known, least=2.0))

    __hash__ = None  # type: ignore[assignment]


def _rate(values: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    """What Prometheus makes of a counter's samples: stretched to the ends of the window where they
    are near, and never to before the counter was nought.
    """
    (first_at, first), (last_at, last) = values[0], values[-1]
    seen, grown = last_at - first_at, last - first
    if not seen or not grown:
        return 0.0
    pace = seen / (len(values) - 1)
    before, after = min(first_at - begin, seen * first / grown), end - last_at
    stretched = seen + sum(gap if gap < 1.1 * pace else pace / 2 for gap in (before, after))
    return grown * stretched / seen / (end - begin)


Truth = Callable[[Moment], Any]


def _near(values: Mapping[str, float], *, within: float = TENTH, least: float = 0.0) -> Any:
    return pytest.approx(dict(values), rel=within, abs=least)


def _exactly(value: float | None) -> Answer:
    return {} if value is None else {"": float(value)}


def _since(moment: Moment) -> Any:
    began = [surge.started_at for surge in moment.recount.on()]
    if not began:
        return {}
    return _near({"": moment.at - moment.recount.on_the_wall(min(began))}, within=0, least=0.01)


def _longest(moment: Moment) -> Any:
    oldest = moment.recount.oldest()
    waited = 0.0 if oldest is None else moment.at - moment.recount.on_the_wall(oldest)
    return _near({"": waited}, within=0, least=0.01)


def _in_target(moment: Moment) -> Any:
    judged = moment.recount.judged()
    if not judged:
        return Between(0, 1, some=False)
    return _near({"": moment.recount.queues("answered_in_target") / judged}, within=0, least=TENTH)


def _arrived(moment: Moment, prefix: str) -> Answer:
    """People a minute by key, as Prometheus saw the counters of its rule's last minute."""
    rule = "key:surgeline_first_attempts:rate1m"
    grown = moment.grown("surgeline_first_attempts_total", 60, moment.by_rule(rule))
    return {key: 60 * rate for key, rate in grown.items() if key.startswith(prefix)}


def _usual(moment: Moment, prefix: str, bound: int | None = None) -> Answer:
    """What is usual a minute, or the end of its band, by key."""
    return {
        key: rate / 60 if bound is None else float(middle(rate / 60)[bound])
        for key, rate in moment.recount.expected().items()
        if key.startswith(prefix)
    }


def _band(bound: int) -> Truth:
    return lambda m: _near(_usual(m, "total", bound), within=1e-6)


def _levels(*prefixes: str) -> Truth:
    return lambda m: Besides(
        {key: rank for key, rank in m.recount.levels().items() if key.startswith(prefixes)}
    )


def _scores(moment: Moment) -> Any:
    found: Answer = {}
    for surge in moment.recount.on():
        score = surge.statistic / surge.threshold if surge.threshold else 0.0
        found[surge.key] = max(score, found.get(surge.key, 0.0))
    return _near(found, within=1e-9)


def _next_due(moment: Moment) -> Any:
    due = [promise.promised_by for promise in moment.recount.open()]
    if not due:
        return {}
    return _near({"": moment.recount.on_the_wall(min(due)) - moment.at}, within=0, least=0.01)


def _open(moment: Moment) -> Any:
    told: Answer = {}
    for promise in moment.recount.open():
        name = f"{promise.state} {promise.urgency}"
        told[name] = told.get(name, 0.0) + 1
    # What was open once and is no more stays a series of nought while the board lives.
    return Besides(told)


def _closed(moment: Moment) -> Any:
    """Within a tenth, or two: Prometheus stretches what it saw to the ends of the window."""
    closed = moment.recount.closed()
    results = ("completed", "reached_us_first", "withdrawn", "expired", "unreachable", "blocked")
    return _near({result: closed[result] for result in results}, least=2.0)


def _asked_today(moment: Moment) -> Answer:
    """On a wall nobody scrolls: who is nowhere has no row."""
    return {name: float(people) for name, people in moment.recount.outcomes().items() if people}


def _service(moment: Moment) -> Answer:
    state = moment.recount.service()
    return {} if state is None else {"": float(STATES.index(state))}


def _accepted(window: float) -> Truth:
    def told(moment: Moment) -> Any:
        grown = moment.grown("surgeline_intake_events_accepted_total", window)
        return _near({"": sum(grown.values())}, least=0.5)

    return told


def _taken_by_rule(moment: Moment) -> Any:
    rule = "centre:surgeline_intake_events_accepted:rate1m"
    grown = moment.grown("surgeline_intake_events_accepted_total", 60, moment.by_rule(rule))
    return _near({"": sum(grown.values())}, least=0.5)


SECONDS = Between(0.0, 60.0, some=False)
JOBS = ("admission", "audit", "boards", "callbacks", "callout", "command", "consoles", "intake")


def _ups(moment: Moment) -> Answer:
    return dict.fromkeys((*JOBS, "streams"), 1.0)


# By board, panel and legend. What a process alone knows has bounds, and says so here:
# times of a process lie between nothing and a minute, cores between none and four.
EXPECTED: dict[str, dict[str, dict[str, Truth]]] = {
    "surgeline-operations": {
        "Surge level": {
            "단계 · Level": lambda m: _exactly(max(m.recount.levels().values())),
        },
        "Since surge began": {"경과 · Elapsed": _since},
        "Waiting": {"명 · people": lambda m: _exactly(m.recount.queues("waiting"))},
        "Longest wait": {"대기 · wait": _longest},
        "Answered in target": {
            "15분 · 15 min": _in_target,
            "목표 · target": lambda m: _exactly(m.recount.centre.target.share),
        },
        "Seats short": {
            "부족 · short": lambda m: _exactly(m.recount.short()),
            "근무 · staffed": lambda m: _exactly(m.recount.staffed()),
            "필요 · needed": lambda m: _exactly(m.recount.needed()),
        },
        "People calling, a minute": {
            "전화 · calls": lambda m: _near(_arrived(m, "total"), least=2.0),
            "하한 · low": _band(0),
            "상한 · high": _band(1),
            "예상 · expected": lambda m: _near(_usual(m, "total"), within=1e-6),
        },
        "Callbacks overdue": {
            "기한 지남 · overdue": lambda m: _exactly(m.recount.overdue()),
            "대기 · open": lambda m: _exactly(len(m.recount.open())),
        },
        "Everyone who asked today": {"사람 · People": _asked_today},
        "Level by post": {"{{key}}": _levels("country:", "total")},
        "Top 10 posts": {
            "분당 · A min": lambda m: _near(_arrived(m, "country:"), least=2.0),
            "예상 · Expected": lambda m: _near(_usual(m, "country:"), within=1e-6),
            "단계 · Level": _levels("country:"),
        },
        "Age of the numbers": {"나이 · age": lambda _: Between(0.0, 30.0)},
        "Phone system heard": {"수신 · Feed": lambda _: _exactly(0)},
        "State of the service": {"현재 · Now": _service},
    },
    "surgeline-surge": {
        "Level": {"{{key}}": _levels("total", "country:", "channel:", "language:")},
        "Statistic over threshold": {"{{key}}": _scores, "기준 · threshold": lambda _: _exactly(1)},
        "People a minute, and what is usual": {
            "{{key}}": lambda m: Among(_arrived(m, "")),
            "{{key}} 상한 · high": lambda m: Among(_usual(m, "", 1)),
        },
        # The median lies in a bucket of the histogram: no later than the end of the longest.
        "Time to detect": {"중앙값 · median": lambda _: Between(0.0, 600.0, some=False)},
        "Changes of level": {"{{from}} → {{to}}": lambda _: Between(0.0, 5.0)},
        "Seats: staffed and needed": {
            "근무 · staffed": lambda m: _exactly(m.recount.staffed()),
            "필요 · needed": lambda m: _exactly(m.recount.needed()),
        },
    },
    "surgeline-promises": {
        "Overdue": {"명 · people": lambda m: _exactly(m.recount.overdue())},
        "Until the next is due": {"남음 · left": _next_due},
        "List answers, p99": {"p99": lambda _: SECONDS},
        "Page unanswered for": {"경과 · for": lambda _: Between(0.0, 600.0)},
        "Open callbacks": {"{{state}} · {{urgency}}": _open},
        "Callbacks closed, in all": {"{{result}}": _closed},
        "Pages sent": {"{{channel}} {{result}}": lambda _: Between(0.0, 6000.0, some=False)},
        "Time to acknowledge": {
            "중앙값 · median": lambda _: Between(0.0, 1200.0, some=False),
            "90 %": lambda _: Between(0.0, 1200.0, some=False),
        },
        "Seats of call-outs": {
            "{{what}}": lambda _: Between(0.0, 2000.0),
            "부족 · short": lambda m: _exactly(m.recount.short()),
        },
    },
    "surgeline-pipeline": {
        "Processes": {"{{job}}": _ups},
        # The first audit comes after a while; whatever it finds would be a fault.
        "Findings of the audit": {"건 · findings": lambda _: Between(0.0, 0.0, some=False)},
        "Dead letters": {"건 · letters": lambda _: _exactly(0)},
        "Lag in seconds, p99": {"{{stage}}": lambda _: SECONDS},
        "Events a second": {
            "수신 · taken": _taken_by_rule,
            "{{processor}}": lambda _: Between(0.0, 5000.0, some=False),
        },
        "Batch time, p99": {"{{processor}}": lambda _: SECONDS},
        "Broker acknowledges": {"p99": lambda _: SECONDS},
        "Workers: running and recommended": {
            "실제 · running": lambda _: _exactly(1),
            "권장 · recommended": lambda _: {"": 1.0},
        },
        "Processor time": {"{{job}}": lambda _: Between(0.0, 4.0)},
        "Memory": {"{{job}}": lambda _: Between(1e7, 2e9)},
    },
    "surgeline-load": {
        "Offered and served, a second": {
            "제공 · offered": _accepted(20),
            "수락 · taken": _accepted(20),
            "처리 · served": lambda _: Between(0.0, 5000.0),
        },
        "Requests turned away": {"건 · requests": lambda _: _exactly(0)},
        "Promises": {"2 s, 99.5 %": lambda _: Between(0.0, 1.0)},
        "Time to acknowledge": {
            "중앙값 · median": lambda _: SECONDS,
            "p95": lambda _: SECONDS,
            "p99": lambda _: SECONDS,
        },
        "Time to effect, p99": {"{{stage}}": lambda _: SECONDS},
        "Where people are": {"{{outcome}}": lambda m: m.recount.outcomes()},
    },
}


def wrong(board: Board, panel: Panel, moment: Moment) -> list[str]:
    """Where a panel's answers are not what they should be; a query without a truth is wrong."""
    found = []
    answers = {query.legend: moment.answer(query.expr) for query in panel.asked()}
    truths = EXPECTED[board.uid][panel.title.en]
    for legend, answer in answers.items():
        truth = _step(panel, answers) if legend == STATE else truths[legend](moment)
        if answer != truth:
            found.append(f"{board.uid}: {panel.title.en}: {legend}: {answer}, not {truth}")
    return found


def _step(panel: Panel, answers: Mapping[str, Answer]) -> Answer:
    """The word beside a tile's number is that of the step which the number is in."""
    number = answers[panel.queries[0].legend]
    begun = [step.since for step in panel.steps[1:] if step.since is not None]
    return {name: float(sum(value >= since for since in begun)) for name, value in number.items()}
