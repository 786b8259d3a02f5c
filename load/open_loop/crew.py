"""Who does what when a crisis is played in one process, or by a master and its workers?

Whoever leads (the only process, or the master) declares the centre's clock, listens for the
platform's commands, watches the board, and judges at the end. Whoever plays (the only process, or
each worker) has an equal part of the callers and of the floor.
"""

import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import gevent
import msgspec
from gevent.event import AsyncResult
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load.open_loop.choice import Choice, chosen
from load.open_loop.commands import NOT_YET, Told, obeyed, whose
from load.open_loop.measures import Tell
from load.open_loop.plan import Share
from load.open_loop.play import Begin, Play
from load.open_loop.servers import Servers
from load.verdict.record import Record, together
from streams.centre_file import load_centre

BEGIN, COMMAND, ANSWER, RECORD, CALL_UP, CALL_OUT = (
    f"surgeline_{what}" for what in ("begin", "command", "answer", "record", "call_up", "call_out")
)
RECORD_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 5.0


class Player:
    """The playing side of one process; `say` sends a message to whoever leads."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._told: AsyncResult = AsyncResult()
        self._play: Play | None = None

    def begin(self, begin: Begin, share: Share, choice: Choice, results: Path) -> None:
        """What this process is to play."""
        servers = Servers.from_env(os.environ)
        ledger = results / f"{begin.run}-w{share.index}.jsonl"
        ledger.unlink(missing_ok=True)
        centre = load_centre(servers.centre)
        self._play = Play(begin, share, choice.scenario, centre, servers, ledger, self._tell())
        self._told.set(self._play)

    def play(self, report: Callable[[Record], None]) -> None:
        """Play what was told, once it is told; says every second how it stands."""
        play = self._told.get()
        self._told = AsyncResult()
        reporting = gevent.spawn(_every_second, lambda: report(play.record()))
        try:
            play.run()
        finally:
            reporting.kill()
            report(play.record())

    def obey(self, what: str, body: Mapping[str, Any]) -> Told:
        """A command of the platform."""
        if self._play is None or self._play.over:
            return NOT_YET, {"detail": "nothing is played at this moment"}
        return obeyed(self._play, what, body)

    def call_up(self) -> None:
        """Who stands by is called in."""
        if self._play is not None:
            self._play.call_up()

    def call_out(self, missing: int) -> None:
        """Who is at home is asked for so many seats."""
        if self._play is not None and not self._play.over:
            self._play.call_out(missing)

    def _tell(self) -> Tell:
        request = self._environment.events.request

        def tell(kind: str, name: str, seconds: float, size: int, wrong: str) -> None:
            request.fire(  # type: ignore[no-untyped-call]
                request_type=kind,
                name=name,
                response_time=1000 * seconds,
                response_length=size,
                exception=ConnectionError(wrong) if wrong else None,
                context={},
            )

        return tell


class Alone:
    """One process that leads and plays."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._record = Record()

    def begin(self, begin: Begin, choice: Choice, results: Path) -> int:
        """Tell the player; how many play."""
        self._record = Record()
        self._player.begin(begin, Share(), choice, results)
        return 1

    def take(self, record: Record) -> None:
        """How it stands."""
        self._record = record

    def record(self) -> Record:
        """What was counted so far."""
        return self._record

    def obey(self, what: str, body: Mapping[str, Any]) -> Told:
        """A command of the platform."""
        return self._player.obey(what, body)

    def call_up(self) -> None:
        """Who stands by is called in."""
        self._player.call_up()

    def call_out(self, missing: int) -> None:
        """Who is at home is asked for so many seats."""
        self._player.call_out(missing)


class Master:
    """A leader whose players are Locust's workers."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._clients: list[str] = []
        self._records: dict[str, Record] = {}
        self._dials: dict[str, int] = {}
        self._questions = itertools.count()
        self._open: dict[int, AsyncResult] = {}
        runner.register_message(RECORD, self._take)
        runner.register_message(ANSWER, self._answered)

    def begin(self, begin: Begin, choice: Choice, results: Path) -> int:
        """Give each worker its part; how many play."""
        del choice
        self._records, self._dials = {}, {}
        self._clients = sorted(client.id for client in self._runner.clients.ready)
        for index, client in enumerate(self._clients):
            told = {
                "begin": msgspec.to_builtins(begin),
                "index": index,
                "count": len(self._clients),
                "results": str(results),
            }
            self._runner.send_message(BEGIN, told, client)
        return len(self._clients)

    def record(self) -> Record:
        """What all workers have counted so far."""
        whole = together(list(self._records.values()))
        everybody = len(self._records) == len(self._clients)
        whole.over, whole.finished = whole.over and everybody, whole.finished and everybody
        return whole

    def obey(self, what: str, body: Mapping[str, Any]) -> Told:
        """Pass a command on to the worker it is about."""
        if what == "text":
            answers = [self._ask(index, what, body) for index in range(len(self._clients))]
            taken = [answer for answer in answers if answer[1].get("result") == "accepted"]
            return (taken or answers or [(NOT_YET, {})])[0]
        if what in ("withdraw", "dial"):
            index = whose(what, body)
            if what == "dial":
                self._dials[body["dial"]] = index
        else:
            index = self._dials.get(body["dial"], 0)
        return self._ask(index, what, body)

    def call_up(self) -> None:
        """Who stands by is called in, everywhere."""
        self._runner.send_message(CALL_UP)

    def call_out(self, missing: int) -> None:
        """Who is at home is asked for so many seats, by every worker its part."""
        self._runner.send_message(CALL_OUT, {"missing": missing})

    def _ask(self, index: int, what: str, body: Mapping[str, Any]) -> Told:
        if index >= len(self._clients):
            return NOT_YET, {"detail": "nobody plays that part"}
        question, answer = next(self._questions), AsyncResult()
        self._open[question] = answer
        told = {"question": question, "what": what, "body": dict(body)}
        self._runner.send_message(COMMAND, told, self._clients[index])
        try:
            status, said = answer.get(timeout=ANSWER_SECONDS)
        except gevent.Timeout:
            return NOT_YET, {"detail": "the worker did not answer"}
        finally:
            del self._open[question]
        return int(status), dict(said)

    def _take(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        self._records[msg.node_id] = msgspec.json.decode(msg.data["record"], type=Record)

    def _answered(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        waiting = self._open.get(msg.data["question"])
        if waiting is not None:
            waiting.set((msg.data["status"], msg.data["said"]))


def hear_the_master(runner: WorkerRunner, player: Player) -> None:
    """A worker does what its master says, whatever its own command line says."""

    def begin(environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        told = msgspec.convert(msg.data["begin"], Begin)
        share = Share(msg.data["index"], msg.data["count"])
        choice = chosen(told.scenario, told.speed, told.peak, told.hold)
        player.begin(told, share, choice, Path(msg.data["results"]))

    def command(environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        status, said = player.obey(msg.data["what"], msg.data["body"])
        told = {"question": msg.data["question"], "status": status, "said": said}
        runner.send_message(ANSWER, told)

    def call_up(environment: Environment, msg: Any, **_: Any) -> None:
        del environment, msg
        player.call_up()

    def call_out(environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        player.call_out(int(msg.data["missing"]))

    runner.register_message(CALL_OUT, call_out)
    runner.register_message(BEGIN, begin)
    runner.register_message(COMMAND, command)
    runner.register_message(CALL_UP, call_up)


def packed(record: Record) -> bytes:
    """A record as it travels."""
    return msgspec.json.encode(record)


def _every_second(act: Callable[[], None]) -> None:
    while True:
        gevent.sleep(RECORD_SECONDS)
        act()
