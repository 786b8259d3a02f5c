"""A key put away comes back to the last bit."""

from math import pi

from streams.domain.detection.level import Learned
from streams.domain.detection.mixture import Mixture
from streams.domain.detection.packing import SIZE, pack, unpack
from streams.domain.detection.standing import Standing

MIXTURE = Mixture((2.0, 3.5, 7.0, 15.0, 40.0), 1.3)


def test_scores_and_level_come_back_as_they_were() -> None:
    scores = MIXTURE.step(MIXTURE.begin(1_700_000_000), 1_700_000_100, pi / 7, 1)
    standing = Standing(scores, None, 1 / 3, 2 / 7, 1_700_000_200)
    learned = Learned(100 / 3, 200 / 7, 472_222)
    back, level = unpack(pack(standing, learned))
    assert level == learned
    assert back._replace(scores=scores) == standing
    assert back.scores[:4] == scores[:4]


def test_the_next_contact_gives_the_same_bits_as_if_it_had_not_been_put_away() -> None:
    scores = MIXTURE.step(MIXTURE.begin(0), 100, 0.2, 1)
    back, _ = unpack(pack(Standing(scores, heard=100), None))
    quiet = 5.0
    assert MIXTURE.is_over(scores, quiet)
    assert MIXTURE.step(back.scores, 9_000, quiet, 1) == MIXTURE.step(scores, 9_000, quiet, 1)


def test_a_key_takes_less_than_two_hundred_bytes() -> None:
    assert SIZE + 33 < 200
