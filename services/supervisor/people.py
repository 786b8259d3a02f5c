"""Who may sign in on this machine, before anybody was asked? Some people to try it with.

Made once per data folder, with random passwords; whoever removes the accounts file gets new ones.
"""

import secrets
from pathlib import Path
from typing import Final

from services.accounts import Account, Accounts, hash_password
from services.supervisor.keys import write_private

ACCOUNTS: Final = "accounts.json"
PASSWORDS: Final = "sign-in.txt"
PEOPLE: Final = (
    Account(name="minji", title="김민지 Minji Kim", roles=("counselor",), agent="desk-1"),
    Account(name="daniel", title="Daniel Seo", roles=("counselor",), agent="desk-2", language="en"),
    Account(name="jihun", title="한지훈 Jihun Han", roles=("counselor",), agent="reserve-01"),
    Account(name="lead", title="박서준 Seojun Park", roles=("lead",)),
    Account(name="manager", title="이하은 Haeun Lee", roles=("manager",)),
    Account(name="auditor", title="최유진 Yujin Choi", roles=("auditor",)),
    Account(name="admin", title="정도윤 Doyun Jung", roles=("admin",)),
)


def make_accounts(folder: Path) -> None:
    """The accounts file and the passwords beside it, unless there are accounts."""
    if (folder / ACCOUNTS).exists():
        return
    lines = ["# Who may sign in at the consoles of this folder: account, password, roles\n"]
    accounts = Accounts(folder / ACCOUNTS)
    with accounts.changing() as known:
        for person in PEOPLE:
            password = secrets.token_urlsafe(12)
            known[person.name] = person.with_password(hash_password(password))
            lines.append(f"{person.name:<10}{password:<20}{', '.join(person.roles)}\n")
    write_private(folder / PASSWORDS, "".join(lines))


def passwords(folder: Path) -> dict[str, str]:
    """Each account's password, for a program of this machine."""
    lines = (folder / PASSWORDS).read_text().splitlines()
    return {parts[0]: parts[1] for line in lines if (parts := line.split()) and parts[0] != "#"}
