"""How long does a backtest of ten million contacts take, and how much memory does it need?

`python -m load.bench.recording` writes four years of made-up contacts (five keys, 200,000 callers,
a day cycle of 60 %, three surges) into a temporary folder, and has `surgeline backtest FILE
--learn` watch them, in a process of its own. The same rows come out for the same `--seed`.
"""

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
SPAN: Final = 4 * 8766 * 3600
DAY: Final = 86_400
SWING: Final = 0.6
# Four times the ordinary rate, for two hours each.
SURGES: Final = tuple(int(SPAN * share) for share in (0.2, 0.5, 0.8))
SIZE: Final = 4
LASTS: Final = 7200
KEYS: Final = ("KR", "JP", "US", "CN", "VN")
CALLERS: Final = 200_000


def write(path: Path, rows: int, seed: int) -> None:
    """A recording of so many contacts, in the order of time."""
    rng, per_second, moment, shown, text = random.Random(seed), rows / SPAN, 0.0, -1, ""
    begin = BEGIN.timestamp()
    with path.open("w", encoding="utf-8") as lines:
        lines.write("occurred_at,key,caller\n")
        for _ in range(rows):
            rate = per_second * (1 + SWING * math.sin(2 * math.pi * moment / DAY))
            if any(at <= moment < at + LASTS for at in SURGES):
                rate *= SIZE
            moment += rng.expovariate(rate)
            if int(moment) != shown:
                shown = int(moment)
                text = f"{datetime.fromtimestamp(begin + shown, UTC):%Y-%m-%dT%H:%M:%SZ}"
            lines.write(f"{text},{KEYS[rng.randrange(5)]},c{rng.randrange(CALLERS)}\n")


def main(arguments: Iterable[str] | None = None) -> int:
    """Write, watch, say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    with tempfile.TemporaryDirectory(prefix="surgeline-recording-") as folder:
        path = Path(folder) / "contacts.csv"
        write(path, chosen.rows, chosen.seed)
        surgeline = str(Path(sys.executable).with_name("surgeline"))
        command = [surgeline, "backtest", str(path), "--learn", "--json"]
        begun = time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        wall = time.perf_counter() - begun
    used, found = resource.getrusage(resource.RUSAGE_CHILDREN), json.loads(said.stdout)
    sys.stdout.write(
        f"{found['contacts']:,} contacts of {found['keys']} keys in {found['span_days']:,.0f} "
        f"days, {len(found['episodes'])} episodes\n"
        f"{wall:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of them processor time; "
        f"{used.ru_maxrss / 1024:.0f} MB at the most\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
