"""What did a bench find, in a form that a page and a plot can be made of?

Each bench that `docs/performance.md` shows ends with `save(Result(...))`: one JSON file of that
bench in `load/bench/measured`. `python -m load.bench.report` makes the page and its plots of them.
A row has one value for each repeat; the page shows their median, the least and the greatest.
"""

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = Path(__file__).parent / "measured"


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was measured, once for each repeat.

    With `floor` the median must not be lower, with `ceiling` it must be lower; rows without a bar
    are there to be compared with. Rows of one `unit` share a plot.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    floor: float | None = None
    ceiling: float | None = None

    @property
    def median(self) -> float:
        """The middle of the repeats."""
        return statistics.median(self.values)

    @property
    def bar(self) -> str:
        """What must hold, in words; "" if nothing must."""
        if self.floor is not None:
            return f"at least {self.floor:,g}"
        return "" if self.ceiling is None else f"below {self.ceiling:,g}"

    @property
    def holds(self) -> bool:
        """Whether it does."""
        enough = self.floor is None or self.median >= self.floor
        return enough and (self.ceiling is None or self.median < self.ceiling)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured; names nobody."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str


def this_machine() -> Machine:
    """The machine that runs this."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=names[0] if names else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=round(memory / 2**30, 1),
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
    )


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All of one bench. `method` is paragraphs of plain sentences: what was done, what the numbers
    leave out, what the machine did not allow. `load_average` says what else went on when it was
    saved: the bench itself is about two of it.
    """

    bench: str
    title: str
    command: str
    method: tuple[str, ...]
    rows: tuple[Row, ...]
    machine: Machine = msgspec.field(default_factory=this_machine)
    load_average: float = 0.0
    measured_at: str = msgspec.field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")

    def row(self, name: str) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.name == name)


def at_least(name: str, unit: str, values: tuple[float, ...], bar: float) -> Row:
    """A row whose median must not be lower than the bar."""
    return Row(name=name, unit=unit, values=values, floor=bar)


def below(name: str, unit: str, values: tuple[float, ...], bar: float) -> Row:
    """A row whose median must be lower than the bar."""
    return Row(name=name, unit=unit, values=values, ceiling=bar)


def save(result: Result, folder: Path = FOLDER) -> Path:
    """Write it in place of what the bench found before."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.bench}.json"
    result = msgspec.structs.replace(result, load_average=round(os.getloadavg()[1], 1))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    return path


def continued(result: Result, folder: Path = FOLDER) -> Result:
    """With the repeats that were saved before, for benches that take longer than one sitting."""
    path = folder / f"{result.bench}.json"
    if not path.exists():
        return result
    before = msgspec.json.decode(path.read_bytes(), type=Result)
    rows = {row.name: row for row in before.rows}
    for row in result.rows:
        known = rows[row.name].values if row.name in rows else ()
        rows[row.name] = msgspec.structs.replace(row, values=(*known, *row.values))
    return msgspec.structs.replace(result, rows=tuple(rows.values()))


def load(folder: Path = FOLDER) -> list[Result]:
    """Every bench's last result, by name."""
    paths = sorted(folder.glob("*.json"))
    return [msgspec.json.decode(path.read_bytes(), type=Result) for path in paths]


def told(result: Result) -> str:
    """For the terminal: one line a row."""
    lines = [f"{result.title} ({result.command})"]
    for row in result.rows:
        least, most = min(row.values), max(row.values)
        bar = f"  [{row.bar}: {'holds' if row.holds else 'MISSED'}]" if row.bar else ""
        lines.append(
            f"  {row.name:48} {row.median:>12,.4g} {row.unit}"
            f"  ({least:,.4g} to {most:,.4g}, {len(row.values)} x){bar}"
        )
    return "\n".join(lines)
