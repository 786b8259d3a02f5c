"""Do the shipped rules and routes work in the Prometheus and Alertmanager that the platform starts?

Both are real; a server of this test stands where our services and the call-outs will be.
"""

import json
import signal
from pathlib import Path

from tests.support.watching import Asked, Served, alertmanager, planned, prometheus, until

SURGE = b'surgeline_surge_level{key="country:JP"} 2\n'


def test_an_alert_goes_from_our_metrics_through_rules_and_routes_to_the_call_outs(
    tmp_path: Path,
) -> None:
    with Served({"/metrics": lambda: SURGE}) as served:
        numbers, alerts = planned(
            tmp_path, {"boards": served.address}, callout=f"http://{served.address}"
        )
        with prometheus(numbers), alertmanager(alerts):
            told = until(lambda: [p for p in served.posted if p[0] == "/v1/alertmanager"])
            alive = until(lambda: [p for p in served.posted if p[0] == "/v1/watchdog"])

    payload = json.loads(told[0][2])
    assert payload["commonLabels"]["alertname"] == "SurgeDeclared"
    assert payload["alerts"][0]["labels"]["key"] == "country:JP"
    assert payload["alerts"][0]["annotations"]["runbook_url"] == "deploy/runbooks/SurgeDeclared.md"
    assert {token for _, token, _ in (*told, *alive)} == {"Bearer of-source"}


def test_every_rule_is_worked_out_without_an_error(tmp_path: Path) -> None:
    with Served({"/metrics": lambda: SURGE}) as served:
        numbers, _ = planned(tmp_path, {"boards": served.address})
        with prometheus(numbers):
            asked = Asked(numbers.url)
            until(lambda: asked.now("centre:surgeline_surge_level:max"))
            until(lambda: all("lastEvaluation" in rule for rule in asked.rules()))
            rules = asked.rules()

    assert len(rules) > 30
    assert [rule["name"] for rule in rules if rule.get("lastError")] == []


def test_what_prometheus_knew_is_there_again_after_it_was_killed(tmp_path: Path) -> None:
    with Served({"/metrics": lambda: SURGE}) as served:
        numbers, _ = planned(tmp_path, {"boards": served.address})
        asked = Asked(numbers.url)
        with prometheus(numbers) as process:
            until(lambda: asked.now("surgeline_surge_level == 2"))
            known = float(asked.now("timestamp(surgeline_surge_level)")[0]["value"][1])
            process.send_signal(signal.SIGKILL)
        with prometheus(numbers):
            until(lambda: asked.now(f"timestamp(surgeline_surge_level) > {known}"))
            before = asked.over("surgeline_surge_level", known, known, 1.0)

    assert before[0]["values"][0][1] == "2"


def test_prometheus_shows_its_token_to_whom_it_reads(tmp_path: Path) -> None:
    numbers, _ = planned(tmp_path, {"boards": "127.0.0.1:1"})

    assert numbers.token_file.read_text() == "of-viewer"
    assert oct(numbers.token_file.stat().st_mode & 0o777) == "0o600"
    assert "of-viewer" not in numbers.config()
