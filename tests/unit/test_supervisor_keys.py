"""Are secrets made once, and readable by their owner only?"""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from services.supervisor.keys import ROLES, load_or_make, write_private
from streams.errors import WrongSettingError


def test_keys_and_tokens_are_made_once(tmp_path: Path) -> None:
    assert load_or_make(tmp_path) == load_or_make(tmp_path)


def test_two_folders_have_nothing_in_common(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = load_or_make(tmp_path / "a"), load_or_make(tmp_path / "b")
    assert one.pseudonym_key != other.pseudonym_key
    assert not set(one.tokens.values()) & set(other.tokens.values())


def test_keys_are_32_bytes_with_an_id_before_them(tmp_path: Path) -> None:
    made = load_or_make(tmp_path)
    parts = [made.pseudonym_key.split(":"), made.seal_keys.split(":")]
    assert [name for name, _ in parts] == ["p1", "s1"]
    assert [len(base64.urlsafe_b64decode(key)) for _, key in parts] == [32, 32]


def test_services_read_hashes_and_never_a_clear_token(tmp_path: Path) -> None:
    made = load_or_make(tmp_path)
    text = (tmp_path / "tokens.json").read_text()
    listed = {entry["roles"][0]: entry["sha256"] for entry in json.loads(text)["tokens"]}
    assert listed == {r: hashlib.sha256(t.encode()).hexdigest() for r, t in made.tokens.items()}
    assert not any(token in text for token in made.tokens.values())


def test_every_role_has_a_token_for_the_shell(tmp_path: Path) -> None:
    made = load_or_make(tmp_path)
    lines = (tmp_path / "tokens.env").read_text().splitlines()
    assert lines == [f"SURGELINE_{role.upper()}_TOKEN={made.tokens[role]}" for role in ROLES]


def test_all_files_are_for_their_owner_only(tmp_path: Path) -> None:
    load_or_make(tmp_path)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"keys.env": 0o600, "tokens.env": 0o600, "tokens.json": 0o600}


def test_a_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.env"
    file.touch(mode=0o644)
    write_private(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)


def test_secrets_do_not_show_themselves_in_a_log(tmp_path: Path) -> None:
    assert repr(load_or_make(tmp_path)) == "Secrets(...)"


def test_whoever_removes_the_tokens_gets_new_ones_and_keeps_the_keys(tmp_path: Path) -> None:
    before = load_or_make(tmp_path)
    (tmp_path / "tokens.env").unlink()
    after = load_or_make(tmp_path)
    assert (after.pseudonym_key, after.seal_keys) == (before.pseudonym_key, before.seal_keys)
    assert not set(after.tokens.values()) & set(before.tokens.values())


def test_a_file_of_keys_that_lacks_one_is_named_and_not_written_over(tmp_path: Path) -> None:
    load_or_make(tmp_path)
    keys = tmp_path / "keys.env"
    keys.write_text("SURGELINE_SEAL_KEYS=s1:kept\n")
    with pytest.raises(WrongSettingError, match=r"keys\.env lacks SURGELINE_PSEUDONYM_KEY"):
        load_or_make(tmp_path)
    assert keys.read_text() == "SURGELINE_SEAL_KEYS=s1:kept\n"
