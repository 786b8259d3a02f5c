"""Do alerts fire, stay silent and end when they should, and reach whom they should?

promtool plays the cases of deploy/prometheus/tests; amtool says where an alert is sent.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.observability import alertmanager, alerts, burn
from services.observability.rules import RUNBOOKS, Alert
from tests.support.board_lint import query_faults
from tests.support.broker import ROOT
from tests.support.promql import grouped, named

PROMETHEUS = ROOT / "deploy" / "prometheus"
ROUTES = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
CASES = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS = {alert.name: alert for alert in alerts.alerts()}
HEADINGS = [
    "## What it means",
    "## What callers feel",
    "## Look here",
    "## Do this",
    "## When it is over",
]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def cases_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text())["tests"]
    return found


def expectations(name: str) -> list[list[bool]]:
    """For each case that looks at an alert: whether it fires, moment by moment."""
    found = []
    for file in CASES:
        for case in cases_of(file):
            looks = [
                any(sample["value"] > 0 for sample in look["exp_samples"])
                for look in sorted(case["promql_expr_test"], key=_minutes)
                if f'"{name}"' in look["expr"]
                or ('=~"AnswerTime.*"' in look["expr"] and "AnswerTime" in name)
            ]
            found += [looks] if looks else []
    return found


def _minutes(look: dict[str, Any]) -> float:
    text = str(look["eval_time"])
    return float(text[:-1]) * {"s": 1 / 60, "m": 1, "h": 60}[text[-1]]


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_promtool_plays_every_case_as_expected(file: Path) -> None:
    done = run("promtool", "test", "rules", str(file))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [name for name in ALERTS if name != "Watchdog"])
def test_the_cases_show_an_alert_silent_then_firing_then_over(name: str) -> None:
    cases = expectations(name)

    assert any(not looks[0] and True in looks and not looks[-1] for looks in cases), cases


def test_promtool_has_nothing_to_say_about_the_rules() -> None:
    files = map(str, sorted((PROMETHEUS / "rules").glob("*.yml")))
    done = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *files)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_an_alert_asks_only_for_metrics_and_labels_that_exist(alert: Alert) -> None:
    faults = set(query_faults(alert.expr))
    # A series begins with its first letter: that it exists at all is what is asked for.
    assert faults <= {"counter-rated surgeline_dead_letters_total"}
    assert not faults or alert.name == "DeadLetters"
    assert named(alert.expr) or alert.name == "Watchdog"
    assert grouped(alert.expr) <= {"key", "kind", "group", "job", "topic", "reason"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_links_to_a_runbook_that_a_tired_person_can_follow(name: str) -> None:
    rule = ALERTS[name].as_rule()
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    assert annotations["runbook_url"] == f"{RUNBOOKS}/{name}.md"
    text = (ROOT / RUNBOOKS / f"{name}.md").read_text()

    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS
    assert text.startswith(f"# {name}\n")
    assert len(text.split()) < 320


def test_there_is_no_runbook_without_an_alert() -> None:
    files = {file.stem for file in (ROOT / RUNBOOKS).glob("*.md")}

    assert files == {*ALERTS, "README"}


@pytest.mark.parametrize("window", [burn.ANSWER_FAST, burn.ANSWER_SLOW])
def test_an_answer_time_alert_can_fire_at_all(window: burn.Window) -> None:
    nine_in_ten = 1 - 0.9

    assert window.factor * nine_in_ten < 1
    assert 14.4 * nine_in_ten > 1, "the usual factor could not"


def test_the_routes_are_sound() -> None:
    done = run("amtool", "check-config", str(ROUTES))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_an_alert_reaches_whom_its_urgency_says(alert: Alert) -> None:
    wanted = "dead-man" if alert.name == "Watchdog" else f"callout-{alert.severity}"
    labels = [f"alertname={alert.name}", f"severity={alert.severity}"]
    done = run("amtool", "config", "routes", "test", f"--config.file={ROUTES}", *labels)

    assert done.stdout.strip() == wanted


def test_late_answers_are_kept_quiet_during_a_surge_but_what_can_be_done_is_not() -> None:
    quiet = [
        rule["target_matchers"][0]
        for rule in alertmanager.config()["inhibit_rules"]
        if rule["source_matchers"] == ["alertname = SurgeDeclared"]
    ]

    assert quiet == ["alertname =~ AnswerTimeBurn.*", "alertname = SurgeWatch"]
