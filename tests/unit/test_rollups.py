"""Which level a rise belongs to."""

from streams.domain.detection.mixture import Mixture
from streams.domain.detection.rollups import Excess, explained, most_specific, narrower, residual

WORTH = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), 1.3).worth
WATCH = 24_000.0


def excess(key: str, contacts: float, share: float, mass: float = 1.0) -> Excess:
    return Excess(key=key, contacts=contacts, share=share, mass=mass, evidence=1e7)


TOTAL = excess("total", 20, 1.0, mass=2.0)
MAIN = excess("queue:main", 20, 0.93, mass=1.9)
JAPAN = excess("country:JP", 19, 0.15)
DISASTER = excess("topic:disaster", 20, 0.01)
VIETNAM = excess("country:VN", 2, 0.1)


def test_the_country_names_a_rise_before_topic_queue_and_total() -> None:
    assert most_specific(TOTAL, [MAIN, DISASTER, JAPAN, VIETNAM], WORTH) == "country:JP"


def test_a_rise_of_everything_is_named_after_the_queue_that_has_it() -> None:
    parts = [excess(f"country:{code}", 3, 0.15) for code in ("JP", "CN", "VN", "US")]
    assert most_specific(TOTAL, [MAIN, *parts], WORTH) == "queue:main"


def test_a_key_without_evidence_of_its_own_names_nothing() -> None:
    chance = Excess(key="country:VN", contacts=19, share=0.1, mass=9, evidence=3.0)
    assert most_specific(TOTAL, [chance], WORTH) == "total"


def test_what_another_kind_of_level_holds_is_taken_off_and_its_own_kind_is_not() -> None:
    assert residual(TOTAL, [JAPAN]).contacts == 1
    assert residual(VIETNAM, [JAPAN]).contacts == 2


def test_a_roll_up_of_a_known_crisis_is_no_second_one() -> None:
    assert explained(TOTAL, [JAPAN], WORTH, WATCH)
    assert explained(DISASTER, [JAPAN], WORTH, WATCH)


def test_another_country_is_a_second_crisis() -> None:
    assert not explained(excess("country:US", 12, 0.14), [JAPAN], WORTH, WATCH)


def test_a_total_that_rises_far_beyond_the_crisis_is_a_second_one() -> None:
    assert not explained(excess("total", 60, 1.0, mass=3.0), [JAPAN], WORTH, WATCH)


def test_a_broad_crisis_is_taken_over_by_the_parts_that_hold_it() -> None:
    parts = [excess("country:JP", 10, 0.15), excess("country:US", 8, 0.14)]
    assert narrower(TOTAL, parts) == ["country:JP", "country:US"]


def test_parts_that_rise_in_their_usual_proportion_are_not_narrower() -> None:
    parts = [excess("topic:passport", 8, 0.33), excess("topic:visa", 9, 0.4)]
    assert narrower(TOTAL, parts) == []
