"""What if everything is down? A call sheet: names, numbers, order, script, boxes to tick.

Printable, and as CSV; written into the platform's folder every fifteen minutes and readable there
by its owner only, since it is the one place where names and numbers stand in the clear. Answers
that were collected on paper are typed back in through the console.
"""

import asyncio
import csv
import html
import io
import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from services.callout.commands import Commands
from services.callout.directory import Directory
from services.callout.engine import Engine
from services.outbox import NotReadyError
from streams.domain.callout.book import CalloutBook
from streams.domain.callout.seating import seats_needed
from streams.domain.centre import Centre
from streams.events.callouts import CalloutData
from streams.sealing import CannotOpenError

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 900.0
FOLDER: Final = "call-sheets"
MODE: Final = 0o600
COLUMNS: Final = ("order", "tier", "name", "numbers", "state", "yes", "no", "comes at")
SCRIPT: Final = (
    "This is {centre}. We need you from {start} to {end}. Can you come? When will you be there?"
    " / {centre_ko}입니다. {start}부터 {end}까지 근무하실 수 있습니까? 언제 오실 수 있습니까?"
)
_STYLE: Final = (
    "body{font:12pt/1.4 sans-serif;margin:2em}table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #000;padding:.3em .5em;text-align:left}"
    "tr{page-break-inside:avoid}thead{display:table-header-group}.box{width:3em}"
)

Row = tuple[str, str, str, str, str]


class Sheets:
    """Call sheets of every call-out that is not over."""

    def __init__(
        self,
        commands: Commands,
        engine: Engine,
        directory: Directory,
        folder: Path,
        title: tuple[str, str],
        zone: ZoneInfo,
    ) -> None:
        self._commands = commands
        self._engine = engine
        self._directory = directory
        self._folder = folder / FOLDER
        self._title = title
        self._zone = zone

    def go_by(self, centre: Centre) -> None:
        """Another version of the centre is in force."""
        self._title = centre.title_ko, centre.title_en
        self._zone = centre.timezone

    async def run(self) -> None:
        """Write them again and again."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.write()
            except NotReadyError:
                continue
            except OSError as error:
                log.warning("call sheets not written", extra={"error": type(error).__name__})

    async def write(self) -> int:
        """Write all of them now; how many there are. Sheets of call-outs that are over go."""
        book, now = self._commands.book, self._commands.now()
        pages: dict[str, str] = {}
        for callout in book.still_open():
            name = f"{callout.ref}-{callout.id[:8]}"
            pages[f"{name}.html"] = self.page(book, callout, now)
            pages[f"{name}.csv"] = self.table(book, callout, now)
        await asyncio.to_thread(_write_all, self._folder, pages)
        return len(pages) // 2

    def page(self, book: CalloutBook, callout: CalloutData, now: datetime) -> str:
        """For printing."""
        need = callout.need
        start, end = (self._local(moment) for moment in (need.start, need.end))
        drill = "<h1>DRILL / 훈련</h1>" if callout.drill else ""
        script = SCRIPT.format(
            centre=self._title[1], centre_ko=self._title[0], start=start, end=end
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
            + '<td class="box">☐</td><td class="box">☐</td><td></td></tr>'
            for row in self._rows(book, callout, now)
        )
        head = "".join(f"<th>{column}</th>" for column in COLUMNS)
        seated = len(book.index(callout.id).seats)
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>Call sheet {callout.ref}</title><style>{_STYLE}</style>{drill}"
            f"<h2>{html.escape(need.pool)} · {callout.ref} · {seated}/{seats_needed(need)}</h2>"
            f"<p>{html.escape(script)}</p><p>{self._local(now)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></html>"
        )

    def table(self, book: CalloutBook, callout: CalloutData, now: datetime) -> str:
        """For a spreadsheet; a cell that looks like a formula is kept from being one."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in self._rows(book, callout, now):
            writer.writerow([*(_harmless(cell) for cell in row), "", "", ""])
        return out.getvalue()

    def _rows(self, book: CalloutBook, callout: CalloutData, now: datetime) -> list[Row]:
        """Those who were asked, then those who would be, in their order."""
        asked = [(o.person, o.tier, o.state) for o in book.offers_of(callout.id)]
        ready, _ = self._engine.sorted_out(book, callout, callout.need, now)
        asked += [(one.person, one.tier, "not asked") for one in ready]  # type: ignore[misc]
        return [
            (str(place), str(tier), *self._who(person), str(state))
            for place, (person, tier, state) in enumerate(asked, start=1)
        ]

    def _who(self, person_id: str) -> tuple[str, str]:
        person = self._directory.person(person_id)
        if person is None:
            return person_id, ""
        try:
            numbers = [
                self._directory.address(method)
                for method in person.methods
                if method.kind in ("voice", "sms")
            ]
            return self._directory.name(person), ", ".join(dict.fromkeys(numbers))
        except CannotOpenError:
            return person_id, "?"

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%d.%m. %H:%M}"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "-", "@", "\t")) else cell


def _write_all(folder: Path, pages: dict[str, str]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        # Nobody else may read it, not even for the moment in which it is written.
        half = folder / f".{name}"
        with open(half, "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
        half.replace(folder / name)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, MODE)
