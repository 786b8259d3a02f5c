"""Are the Grafana boards what the code says, sound, and readable on the wall?"""

import json
import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator

from services.boards.words import SHARE_WORDS
from services.observability import files
from services.observability.grafana import kit, provisioning, words
from services.observability.grafana.panels import Panel
from services.supervisor import plan
from streams.events.callbacks import CallbackState, Outcome
from streams.events.callouts import MethodKind
from streams.events.contacts import Urgency
from tests.support.board_lint import faults, queries, variable_queries
from tests.support.board_schema import BOARD

BOARDS = {board.uid: kit.as_json(board) for board in provisioning.BOARDS}
Change = Callable[[dict[str, Any]], None]


def changed(uid: str, change: Change) -> str:
    board = json.loads(BOARDS[uid])
    change(board)
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def schema_errors(text: str) -> list[str]:
    return [error.message for error in Draft7Validator(BOARD).iter_errors(json.loads(text))]


def test_the_files_that_are_checked_in_are_what_the_code_makes() -> None:
    assert files.stale() == {}


@pytest.mark.parametrize("uid", BOARDS)
def test_grafanas_own_models_read_a_board_and_write_the_same(uid: str) -> None:
    assert kit.read_again(BOARDS[uid]) == BOARDS[uid]


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_has_only_keys_that_we_mean_to_use_with_values_of_their_type(uid: str) -> None:
    assert schema_errors(BOARDS[uid]) == []


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_has_no_fault(uid: str) -> None:
    assert faults(BOARDS[uid]) == []


def test_the_boards_are_the_five_that_were_promised() -> None:
    names = ["operations", "surge", "promises", "pipeline", "load"]
    assert list(BOARDS) == [f"surgeline-{name}" for name in names]


def _misspelt(board: dict[str, Any]) -> None:
    board["refrehs"] = "5s"


def _misspelt_in_a_panel(board: dict[str, Any]) -> None:
    board["panels"][0]["describtion"] = "x"


def _invented_option(board: dict[str, Any]) -> None:
    board["panels"][0]["options"]["glow"] = True


@pytest.mark.parametrize("change", [_misspelt, _misspelt_in_a_panel, _invented_option])
def test_a_key_that_grafana_does_not_know_is_noticed(change: Change) -> None:
    text = changed("surgeline-operations", change)

    assert kit.read_again(text) != text


@pytest.mark.parametrize("change", [_misspelt, _misspelt_in_a_panel])
def test_the_schema_notices_a_misspelt_key_too(change: Change) -> None:
    assert schema_errors(changed("surgeline-operations", change)) != []


def _set(path: str, value: Any) -> Change:
    def change(board: dict[str, Any]) -> None:
        place: Any = board
        *way, last = path.split("/")
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_set("editable", True), "uneditable"),
        (_set("refresh", "1s"), "refresh"),
        (_set("panels/0/title", "Surge level"), "both-languages: Surge level"),
        (_set("panels/0/description", ""), "description"),
        (_set("panels/0/type", "geomap"), "no-internet"),
        (_set("panels/0/datasource", {"type": "prometheus", "uid": "abc"}), "template-datasource"),
        (_set("panels/0/gridPos/h", 9), "overlap"),
        (_set("panels/13/gridPos/h", 9), "one-screen"),
        (_set("panels/0/fieldConfig/defaults/unit", ""), "unit"),
        (_set("panels/0/fieldConfig/defaults/mappings", []), "words-beside-colours"),
        (_set("annotations/list/0/iconColor", "#FF0000"), "colour-blind-safe: #FF0000"),
        (_set("annotations/list/0/iconColor", "red"), "colour-blind-safe: red"),
        (_set("panels/0/targets/0/expr", "max(surgeline_sugre_level)"), "known-metric"),
        (
            _set("panels/0/targets/0/expr", 'max(surgeline_surge_level{post="x"})'),
            "known-label ['post']",
        ),
        (
            _set("panels/0/targets/0/expr", "sum by (x) (surgeline_surge_level)"),
            "known-label ['x']",
        ),
        (_set("panels/0/targets/0/expr", "sum(surgeline_callbacks_total)"), "counter-rated"),
        (_set("panels/0/targets/0/expr", "rate(surgeline_callbacks_total[5s])"), "rate-interval"),
        (_set("panels/0/targets/0/expr", "sum(("), "valid-promql"),
    ],
)
def test_a_planted_fault_is_found(change: Change, rule: str) -> None:
    found = faults(changed("surgeline-operations", change))

    assert any(fault.startswith(rule) for fault in found), found


def test_every_choice_at_the_head_of_a_board_is_asked_for_and_used() -> None:
    board = json.loads(BOARDS["surgeline-surge"])
    asked = " ".join(queries(board))

    assert len(variable_queries(board)) == 3
    for name in ("$post", "$channel", "$language"):
        assert name in asked


def called(panel: dict[str, Any], name: str) -> str:
    """A series' name after the panel's transformations, as a browser would change it."""
    for each in panel.get("transformations", []):
        if each["id"] == "renameByRegex":
            pattern = each["options"]["regex"].strip("/")
            name = re.sub(pattern, each["options"]["renamePattern"], name, count=1)
    return name


WORDED = [
    (f"{board.uid} {panel.title.en}", panel, drawn)
    for board in provisioning.BOARDS
    for panel, drawn in zip(board.panels, json.loads(BOARDS[board.uid])["panels"], strict=True)
    if panel.words and panel.kind != "table"
]


@pytest.mark.parametrize(("panel", "drawn"), [p[1:] for p in WORDED], ids=[p[0] for p in WORDED])
def test_every_value_is_said_in_both_languages_and_no_word_is_changed_again(
    panel: Panel, drawn: dict[str, Any]
) -> None:
    for value, word in panel.words.items():
        assert called(drawn, value) == str(word)


def test_names_of_many_values_and_of_none_are_said_too() -> None:
    drawn = {name: panel for name, _, panel in WORDED}

    said = called(drawn["surgeline-promises Open callbacks"], "due · life_at_risk")
    assert said == "걸 차례 · due · 생명 위험 · life at risk"
    changed = called(drawn["surgeline-surge Changes of level"], "watch → surge")
    assert changed == "주의 · watch → 급증 · SURGE"
    assert called(drawn["surgeline-operations Level by post"], "country:TH") == "country:TH"


def test_no_result_state_or_urgency_is_without_its_word() -> None:
    assert words.RESULTS.keys() == set(get_args(Outcome))
    assert words.STATES.keys() == set(get_args(CallbackState)) - {"closed"}
    assert words.URGENCIES.keys() == set(get_args(Urgency))
    assert words.MESSAGES.keys() == set(get_args(MethodKind))
    assert words.JOBS.keys() == plan.SERVICES.keys()


def test_grafana_and_the_live_board_call_an_outcome_the_same() -> None:
    ours = {name: tuple(title) for name, title in words.OUTCOMES.items()}

    assert ours == {name: (title.ko, title.en) for name, title in SHARE_WORDS.items()}


def test_what_must_always_be_seen_does_not_rotate() -> None:
    items = json.loads(provisioning.playlist())["spec"]["items"]

    assert {item["value"] for item in items} < BOARDS.keys()
    assert "surgeline-operations" not in {item["value"] for item in items}


def test_grafana_is_told_how_often_the_numbers_come() -> None:
    assert "timeInterval: 5s" in provisioning.datasource()
