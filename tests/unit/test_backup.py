"""A backup is taken in whole or not at all."""

import os
from datetime import UTC, datetime

import pytest

from services.backup import BackupError, Kept, opened, sealed_lines
from services.sealing import Sealer

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SEALER = Sealer({"e1": os.urandom(32)})
KEPT = [Kept("callbacks", n % 12, f"callback-{n}".encode(), b'{"n":%d}' % n) for n in range(450)]


def lines() -> list[str]:
    return list(sealed_lines(KEPT, AT, SEALER))


def test_a_backup_gives_back_what_was_put_into_it() -> None:
    assert opened(lines(), SEALER) == (AT, KEPT)


def test_an_empty_state_is_a_backup_too() -> None:
    assert opened(sealed_lines([], AT, SEALER), SEALER) == (AT, [])


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    text = "\n".join(lines())
    assert "callback-" not in text
    with pytest.raises(BackupError, match="line 2"):
        opened(lines(), Sealer({"e1": os.urandom(32)}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made[:-1],
        lambda made: [*made[:2], *made[3:]],
        lambda made: [*made[:2], made[3], made[2], *made[4:]],
        lambda made: [*made, made[-1]],
        lambda made: [*made[:2], "e1." + made[2][3:].swapcase(), *made[3:]],
        lambda made: ["surgeline-backup-9", *made[1:]],
        lambda made: made[:1],
        lambda _made: [],
    ],
    ids=["cut", "missing", "exchanged", "doubled", "altered", "format", "head", "empty"],
)
def test_a_spoilt_backup_is_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(BackupError):
        opened(spoil(lines()), SEALER)
