"""How is a crisis played by Locust? Callers who do not wait for one another, and a verdict.

    surgeline up                                          # in one terminal, then in another
    set -a && . .surgeline/tokens.env && . .surgeline/addresses.env
    locust -f load/locustfile.py --scenario maysak --speed 60 --peak 3 --headless

Locust's one user is a phone system; the callers in it are greenlets of their own, started at their
moments whatever became of those before (load/open_loop). With `--processes` or `--master` and
`--worker` each worker is an equal part of it. The number of users is the number of workers.

Exit codes: 0 fine, 1 requests failed, 2 wrong use, 3 load not achieved, 4 a service objective
missed, 5 a caller lost or called twice.
"""

import logging
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load.open_loop import crew, page
from load.open_loop.choice import Choice, add_options, chosen
from load.open_loop.leader import Leader
from load.verdict.record import Record
from load.verdict.report import sentence, word
from load.verdict.result import Code, Result
from streams.errors import WrongSettingError

log = logging.getLogger(__name__)
WRONG_USE = 2


class Stage:
    """What this process has: a player, a leader, or both."""

    player: crew.Player
    leader: Leader | None = None
    alone: crew.Alone | None = None
    runner: WorkerRunner | None = None

    def report(self, record: Record) -> None:
        """The player says how it stands."""
        if self.alone is not None:
            self.alone.take(record)
        elif self.runner is not None:
            self.runner.send_message(crew.RECORD, {"record": crew.packed(record)})


STAGE = Stage()


class PhoneSystem(User):
    """One process's part of the floor, and all who call there."""

    # Only ever this machine; which port, each part of the platform has its own.
    host = "http://127.0.0.1"

    @task
    def play(self) -> None:
        """Play what is told, then rest until the run is over."""
        STAGE.player.play(STAGE.report)
        while True:
            gevent.sleep(1.0)


class Crisis(LoadTestShape):
    """A phone system for each worker, until everybody has played their part."""

    abstract = False

    def tick(self) -> tuple[int, float] | None:
        """How many users there are to be; None ends the run."""
        if STAGE.leader is not None and (STAGE.leader.over or self._is_cut_short()):
            # Locust's page looks only as long as the run goes on: what it shows last is the end.
            STAGE.leader.conclude()
            return None
        runner = self.runner
        workers = runner.worker_count if isinstance(runner, MasterRunner) else 1
        return max(1, workers), float(max(1, workers))

    def _is_cut_short(self) -> bool:
        """Whether Locust's own `--run-time` is over: a shape is asked to see to that itself."""
        options = self.runner.environment.parsed_options if self.runner else None
        most = float((options and options.run_time) or 0.0)
        ran: float = self.get_run_time()  # type: ignore[no-untyped-call]
        return 0.0 < most < ran


def _options(parser: LocustArgumentParser) -> None:
    add_options(parser)


def _set_up(environment: Environment, **_: Any) -> None:
    STAGE.player = crew.Player(environment)
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        STAGE.runner = runner
        crew.hear_the_master(runner, STAGE.player)
        return
    if isinstance(runner, MasterRunner):
        STAGE.leader = Leader(crew.Master(runner))
    else:
        STAGE.alone = crew.Alone(STAGE.player)
        STAGE.leader = Leader(STAGE.alone)
    if environment.web_ui is not None:
        page.extend(environment.web_ui, STAGE.leader)


def _begin(environment: Environment, **_: Any) -> None:
    if STAGE.leader is None or environment.parsed_options is None:
        return
    try:
        STAGE.leader.begin(_chosen(environment), Path(environment.parsed_options.results))
    except WrongSettingError as error:
        log.error("%s", error)  # noqa: TRY400
        STAGE.leader.problem = str(error)
        runner = environment.runner
        if runner is not None and environment.web_ui is None:
            environment.process_exit_code = WRONG_USE
            gevent.spawn(runner.quit)
        elif runner is not None:
            # Whoever looks at the page can choose again.
            gevent.spawn(runner.stop)


def _conclude(environment: Environment, **_: Any) -> None:
    result = STAGE.leader.conclude() if STAGE.leader is not None else None
    if result is None or STAGE.leader is None:
        return
    _say(result, STAGE.leader.page)
    if result.code != Code.FINE:
        environment.process_exit_code = result.code


def _chosen(environment: Environment) -> Choice:
    options = environment.parsed_options
    if options is None:
        raise WrongSettingError("Locust read no options")
    # The page sends what was typed.
    numbers = (float(getattr(options, name)) for name in ("speed", "peak", "hold"))
    return chosen(str(options.scenario), *numbers)


def _say(result: Result, report: Path | None) -> None:
    log.info("%s: %s", result.title, sentence(result))
    for bar in result.bars:
        log.info("  %-14s %s: %s, wanted %s", word(bar), bar.name, bar.found, bar.wanted)
    log.info("the whole verdict: %s", report)


for event, listener in (
    (events.init_command_line_parser, _options),
    (events.init, _set_up),
    (events.test_start, _begin),
    (events.test_stop, _conclude),
):
    event.add_listener(listener)  # type: ignore[no-untyped-call]
