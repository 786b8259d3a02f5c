"""How is one cell of a list of people read, so that everything wrong is said at once?"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Final, TypeVar, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.numbers import normalise
from streams.errors import InvalidEventError
from streams.events.people import MethodKind, PlanStep, QuietHours, Span

DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
LONGEST_CELL: Final = 500
_DIGITS: Final = 9
_ID: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_WORD: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_PLAN: Final = re.compile(r"^(sms|voice|email|push)@(\d{1,5})$")
_QUIET: Final = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)(?:/([a-z,]+))?$")
_PUSH: Final = re.compile(r"^[a-z][a-z0-9+.-]*://\S+$")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell; never what stands in it when that tells who somebody is."""

    line: int
    column: str
    what: str
    right: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.what}; {self.right}"


class Row:
    """One line of the file being read: remembers what was wrong, and goes on."""

    def __init__(self, line: int, cells: dict[str, str], problems: list[CellProblem]) -> None:
        self.line = line
        self._cells = cells
        self._problems = problems

    def wrong(self, column: str, what: str, right: str) -> None:
        """Note a problem."""
        self._problems.append(CellProblem(self.line, column, what, right))

    def text(self, column: str) -> str:
        """A cell, "" when there is none."""
        return self._cells.get(column, "").strip()

    def needed(self, column: str) -> str:
        """A cell that must not be empty."""
        text = self.text(column)
        if not text:
            self.wrong(column, "is empty", "everyone needs one")
        elif len(text) > LONGEST_CELL:
            self.wrong(column, f"is longer than {LONGEST_CELL} characters", "shorten it")
        return text[:LONGEST_CELL]

    def identifier(self, column: str) -> str:
        """Letters, digits, dot, underscore and hyphen."""
        text = self.needed(column)
        if text and not _ID.match(text):
            self.wrong(column, "has other characters", "use letters, digits, '.', '_' and '-'")
        return text

    def word(self, column: str, default: T, known: Collection[T]) -> T:
        """One of a few words."""
        text = self.text(column)
        if not text:
            return default
        if text not in known:
            words = ", ".join(str(word) for word in known)
            self.wrong(column, f"is {text[:40]!r}", f"must be one of {words}")
            return default
        return cast("T", text)

    def words(self, column: str) -> tuple[str, ...]:
        """Words, with spaces between them."""
        found = tuple(dict.fromkeys(self.text(column).split()))
        for word in found:
            if not _WORD.match(word):
                self.wrong(column, f"has {word[:40]!r}", "use words with spaces between them")
        return found

    def number(self, column: str, default: float, high: float) -> float:
        """A number from 0 on."""
        text = self.text(column)
        try:
            value = float(text) if text else default
        except ValueError:
            value = -1.0
        if not 0 <= value <= high:
            self.wrong(column, f"is {text[:40]!r}", f"must be a number from 0 to {high:g}")
            return default
        return value

    def whole(self, column: str, default: int, low: int, high: int) -> int:
        """A whole number."""
        text = self.text(column)
        if not text:
            return default
        # Longer digits than any limit here are no number anybody meant.
        if not (
            text.isascii() and text.isdigit() and len(text) <= _DIGITS and low <= int(text) <= high
        ):
            self.wrong(column, f"is {text[:40]!r}", f"must be a whole number from {low} to {high}")
            return default
        return int(text)

    def zone(self, column: str, default: str) -> str:
        """A time zone of the IANA list."""
        text = self.text(column) or default
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(column, f"is {text[:40]!r}", 'must be such as "Asia/Seoul"')
            return default
        return text

    def moment(self, column: str) -> datetime | None:
        """A day, read as its first moment in UTC; None when the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        try:
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        except ValueError:
            self.wrong(column, f"is {text[:40]!r}", "must be a day such as 2026-11-24")
            return None

    def address(self, kind: MethodKind, region: str) -> str:
        """Where a method reaches them, in one form; "" when there is none or it is wrong."""
        text = self.text(kind)
        return _ADDRESSES[kind](self, text, region) if text else ""

    def phone(self, column: str, text: str, region: str) -> str:
        """A number in E.164."""
        try:
            return normalise(text, region)
        except InvalidEventError as error:
            self.wrong(column, error.detail, "such as +82 10 0000 0000")
            return ""

    def quiet(self) -> tuple[QuietHours, ...]:
        """Such as "23:00-07:00" or "22:00-09:00/sa,su"."""
        found = []
        for part in self.text("quiet").split():
            match = _QUIET.match(part)
            days = (match[5] or ",".join(DAYS)).split(",") if match else []
            if match is None or not set(days) <= set(DAYS):
                self.wrong("quiet", f"has {part[:40]!r}", 'write "23:00-07:00" or "…/sa,su"')
                continue
            start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
            numbers = tuple(sorted(DAYS.index(day) for day in set(days)))
            found.append(QuietHours(from_minute=start, until_minute=end, days=numbers))
        return tuple(found)

    def leave(self, zone: ZoneInfo) -> tuple[Span, ...]:
        """Days such as "2026-12-24..2026-12-27", both included, where the person lives."""
        found = []
        for part in self.text("leave").split():
            first, _, last = part.partition("..")
            try:
                start = datetime.combine(date.fromisoformat(first), time(), zone)
                end = datetime.combine(date.fromisoformat(last or first), time(), zone)
            except ValueError:
                self.wrong("leave", f"has {part[:40]!r}", 'write "2026-12-24..2026-12-27"')
                continue
            if end < start:
                self.wrong("leave", f"{part[:40]!r} ends before it begins", "turn it round")
                continue
            end += timedelta(days=1)
            found.append(Span(starts_at=start.astimezone(UTC), ends_at=end.astimezone(UTC)))
        return tuple(found)

    def plan(self, kinds: Collection[str]) -> tuple[PlanStep, ...]:
        """Such as "sms@0 voice@120 voice@300": which method, so many seconds after the offer."""
        steps = []
        for part in self.text("plan").split():
            match = _PLAN.match(part)
            if match is None:
                self.wrong("plan", f"has {part[:40]!r}", 'write "sms@0 voice@120 voice@300"')
            elif match[1] not in kinds:
                self.wrong("plan", f"names {match[1]}", "but the line has no such address")
            else:
                steps.append(PlanStep(method=match[1], after_seconds=int(match[2])))
        return tuple(steps)


def _email(row: Row, text: str, _: str) -> str:
    try:
        address = Address(addr_spec=text)
    except (ValueError, HeaderParseError, IndexError):
        address = None
    if address is None or "." not in address.domain:
        row.wrong("email", "is no e-mail address", "such as name@example.org")
        return ""
    return f"{address.username}@{address.domain.lower()}"


def _push(row: Row, text: str, _: str) -> str:
    if not _PUSH.match(text) or len(text) > LONGEST_CELL:
        row.wrong("push", "is no apprise address", "such as ntfys://ntfy.example.org/topic")
        return ""
    return text


_ADDRESSES: Final[dict[MethodKind, Callable[[Row, str, str], str]]] = {
    "sms": lambda row, text, region: row.phone("sms", text, region),
    "voice": lambda row, text, region: row.phone("voice", text, region),
    "email": _email,
    "push": _push,
}
KINDS: Final[tuple[MethodKind, ...]] = get_args(MethodKind)
