"""How does a run begin, what is known of it meanwhile, and how is it judged at the end?"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import gevent
import msgspec
from gevent import subprocess

from load.open_loop.choice import Choice
from load.open_loop.client import Client
from load.open_loop.commands import Told, serve
from load.open_loop.plan import at_peak
from load.open_loop.play import DRAIN_SECONDS, Begin
from load.open_loop.servers import Servers
from load.open_loop.watch import Watch
from load.verdict.judge import code_of, judged
from load.verdict.log import LogFacts
from load.verdict.record import Histogram, Record
from load.verdict.report import write_report
from load.verdict.result import AuditSaid, Board, Result
from load.verdict.seen import seen
from load.verdict.truth import handle_seconds, seats_if_it_lasted, seats_needed
from streams.centre_file import load_centre
from streams.domain.centre import Centre
from streams.errors import WrongSettingError

log = logging.getLogger(__name__)

# From the declaration of the clock to the first second of the play, so that all are ready.
LEAD_SECONDS: Final = 4.0
# The last records of the workers are on their way for so long at most.
LAST_RECORDS_SECONDS: Final = 10.0
AUDIT_SECONDS: Final = 180.0
CALL_UP_LOOK_SECONDS: Final = 0.5


class Crew(Protocol):
    """Who plays: this process, or the workers."""

    def begin(self, begin: Begin, choice: Choice, results: Path) -> int: ...

    def record(self) -> Record: ...

    def obey(self, what: str, body: Mapping[str, Any]) -> Told: ...

    def call_up(self) -> None: ...

    def call_out(self, missing: int) -> None: ...


class Leader:
    """One run at a time; `result` is the last or present one, `problem` why there is none."""

    def __init__(self, crew: Crew) -> None:
        self.result: Result | None = None
        self.page: Path | None = None
        self.problem = ""
        self._going = False
        self._latest = 0.0
        self._crew = crew
        self._door: Any = None
        self._watch: Watch | None = None
        self._parts: list[gevent.Greenlet] = []
        self._choice: Choice | None = None
        self._centre: Centre | None = None
        self._begin: Begin | None = None
        self._results = Path()

    @property
    def over(self) -> bool:
        """Whether a run is to be concluded: everybody has played their part, or its time is up."""
        return self._going and (self._crew.record().over or time.time() > self._latest)

    def begin(self, choice: Choice, results: Path) -> None:
        """Declare the clock, open the door to the platform's commands, and let the play begin."""
        self.result, self.page, self.problem = None, None, ""
        servers = Servers.from_env(os.environ)
        self._choice, self._results = choice, results
        self._centre = load_centre(servers.centre)
        results.mkdir(parents=True, exist_ok=True)
        # Worked out before the clock is declared: it may take a second.
        staged = at_peak(choice.scenario, choice.peak)
        truth = (
            seats_needed(staged, self._centre),
            seats_if_it_lasted(staged, self._centre),
        )
        begin = self._declare(servers, choice)
        if self._door is None:
            self._door = serve(servers.port, servers.tokens["phone"], self._crew.obey)
        self._begin = begin
        length = choice.scenario.length.total_seconds()
        self._watch = Watch(servers, begin.wall, begin.speed, length)
        self._latest = begin.wall + length / begin.speed + DRAIN_SECONDS + LAST_RECORDS_SECONDS
        workers = self._crew.begin(begin, choice, results)
        self.result = _new_result(begin, choice, workers, truth)
        self.result.handle_told = self._centre.target.handle_time.total_seconds()
        self._parts = [gevent.spawn(self._watch.run), gevent.spawn(self._call_up)]
        self._going = True

    def standing(self) -> Result | None:
        """The run as it is at this moment, judged as far as that can be."""
        if self.result is not None and self.page is None:
            self._look()
        return self.result

    def conclude(self) -> Result | None:
        """Ask the log and the audit, judge, and write the report; once for each run."""
        if self.result is None or self._watch is None or self.page is not None:
            return self.result
        self._going = False
        self._wait_for_records()
        gevent.killall(self._parts)
        self._watch.look()
        self._look()
        self._watch.close()
        self.result.ended = True
        self._ask_the_log(self.result)
        self._ask_prometheus(self.result)
        self._judge(self.result)
        self.page = self._results / f"{self.result.scenario}-{self.result.run}.html"
        write_report(self.page, self.result, self._the_centre())
        self.page.with_suffix(".json").write_bytes(msgspec.json.encode(self.result))
        return self.result

    def _declare(self, servers: Servers, choice: Choice) -> Begin:
        client = servers.client("intake", role="rehearsal")
        try:
            told = client.get("/v1/clock")
            if not told.is_success:
                raise WrongSettingError(
                    f"intake does not say what time it is ({told.reason()}): is the platform up?"
                )
            zone = self._the_centre().timezone
            centre_now = datetime.fromisoformat(told.json()["now"])
            begins = next_like(choice.scenario.starts.astimezone(zone), centre_now.astimezone(zone))
            wall = time.time() + LEAD_SECONDS
            clock = {
                "wall": datetime.fromtimestamp(wall, UTC),
                "event": begins,
                "speed": choice.speed,
                "declared_by": "surgeline crisis",
            }
            answer = client.post("/v1/clock", clock)
        finally:
            client.close()
        if not answer.is_success:
            raise WrongSettingError(f"intake did not take the clock: {answer.reason()}")
        run = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        return Begin(
            scenario=choice.name,
            run=run,
            wall=wall,
            begins=begins,
            speed=choice.speed,
            peak=choice.peak,
            hold=choice.hold,
        )

    def _look(self) -> None:
        if self.result is None or self._watch is None:
            return
        self.result.record = record = self._crew.record()
        behind = self._watch.behind(record.arrived)
        self.result.board = Board(
            most_seats=self._watch.most_seats,
            curves=self._watch.curves,
            behind=Histogram(buckets=dict(behind.buckets), most=behind.most),
        )
        self.result.shown = shown(self._watch.board)
        self._judge(self.result)

    def _judge(self, result: Result) -> None:
        if self._begin is not None:
            scenario = self._begin.staged(self._the_choice().scenario)
            result.bars = judged(result, scenario)
            result.code = code_of(result.bars)

    def _call_up(self) -> None:
        """Who stands by is called in at the first alarm, as a manager would, and who is at home is
        called out while a surge is on and the board says that seats are missing.
        """
        while self._watch is not None and not self._watch.alarmed:
            gevent.sleep(CALL_UP_LOOK_SECONDS)
        self._crew.call_up()
        told = 0
        while self._watch is not None:
            missing = self._watch.missing
            if missing and missing != told:
                self._crew.call_out(missing)
            told = missing
            gevent.sleep(CALL_UP_LOOK_SECONDS)

    def _wait_for_records(self) -> None:
        until = time.time() + LAST_RECORDS_SECONDS
        while time.time() < until and not self._crew.record().over:
            gevent.sleep(0.1)

    def _ask_the_log(self, result: Result) -> None:
        since = result.begins.isoformat()
        until = (result.begins + timedelta(seconds=self._elapsed())).isoformat()
        facts = _asked("load.verdict.log", "--since", since, "--until", until)
        result.log = msgspec.json.decode(facts, type=LogFacts) if facts else None
        told = _asked("services.cli", "audit", "--json", "--since", since)
        result.audit = msgspec.json.decode(told, type=AuditSaid) if told else None

    def _ask_prometheus(self, result: Result) -> None:
        """Where one runs beside the platform: it is asked last, so that it has seen the end."""
        url = Servers.from_env(os.environ).prometheus
        if url is None or self._begin is None:
            return
        client = Client(url)

        def ask(path: str) -> Any:
            answer = client.get(path)
            if not answer.is_success:
                log.error("Prometheus did not answer: %s", answer.reason())
                return None
            return answer.json()

        try:
            result.seen = seen(ask, self._begin.wall, time.time())
        finally:
            client.close()

    def _elapsed(self) -> float:
        begin = self._begin
        return 0.0 if begin is None else max(0.0, (time.time() - begin.wall) * begin.speed)

    def _the_choice(self) -> Choice:
        if self._choice is None:
            raise RuntimeError("no run has begun")
        return self._choice

    def _the_centre(self) -> Centre:
        if self._centre is None:
            raise RuntimeError("no run has begun")
        return self._centre


def _new_result(
    begin: Begin, choice: Choice, workers: int, truth: tuple[list[float], list[float]]
) -> Result:
    as_it_went, lasting = truth
    return Result(
        scenario=choice.scenario.name,
        title=choice.scenario.title_en,
        run=begin.run,
        begins=begin.begins,
        length=choice.scenario.length.total_seconds(),
        speed=begin.speed,
        peak=begin.peak,
        hold=begin.hold,
        workers=workers,
        bursts={burst.name: burst.at.total_seconds() for burst in choice.scenario.bursts},
        sources=list(choice.scenario.sources),
        seats_true=round(max(as_it_went)),
        curve_true=as_it_went,
        curve_lasting=lasting,
        handle=handle_seconds(choice.scenario),
        record=Record(),
        board=Board(),
    )


def next_like(starts: datetime, now: datetime) -> datetime:
    """The next moment with the same day of the week and time of day: no run plays in the past."""
    days = (starts.weekday() - now.weekday()) % 7
    candidate = (now + timedelta(days=days)).replace(
        hour=starts.hour, minute=starts.minute, second=starts.second, microsecond=0
    )
    return candidate if candidate > now else candidate + timedelta(days=7)


def shown(board: Mapping[str, Any]) -> dict[str, str]:
    """The board in a few words, for the live page."""
    if not board:
        return {}
    seats, callbacks = board["seats"], board["callbacks"]
    told = {
        "centre's clock": str(board["at"]),
        "on hold": str(board["waiting"]),
        "seats asked, staffed": f"{seats['needed']}, {seats['staffed']}",
        "promises open, overdue": f"{callbacks['open']}, {callbacks['overdue']}",
    }
    for level in board["levels"]:
        told[f"{level['level']} on {level['key']}"] = str(level["sentence"])
    for part in board["shares"]["parts"]:
        told[f"people {part['name']}"] = f"{part['people']} ({part['percent']} %)"
    return told


def _asked(module: str, *arguments: str) -> bytes:
    """What another process of ours prints; nothing when it cannot say."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ},
    )
    try:
        out, words = process.communicate(timeout=AUDIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        out, words = b"", b"it did not end"
    if not out.strip():
        last = (words.decode(errors="replace").strip().splitlines() or ["no word"])[-1]
        log.error("%s said nothing: %s", module, last)
    return bytes(out)
