"""For whom does a console ask?

The pages people sign in to (services/consoles) call the other services with a token of their own.
Whoever signed in stands in one header, `Surgeline-Acting: <account>;<role>,<role>;<agent id>`, and
the service asked treats the request as that person's: their roles, their desk, their name in the
audit lines. Only a token with the role `console` may say so.
"""

import re
from dataclasses import dataclass
from typing import Final

HEADER: Final = "Surgeline-Acting"
# What a person may be. The other roles are those of machines.
PERSON_ROLES: Final = frozenset({"counselor", "lead", "manager", "auditor", "admin", "viewer"})
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_AGENT: Final = re.compile(r"[!-:<-~]{0,128}")
_LONGEST: Final = 512


@dataclass(frozen=True, slots=True)
class Acting:
    """A signed-in person, as told to another service. `agent` is "" for who has no desk."""

    account: str
    roles: frozenset[str]
    agent: str = ""


def is_account_name(text: str) -> bool:
    """Small letters, digits, dot, underscore and hyphen, 64 at most."""
    return _NAME.fullmatch(text) is not None


def is_agent_id(text: str) -> bool:
    """Visible characters but the semicolon, which ends the field."""
    return _AGENT.fullmatch(text) is not None


def written(acting: Acting) -> str:
    """The header's value."""
    return f"{acting.account};{','.join(sorted(acting.roles))};{acting.agent}"


def read(value: str) -> Acting | None:
    """Who it names, or None when it is not of that form."""
    parts = value.split(";")
    if len(value) > _LONGEST or len(parts) != len(Acting.__slots__):
        return None
    account, roles, agent = parts[0], frozenset(filter(None, parts[1].split(","))), parts[2]
    if not is_account_name(account) or not is_agent_id(agent) or not roles <= PERSON_ROLES:
        return None
    return Acting(account, roles, agent)
