"""What did the phone system itself count?

Every ring, answer, hang-up, withdrawal and dial, as JSON lines in the order they happened, and
their sums. The audit of the platform is checked against this, so nothing in it comes from the
platform, and no number is in it.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from load.sim.reports import ContactReport, Dial
from load.sim.wire import Moment


class Ledger:
    """Append-only: a line is written before the platform hears of what it says."""

    def __init__(self, path: Path, moment: Moment) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._moment = moment
        self.counts: Counter[str] = Counter()
        self._talked_by_callback: Counter[str] = Counter()
        self._ringing: dict[str, str] = {}
        self._rung: set[str] = set()
        self._people: set[int] = set()

    def contact(self, report: ContactReport) -> None:
        """A call moved on."""
        person = report.call.person
        self.counts[report.kind] += 1
        extra = report.extra
        if report.kind == "deflected":
            self.counts[f"deflected_{extra['reason']}"] += 1
        if report.kind == "arrived":
            self._people.add(person.index)
            extra = {"source": person.source, "attempt": person.calls}
        self._write(report.kind, report.at, contact=report.call.id, person=person.index, **extra)

    def dial(self, dial: Dial, at: float) -> None:
        """A dial moved on. What must never happen is counted here, by the phones themselves."""
        if dial.state in ("ringing_agent", "ringing_caller") and dial.id not in self._rung:
            self._rung.add(dial.id)
            rung = self._ringing.setdefault(dial.callback, dial.id)
            self.counts["dials"] += 1
            self.counts["rung_twice_at_once"] += rung != dial.id
        if dial.state == "ended":
            if self._ringing.get(dial.callback) == dial.id:
                del self._ringing[dial.callback]
            self.counts[f"dial_{dial.outcome}"] += 1
            if dial.outcome == "completed":
                self._talked_by_callback[dial.callback] += 1
        self._write(
            f"dial_{dial.state}",
            at,
            dial=dial.id,
            callback=dial.callback,
            agent=dial.agent,
            **({"outcome": dial.outcome} if dial.outcome else {}),
        )

    def note(self, what: str, at: float, **fields: Any) -> None:
        """Anything else that happened: a command, people signing in."""
        self.counts[what] += 1
        self._write(what, at, **fields)

    def summary(self) -> dict[str, Any]:
        """The sums, with everything that must be 0 named as such."""
        twice = sum(1 for times in self._talked_by_callback.values() if times > 1)
        return {
            "counts": dict(sorted(self.counts.items())),
            "people": len(self._people),
            "callbacks_talked": len(self._talked_by_callback),
            "must_be_zero": {
                "rung_twice_at_once": self.counts["rung_twice_at_once"],
                "talked_twice_for_one_callback": twice,
                "refused_in_flight": self.counts["dial_refused_in_flight"],
                "events_refused_by_intake": self.counts["refused_by_intake"],
            },
        }

    def close(self) -> None:
        """Nothing more will be written."""
        self._file.close()

    def _write(self, what: str, at: float, **fields: Any) -> None:
        line = {"what": what, "at": self._moment(at), "wall": datetime.now(UTC), **fields}
        self._file.write(orjson.dumps(line) + b"\n")
