"""How are the rights of each process told to Kafka's own tool?"""

import shlex
from collections.abc import Iterator

from streams.acls import Acl


def command_lines(acls: list[Acl], bootstrap: str, principal: str) -> Iterator[str]:
    """One `kafka-acls.sh` for each process and operation; {process} in `principal` is its name."""
    sets: dict[tuple[str, str, str], list[str]] = {}
    for acl in acls:
        sets.setdefault((acl.process, acl.operation, acl.resource), []).append(acl.name)
    for (process, operation, resource), names in sets.items():
        yield shlex.join(
            [
                "kafka-acls.sh",
                "--bootstrap-server",
                bootstrap,
                "--add",
                "--allow-principal",
                principal.replace("{process}", process),
                "--operation",
                operation,
                *(part for name in names for part in (f"--{resource}", name)),
            ]
        )


def as_json(acls: list[Acl], principal: str) -> list[dict[str, str]]:
    """The same for a program."""
    return [
        {
            "principal": principal.replace("{process}", acl.process),
            "operation": acl.operation,
            "resource": acl.resource,
            "name": acl.name,
        }
        for acl in acls
    ]
