"""What is sealed opens with the key, and with nothing else."""

import base64

import pytest

from services.sealing import CannotOpenError, Sealer, read_keys
from streams.errors import WrongSettingError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def test_what_was_sealed_opens_to_the_same_bytes() -> None:
    sealer = Sealer({"s1": NEW})
    assert sealer.open(sealer.seal("번호 +82\x00".encode())) == "번호 +82\x00".encode()


def test_the_same_bytes_are_sealed_differently_every_time() -> None:
    sealer = Sealer({"s1": NEW})
    assert sealer.seal(b"same") != sealer.seal(b"same")


def test_the_first_key_seals_and_every_key_opens() -> None:
    both = Sealer.from_env({"SURGELINE_SEAL_KEYS": f"s1:{text_of(NEW)}, s0:{text_of(OLD)}"})
    assert both.seal(b"x").startswith("s1.")
    assert both.open(Sealer({"s0": OLD}).seal(b"from before")) == b"from before"


def test_a_retired_key_takes_its_data_with_it() -> None:
    with pytest.raises(CannotOpenError, match="does not have"):
        Sealer({"s1": NEW}).open(Sealer({"s0": OLD}).seal(b"x"))


def altered(sealed: str, how: str) -> str:
    key_id, _, text = sealed.partition(".")
    flipped = "A" if text[20] != "A" else "B"
    return {
        "another key's id": f"s0.{text}",
        "one letter": f"{key_id}.{text[:20]}{flipped}{text[21:]}",
        "cut short": sealed[:-4],
        "not base64": f"{key_id}.!!!!",
        "nothing": f"{key_id}.",
    }[how]


@pytest.mark.parametrize(
    "how", ["another key's id", "one letter", "cut short", "not base64", "nothing"]
)
def test_an_altered_text_does_not_open(how: str) -> None:
    sealer = Sealer({"s1": NEW, "s0": NEW})
    with pytest.raises(CannotOpenError):
        sealer.open(altered(sealer.seal(b"+821000000000"), how))


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "s1",
        f"s1:{text_of(NEW)[:20]}",
        "s1:not base64!",
        f":{text_of(NEW)}",
        f"s.1:{text_of(NEW)}",
        f"s1:{text_of(NEW)},s1:{text_of(OLD)}",
    ],
)
def test_a_wrong_key_is_named_by_its_setting_and_never_repeated(setting: str) -> None:
    with pytest.raises(WrongSettingError, match="SURGELINE_SEAL_KEYS") as caught:
        read_keys({"SURGELINE_SEAL_KEYS": setting}, "SURGELINE_SEAL_KEYS")
    assert text_of(NEW)[:10] not in str(caught.value)
