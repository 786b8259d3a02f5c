"""Do the numbers that alerts stand on say what happened, and nothing of a drill?"""

from collections.abc import Sequence
from typing import Any

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from services.callout import measures
from streams.domain.callout import answering, asking, life, sending
from streams.domain.callout.book import CalloutBook, Change
from streams.domain.people.eligible import Verdict
from streams.events.callouts import GivenAnswer, OfferData
from streams.telemetry import metrics_callout as metrics
from tests.support.callout_people import POLICY, at, need, person, ready


def value(metric: Counter | Gauge | Histogram, suffix: str = "", **labels: str) -> float:
    """A sample of a metric, 0.0 before there is one."""
    for family in metric.collect():
        for sample in family.samples:
            if sample.name == family.name + suffix and sample.labels == labels:
                return float(sample.value)
    return 0.0


def running(*, drill: bool = False, seats: int = 1) -> tuple[CalloutBook, list[OfferData]]:
    book = CalloutBook(1)
    policy = msgspec.structs.replace(POLICY, rule="blast")
    made = life.open_need(book, need(seats), policy, at(), drill=drill)
    life.start(book, made.id, policy, "kim", at(), unseen=True)
    people = [person(n, tier=1 + 5 * n) for n in range(2)]
    offers = asking.look(book, made.id, ready(people, made.need), at())
    for offer in offers:
        for attempt in offer.attempts[:1]:
            sending.claim(book, attempt.id, "", at(1), at(1 + int(offer.person[1:])))
    book.take_changes()
    return book, [book.offers[offer.id] for offer in offers]


def says(book: CalloutBook, offer: str, kind: Any, **verdict: Any) -> Sequence[Change]:
    given = GivenAnswer(key=f"{offer}/{kind}", kind=kind, at=at(3), channel="sms")
    answering.answer(book, offer, given, Verdict(ok=True, **verdict), at(3))
    return book.take_changes()


def test_a_call_out_that_nobody_answers_counts_from_its_first_message() -> None:
    book, _ = running()
    measures.gauge(book)
    assert value(metrics.OLDEST_UNACKNOWLEDGED) == at(1).timestamp()


def test_any_answer_ends_the_wait_even_a_no() -> None:
    book, offers = running()
    says(book, offers[-1].id, "decline")
    measures.gauge(book)
    assert value(metrics.OLDEST_UNACKNOWLEDGED) == 0.0


def test_nobody_waits_for_a_drill() -> None:
    book, _ = running(drill=True)
    measures.gauge(book)
    assert value(metrics.OLDEST_UNACKNOWLEDGED) == 0.0


def test_an_answer_is_timed_once_by_its_tier() -> None:
    book, offers = running()
    before = value(metrics.PAGE_ACKNOWLEDGE_SECONDS, "_sum", tier="1")
    measures.count(says(book, offers[0].id, "later"))
    measures.count(says(book, offers[0].id, "decline"))
    assert value(metrics.PAGE_ACKNOWLEDGE_SECONDS, "_sum", tier="1") - before == 120.0


def test_a_seat_against_a_rule_that_only_warns_is_counted_by_the_rule() -> None:
    book, offers = running()
    before = value(metrics.REST_OVERRIDES, "_total", rule="daily_rest")
    warned = ("daily_rest", "response_time")
    measures.count(says(book, offers[0].id, "accept", warnings=warned))
    measures.count(says(book, offers[0].id, "decline"))
    assert value(metrics.REST_OVERRIDES, "_total", rule="daily_rest") - before == 1.0
    assert value(metrics.REST_OVERRIDES, "_total", rule="response_time") == 0.0
