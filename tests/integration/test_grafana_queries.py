"""Does every query of every Grafana board give the right answer from a real Prometheus?

The afternoon of board_story plays: calm, an earthquake in Japan, a surge. Prometheus reads it every
second; then every panel, mark and choice is asked, as Grafana would ask it.
"""

import contextlib
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.observability.grafana import kit, provisioning
from tests.support.board_lint import variable_queries
from tests.support.promql import filled
from tests.support.scraped_story import ScrapedStory
from tests.support.watching import Asked, Served, planned, prometheus, until

MOST_SERIES = 60
PLAYED_SECONDS = 12
ONE_OF_EACH_GROUP = (
    "centre:surgeline_callbacks_pending:sum",
    "key:surgeline_first_attempts:rate1m",
    "processor:surgeline_events_folded:rate1m",
)


class Played:
    """The story after it has played, and the Prometheus that watched."""

    def __init__(self, told: ScrapedStory, asked: Asked, began: float) -> None:
        self.told = told
        self.asked = asked
        self.began = began

    def answer(self, query: str, *, instant: bool) -> list[dict[str, Any]]:
        asked = filled(query)
        if instant:
            return self.asked.now(asked)
        return self.asked.over(asked, self.began, time.time(), 1.0)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Calm for some seconds, then the surge, a second at a time."""
    told = ScrapedStory()
    told.settle()
    told.work()
    jobs = told.pages()
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with contextlib.ExitStack() as stack:
        servers = {
            job: stack.enter_context(Served({"/metrics": page})) for job, page in jobs.items()
        }
        plan, _ = planned(folder, {job: server.address for job, server in servers.items()})
        stack.enter_context(prometheus(plan))
        asked = Asked(plan.url)
        until(lambda: len(asked.now("up == 1")) == len(jobs))
        began = time.time()
        play(told, asked)
        yield Played(told, asked, began)


def play(told: ScrapedStory, asked: Asked) -> None:
    for part, _ in enumerate(told.play(PLAYED_SECONDS)):
        told.work()
        if part == PLAYED_SECONDS // 2:
            told.declare()
        now = time.time()
        # Each part is seen by Prometheus before the next one is told.
        until(lambda: asked.number("min(timestamp(up))") > now)  # noqa: B023
    until(lambda: asked.number("centre:surgeline_surge_level:max") == 2)
    until(lambda: asked.now("centre:surgeline_answered_in_target:ratio_increase15m"))
    # And the rules have been worked out since the last part was seen.
    now = time.time()
    for recorded in ONE_OF_EACH_GROUP:
        until(lambda: asked.number(f"min(timestamp({recorded}))") > now)  # noqa: B023


def boards() -> dict[str, dict[str, Any]]:
    return {board.uid: json.loads(kit.as_json(board)) for board in provisioning.BOARDS}


def test_every_query_of_every_panel_has_a_sane_answer(played: Played) -> None:
    wrong = []
    for uid, board in boards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                found = played.answer(target["expr"], instant=bool(target.get("instant")))
                name = f"{uid}: {panel['title']}"
                values = [
                    float(value)
                    for series in found
                    for _, value in series.get("values", [series.get("value")])
                ]
                if not values:
                    wrong.append(f"empty: {name}: {target['expr']}")
                elif all(map(math.isnan, values)):
                    wrong.append(f"not a number: {name}: {target['expr']}")
                if len(found) > MOST_SERIES:
                    wrong.append(f"too many series: {name}: {len(found)}")

    assert wrong == []


def test_every_choice_at_the_head_of_a_board_has_values(played: Played) -> None:
    (countries, *_) = [
        played.answer(query, instant=True)
        for query in variable_queries(boards()["surgeline-surge"])
    ]

    assert {series["metric"]["key"] for series in countries} >= {"country:JP", "country:US"}


def test_the_start_of_the_surge_is_marked_and_its_end_is_not(played: Played) -> None:
    start, end = boards()["surgeline-operations"]["annotations"]["list"]

    marked = played.answer(start["expr"], instant=False)
    assert "country:JP" in {series["metric"]["key"] for series in marked}
    assert played.answer(end["expr"], instant=False) == []


def test_the_numbers_on_the_wall_are_those_of_the_story(played: Played) -> None:
    """Gauges and counters exactly; the story's own count is made apart from the board."""
    told, asked = played.told.story.told, played.asked
    for outcome in ("answered_live", "callback_open", "callback_completed", "lost", "waiting"):
        query = f'sum(surgeline_requests{{outcome="{outcome}"}})'
        assert asked.number(query) == told.requests[outcome], outcome
    for key, people in told.people.items():
        assert asked.number(f'sum(surgeline_first_attempts_total{{key="{key}"}})') == people
    for result in ("completed", "reached_us_first", "unreachable"):
        query = f'sum(surgeline_callbacks_total{{result="{result}"}})'
        assert asked.number(query) == told.callbacks[result]
    assert asked.number("centre:surgeline_callbacks_pending:sum") == told.callbacks["open"]
    assert asked.number("centre:surgeline_queue_contacts:sum") == told.requests["waiting"]
    assert asked.number("centre:surgeline_surge_level:max") == 2
    assert asked.number('max(surgeline_surge_level{key="country:CN"})') == 0


def tile(uid: str, title: str, legend: str) -> str:
    (panel,) = [p for p in boards()[uid]["panels"] if p["title"].endswith(f"· {title}")]
    (found,) = [t["expr"] for t in panel["targets"] if t["legendFormat"] == legend]
    return str(found)


@pytest.mark.parametrize(
    ("uid", "title", "wanted"),
    [
        ("surgeline-operations", "Waiting", 2),
        ("surgeline-operations", "Longest wait", 2),
        ("surgeline-operations", "Seats short", 2),
        ("surgeline-operations", "Callbacks overdue", 0),
        ("surgeline-operations", "Age of the numbers", 0),
        ("surgeline-promises", "Page unanswered for", 0),
        ("surgeline-pipeline", "Findings of the audit", 0),
    ],
    ids=str,
)
def test_a_tile_says_in_words_which_step_its_number_is_in(
    played: Played, uid: str, title: str, wanted: int
) -> None:
    query = tile(uid, title, "상태 · State")

    assert float(played.answer(query, instant=True)[0]["value"][1]) == wanted


def test_a_rate_is_right_within_a_tenth(played: Played) -> None:
    """100 events are taken at each scrape of about a second: extrapolation at the window's ends."""
    accepted = played.asked.over(
        "sum(surgeline_intake_events_accepted_total)", played.began, time.time(), 1.0
    )
    values = [float(value) for _, value in accepted[0]["values"]]

    assert values == sorted(values)
    assert values[-1] - values[0] == pytest.approx(100 * PLAYED_SECONDS, rel=0.1)
