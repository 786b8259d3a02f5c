"""What did the phone system itself write down?

Its ledger file, read for the story and for the proof.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from load.sim.stage import BASE

CONTACT_KINDS = frozenset(
    {"arrived", "queued", "offered", "answered", "abandoned", "completed", "deflected"}
)


@dataclass(slots=True)
class PhoneBook:
    """The ledger's contacts with what happened to each, and its dials by callback."""

    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    dials: dict[str, dict[str, str]] = field(default_factory=dict)
    first_extra_call: datetime | None = None

    @classmethod
    def read(cls, path: Path) -> "PhoneBook":
        """The whole file."""
        book = cls()
        for line in _lines(path):
            book.take(line)
        return book

    def take(self, line: dict[str, Any]) -> None:
        """One line."""
        what = line["what"]
        if what in CONTACT_KINDS:
            self.kinds.setdefault(line["contact"], Counter())[what] += 1
            if what == "arrived" and line["source"] != BASE and self.first_extra_call is None:
                self.first_extra_call = datetime.fromisoformat(line["at"])
        elif what.startswith("dial_"):
            state = line.get("outcome") or what.removeprefix("dial_")
            self.dials.setdefault(line["callback"], {})[line["dial"]] = state

    def rung(self) -> dict[str, str]:
        """Every dial that was carried out, with how it ended; refused orders rang nobody."""
        return {
            dial: state
            for dials in self.dials.values()
            for dial, state in dials.items()
            if not state.startswith("refused_")
        }


def first_extra_call(path: Path) -> datetime | None:
    """When the first call came that no ordinary day would have brought."""
    for line in _lines(path):
        if line["what"] == "arrived" and line["source"] != BASE:
            return datetime.fromisoformat(line["at"])
    return None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for raw in file:
            # The last line may be half written while the play goes on.
            if raw.endswith(b"\n"):
                yield orjson.loads(raw)
