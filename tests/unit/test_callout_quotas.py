"""Are a surge's seats shared so that they add up, and does growing take nothing away?"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streams.centre_file import load_centre
from streams.domain.callout.quotas import grown, shared
from streams.events.callouts import Quota
from tests.support.broker import ROOT

CENTRE = load_centre(ROOT / "centre.toml")
RESERVE = CENTRE.pools[0]
BILINGUAL = replace(RESERVE, languages=("ko", "en"), skills=("grief",))
LANES = st.dictionaries(
    st.sampled_from(["queue:main", "queue:chat", "language:en", "language:ja", "skill:grief"]),
    st.floats(0, 100, allow_nan=False),
    max_size=5,
)


def seats(quotas: tuple[Quota, ...]) -> dict[tuple[str | None, str | None], int]:
    return {(quota.skill, quota.language): quota.seats for quota in quotas}


def test_languages_and_skills_are_asked_for_and_queues_are_not() -> None:
    lanes = {"language:en": 10.0, "skill:grief": 5.0, "queue:main": 20.0, "queue:chat": 5.0}
    assert seats(shared(8, lanes, BILINGUAL)) == {
        (None, "en"): 2,
        ("grief", None): 1,
        (None, None): 5,
    }


def test_what_the_pool_does_not_serve_anybody_may_take() -> None:
    assert seats(shared(6, {"language:ja": 3.0, "language:en": 3.0}, BILINGUAL)) == {
        (None, None): 3,
        (None, "en"): 3,
    }


def test_without_lanes_it_is_one_number() -> None:
    assert shared(7, {}, BILINGUAL) == (Quota(seats=7),)


@given(number=st.integers(1, 400), lanes=LANES)
def test_shares_add_up(number: int, lanes: dict[str, float]) -> None:
    quotas = shared(number, lanes, BILINGUAL)
    assert sum(quota.seats for quota in quotas) == number
    assert all(quota.seats > 0 for quota in quotas)


@given(first=st.integers(1, 60), more=st.integers(1, 60), before=LANES, after=LANES)
def test_growing_adds_exactly_what_is_wanted_and_takes_nothing_away(
    first: int, more: int, before: dict[str, float], after: dict[str, float]
) -> None:
    old = shared(first, before, BILINGUAL)
    new = grown(old, shared(first + more, after, BILINGUAL))
    assert sum(quota.seats for quota in new) == first + more
    kinds = [(quota.skill, quota.language) for quota in old]
    assert [(quota.skill, quota.language) for quota in new][: len(kinds)] == kinds
    assert all(n.seats >= o.seats for o, n in zip(old, new, strict=False))
