"""How is a stream of any length drawn with a bounded number of points?"""

from dataclasses import dataclass, field

MOST_POINTS = 1200


@dataclass(slots=True)
class Series:
    """Contacts, expectation and the highest statistic per bin; bins double when there are many."""

    first: int
    width: int
    contacts: list[float] = field(default_factory=list)
    expected: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    seen_until: int = 0

    def add(self, second: int, contacts: float, expected: float, statistic: float) -> None:
        """One step of the detector; `expected` since the step before."""
        place = (second - self.first) // self.width
        while place >= MOST_POINTS:
            self._halve()
            place = (second - self.first) // self.width
        missing = place + 1 - len(self.contacts)
        if missing > 0:
            self.contacts += [0.0] * missing
            self.expected += [0.0] * missing
            self.highest += [0.0] * missing
        self.contacts[place] += contacts
        self.highest[place] = max(self.highest[place], statistic)
        # What was expected in a quiet stretch is spread over the bins it passed.
        begin = max(self.seen_until, self.first)
        passed = (begin - self.first) // self.width
        for bin_ in range(max(0, passed), place + 1):
            low = max(begin, self.first + bin_ * self.width)
            high = min(second, self.first + (bin_ + 1) * self.width)
            if second > begin:
                self.expected[bin_] += expected * max(0, high - low) / (second - begin)
            elif bin_ == place:
                self.expected[bin_] += expected
        self.seen_until = second

    def _halve(self) -> None:
        self.width *= 2
        self.contacts = [sum(self.contacts[i : i + 2]) for i in range(0, len(self.contacts), 2)]
        self.expected = [sum(self.expected[i : i + 2]) for i in range(0, len(self.expected), 2)]
        self.highest = [max(self.highest[i : i + 2]) for i in range(0, len(self.highest), 2)]
