"""Accounts of one machine: who may sign in, and what `surgeline accounts` does about it."""

import json
import re
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.accounts import Account, AccountError, Accounts
from services.cli.accounts import command
from streams.errors import WrongSettingError

PASSWORD = "correct horse battery"
KIM = ("add", "kim", "--role", "counselor", "--agent", "a-1")


def surgeline(folder: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, ["--file", str(folder / "a.json"), *words], input=typed)


def accounts(folder: Path) -> Accounts:
    return Accounts(folder / "a.json")


def test_who_was_added_may_sign_in_with_the_password_that_was_typed(tmp_path: Path) -> None:
    added = surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    known = accounts(tmp_path)
    found = [known.check("kim", word) for word in (PASSWORD, PASSWORD + "x", "")]
    assert added.exit_code == 0, added.output
    assert [one.name if one else None for one in found] == ["kim", None, None]
    assert known.check("lee", PASSWORD) is None


def test_the_file_holds_argon2id_hashes_and_is_for_its_owner_only(tmp_path: Path) -> None:
    surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    file = tmp_path / "a.json"
    [entry] = json.loads(file.read_text())["accounts"]
    assert entry["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_wrong_is_said_in_one_sentence_that_names_it(tmp_path: Path) -> None:
    surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    tried = {
        "again": surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n"),
        "short": surgeline(tmp_path, "add", "lee", "--role", "lead", typed="short\n"),
        "no agent": surgeline(tmp_path, "add", "lee", "--role", "counselor", typed=PASSWORD),
        "name": surgeline(tmp_path, "add", "Lee Min", "--role", "lead", typed=PASSWORD),
        "same agent": surgeline(
            tmp_path, "add", "lee", "--role", "counselor", "--agent", "a-1", typed=PASSWORD
        ),
        "nobody": surgeline(tmp_path, "disable", "lee"),
        "nobody's": surgeline(tmp_path, "password", "lee", typed=f"{PASSWORD}\n"),
    }
    said = {
        why: (r.exit_code, re.sub(r"surgeline: (\w+):.*\n", r"\1", r.output))
        for why, r in tried.items()
    }
    assert said == {
        "again": (2, "name"),
        "short": (2, "password"),
        "no agent": (2, "agent"),
        "name": (2, "name"),
        "same agent": (2, "agent"),
        "nobody": (2, "name"),
        "nobody's": (2, "name"),
    }


def test_a_password_is_never_an_argument(tmp_path: Path) -> None:
    refused = surgeline(tmp_path, *KIM, PASSWORD)
    assert refused.exit_code == 2
    assert not (tmp_path / "a.json").exists()


def test_every_change_of_an_account_ends_the_sessions_that_began_before(tmp_path: Path) -> None:
    surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    known = accounts(tmp_path)
    generations = []
    for words in (["end-sessions", "kim"], ["disable", "kim"], ["disable", "kim", "--undo"]):
        surgeline(tmp_path, *words)
        account = known.get("kim")
        assert account is not None
        generations.append((account.generation, account.disabled))
    surgeline(tmp_path, "password", "kim", typed="another password\n")
    after = known.check("kim", "another password")
    assert generations == [(2, False), (3, True), (4, False)]
    assert after is not None
    assert after.generation == 5


def test_who_is_disabled_is_not_let_in_with_the_right_password(tmp_path: Path) -> None:
    surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    surgeline(tmp_path, "disable", "kim")
    assert accounts(tmp_path).check("kim", PASSWORD) is None


def test_who_signs_in_elsewhere_has_no_password_here(tmp_path: Path) -> None:
    surgeline(tmp_path, "add", "lee", "--role", "lead", "--outside")
    known = accounts(tmp_path)
    assert [known.check("lee", word) for word in ("", "nobody has this password")] == [None, None]


def test_a_file_that_cannot_be_read_is_named_at_the_start_and_borne_later(tmp_path: Path) -> None:
    surgeline(tmp_path, *KIM, typed=f"{PASSWORD}\n")
    known = accounts(tmp_path)
    known.all()
    (tmp_path / "a.json").write_text('{"accounts": [{"name": "kim", "roles": ["king"]}]}')
    assert list(known.all()) == ["kim"]
    with pytest.raises(WrongSettingError, match=r"a\.json cannot be used"):
        accounts(tmp_path).all()


def test_two_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(number: int) -> None:
        accounts(tmp_path).add(Account(name=f"p{number}", title="x", roles=("lead",)))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accounts(tmp_path).all()) == sorted(f"p{n}" for n in range(12))


def test_a_counselor_without_a_desk_cannot_be() -> None:
    with pytest.raises(AccountError) as refused:
        Account(name="kim", title="Kim", roles=("counselor",))
    assert refused.value.field == "agent"
