"""What was the scripted provider asked, and whom did it reach how often?

Counted by the provider itself, so that "nobody paged twice" can be held against something that is
not ours. People are counted under a running number; no telephone number leaves this module.
"""

from collections import Counter
from typing import Any


class Ledger:
    """Counts, bounded by the number of attempts the provider keeps."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self._people: dict[str, int] = {}
        self._messages_to: Counter[int] = Counter()
        self._providers: dict[str, set[str]] = {}

    def note(self, what: str, account: str = "") -> None:
        """Something happened."""
        self.counts[what] += 1
        if account:
            self.counts[f"{account}.{what}"] += 1

    def sent(self, account: str, kind: str, attempt: str, to: str) -> None:
        """A message or a call truly went out."""
        self.note(f"sent_{kind}", account)
        self.reached[attempt] += 1
        self._messages_to[self.person(to)] += 1
        self._providers.setdefault(attempt, set()).add(account)

    def person(self, number: str) -> int:
        """The running number of whoever has this telephone."""
        return self._people.setdefault(number, len(self._people) + 1)

    def summary(self) -> dict[str, Any]:
        """The sums, with everything that must be 0 named as such."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "attempts": len(self.reached),
            "people": len(self._people),
            "most_messages_to_one_person": max(self._messages_to.values(), default=0),
            "must_be_zero": {
                "attempts_sent_twice": sum(1 for times in self.reached.values() if times > 1),
                "attempts_at_two_providers": sum(1 for a in self._providers.values() if len(a) > 1),
            },
        }
