"""Who stands in a list of people, and what is wrong with it?

A CSV file in UTF-8 with a header line, one person a line. Everything wrong is named with its line
and its column, and nothing of a file with a fault in it is taken. What tells who somebody is leaves
this module sealed.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, get_args
from zoneinfo import ZoneInfo

from services.numbers import Pseudonyms
from services.people_cells import KINDS, CellProblem, Row
from services.sealing import Sealer
from streams.domain.centre import Centre
from streams.events.people import ContactMethod, Group, MethodKind, Person, Profile, Standing

COLUMNS: Final = (
    "id",
    "name",
    "pool",
    "tier",
    "group",
    "agent",
    "skills",
    "languages",
    *KINDS,
    "verified",
    "verified_on",
    "plan",
    "timezone",
    "standing",
    "quiet",
    "leave",
    "profile",
    "weekly_hours",
    "monthly_hours",
    "response_minutes",
)
NEEDED: Final = ("id", "name", "pool")
MOST_LINES: Final = 20_000
MOST_BYTES: Final = 8 * 1024 * 1024
HOURS_A_WEEK: Final = 168.0
HOURS_A_MONTH: Final = 744.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A file's people, what is wrong with it, and what is odd but allowed."""

    people: tuple[Person, ...]
    problems: tuple[CellProblem, ...]
    warnings: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Secrets:
    """What seals names and addresses, and hashes numbers."""

    sealer: Sealer
    pseudonyms: Pseudonyms


def read_people(raw: bytes, centre: Centre, secrets: Secrets) -> Listed:
    """Read a whole file; `people` is empty when there is any problem."""
    problems: list[CellProblem] = []
    rows = _rows(raw, problems)
    reader = _Reader(centre, secrets)
    people = [reader.person(row) for row in rows]
    problems += _twice(rows, people)
    problems.sort(key=lambda problem: problem.line)
    warnings = _warnings(rows, people)
    return Listed(() if problems else tuple(people), tuple(problems), tuple(warnings))


class _Reader:
    def __init__(self, centre: Centre, secrets: Secrets) -> None:
        self._centre = centre
        self._secrets = secrets
        self._pools = [*(pool.name for pool in centre.pools), *centre.people.pools]

    def person(self, row: Row) -> Person:
        zone = row.zone("timezone", self._centre.timezone.key)
        methods = self._methods(row)
        name = row.needed("name")
        return Person(
            id=row.identifier("id"),
            sealed_name=self._secrets.sealer.seal(name.encode()),
            pool=self._pool(row),
            tier=row.whole("tier", 1, 1, 9),
            group=row.word("group", "counselor", get_args(Group)),
            agent=row.text("agent") or None,
            skills=row.words("skills"),
            languages=self._languages(row),
            methods=methods,
            plan=row.plan({kind for kind in KINDS if row.text(kind)}),
            timezone=zone,
            standing=row.word("standing", "30min", get_args(Standing)),
            leave=row.leave(ZoneInfo(zone)),
            quiet=row.quiet(),
            profile=row.word("profile", self._centre.people.profile, get_args(Profile)),
            weekly_hours=row.number("weekly_hours", 0.0, HOURS_A_WEEK),
            monthly_hours=row.number("monthly_hours", 0.0, HOURS_A_MONTH),
            response_minutes=row.whole("response_minutes", 0, 0, 1440),
        )

    def _methods(self, row: Row) -> tuple[ContactMethod, ...]:
        verified = row.words("verified")
        on = row.moment("verified_on")
        if verified and on is None and not row.text("verified_on"):
            row.wrong("verified_on", "is empty", "say when the methods were verified")
        addresses = {kind: row.address(kind, self._centre.region) for kind in KINDS}
        for kind in verified:
            if kind not in KINDS or not row.text(kind):
                row.wrong("verified", f"names {kind[:40]!r}", "which the line has no address for")
        return tuple(
            ContactMethod(
                id=kind,
                kind=kind,
                sealed=self._secrets.sealer.seal(address.encode()),
                digest=self._digest(kind, address),
                verified_at=on if kind in verified else None,
            )
            for kind, address in addresses.items()
            if address
        )

    def _digest(self, kind: MethodKind, address: str) -> str:
        return address_digest(self._secrets.pseudonyms, kind, address)

    def _pool(self, row: Row) -> str:
        pool = row.needed("pool")
        if pool and pool not in self._pools:
            near = get_close_matches(pool, self._pools, n=1)
            right = f"did you mean {near[0]!r}?" if near else f"pools are {', '.join(self._pools)}"
            row.wrong("pool", f"is {pool[:40]!r}, which is no pool of the centre", right)
        return pool

    def _languages(self, row: Row) -> tuple[str, ...]:
        return row.words("languages") or self._centre.languages[:1]


def _rows(raw: bytes, problems: list[CellProblem]) -> list[Row]:
    if len(raw) > MOST_BYTES:
        problems.append(CellProblem(1, "", f"is over {MOST_BYTES} bytes", "split the file"))
        return []
    try:
        # Spreadsheets put a mark before the first letter.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(CellProblem(line, "", "is not UTF-8", "save the file as UTF-8"))
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Row] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not _good_header(header, problems):
            return []
        found.extend(
            _row(reader.line_num, header, cells, problems)
            for cells in reader
            if any(cell.strip() for cell in cells)
        )
    except csv.Error as error:
        problems.append(CellProblem(reader.line_num, "", f"is not CSV: {error}", "see RFC 4180"))
    if len(found) > MOST_LINES:
        problems.append(CellProblem(1, "", f"has over {MOST_LINES} people", "split the file"))
        return []
    return found


def _good_header(header: Sequence[str], problems: list[CellProblem]) -> bool:
    wrong = []
    for name in header:
        if name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            right = f"did you mean {near[0]!r}?" if near else f"columns are {', '.join(COLUMNS)}"
            wrong.append(CellProblem(1, name[:40] or "a column", "is not a column", right))
    wrong += [CellProblem(1, n, "is missing", "add the column") for n in NEEDED if n not in header]
    wrong += [
        CellProblem(1, name, "stands twice", "leave one of them out")
        for name in dict.fromkeys(header)
        if header.count(name) > 1 and name in COLUMNS
    ]
    problems += wrong
    return not wrong


def _row(
    line: int, header: Sequence[str], cells: Sequence[str], problems: list[CellProblem]
) -> Row:
    row = Row(line, dict(zip(header, cells, strict=False)), problems)
    if len(cells) > len(header):
        row.wrong(f"cell {len(header) + 1}", "has no column", "put texts with commas in quotes")
    return row


def _twice(rows: Sequence[Row], people: Collection[Person]) -> list[CellProblem]:
    lines: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, person in zip(rows, people, strict=True):
        lines["id", person.id].append(row.line)
        if person.agent:
            lines["agent", person.agent].append(row.line)
    return [
        CellProblem(later, column, f"is that of line {first}", "give each their own")
        for (column, value), (first, *others) in lines.items()
        for later in others
        if value
    ]


def _warnings(rows: Sequence[Row], people: Collection[Person]) -> list[CellProblem]:
    found = []
    numbers: dict[str, int] = {}
    for row, person in zip(rows, people, strict=True):
        if not person.methods:
            found.append(
                CellProblem(row.line, "sms", "nobody can reach them", "add a number or an address")
            )
        for method in person.methods:
            first = numbers.setdefault(method.digest, row.line)
            if first != row.line:
                # Both are still asked: who shares a telephone is told apart by the code.
                what = f"is that of line {first}"
                found.append(CellProblem(row.line, method.kind, what, "both will be asked by it"))
    return found


def address_digest(pseudonyms: Pseudonyms, kind: MethodKind, address: str) -> str:
    """The keyed hash by which a way to reach somebody is known.

    Also of addresses: an import must see whether an address is the one that was verified.
    """
    return pseudonyms.key_of(address if kind in ("sms", "voice") else f"{kind}:{address}")[0]
