"""Which processes still run?

The dead that nobody has buried yet (zombies) do not count: where process 1 is no real init, as in
some containers, orphans stay that way for good.
"""

import os
from pathlib import Path


def running() -> dict[int, int]:
    """Every process that runs, with its process group."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # pid (name) state parent group ...; the name may hold spaces and brackets
                state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if state not in "ZX":
                found[int(entry.name)] = int(group)
    return found


def of_group(group: int) -> list[int]:
    """The processes of one group."""
    return [pid for pid, theirs in running().items() if theirs == group]


def that_mention(path: Path) -> list[int]:
    """Whoever has this path in its command line or environment, but for ourselves."""
    found = []
    for pid in running():
        try:
            text = b"".join(Path(f"/proc/{pid}/{n}").read_bytes() for n in ("cmdline", "environ"))
        except OSError:
            continue
        if os.fsencode(path) in text and pid != os.getpid():
            found.append(pid)
    return found
