"""What does the real Alertmanager keep quiet while a surge is declared, and when it is over?

Alerts are put to it as Prometheus would; a server of this test stands where the call-outs will be.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.observability import alerts
from services.observability.rules import Alert
from tests.support.watching import Served, alertmanager, planned, until

RULES = {alert.name: alert for alert in alerts.alerts()}
EXPECTED_IN_A_SURGE = {"SurgeWatch", "AnswerTimeBurnFast", "AnswerTimeBurnSlow"}
# What can still be done about callers, and what is broken, is said all the more.
SAID_ALL_THE_SAME = {"SurgeDeclared", "CallbacksOverdue", "FeedOutage", "ProcessDown"}
TOLD = "/v1/alertmanager"


@dataclass(frozen=True)
class Desk:
    """An Alertmanager, and the call-outs that it tells."""

    url: str
    callout: Served

    def raised(self, *names: str, over: bool = False, **labels: str) -> None:
        """As Prometheus says it: these alerts are on, or over since a second."""
        now = datetime.now(UTC)
        ends = now - timedelta(seconds=1) if over else now + timedelta(minutes=5)
        body = [
            {
                "labels": labels_of(RULES[name], labels),
                "annotations": RULES[name].as_rule()["annotations"],
                "startsAt": (now - timedelta(minutes=2)).isoformat(),
                "endsAt": ends.isoformat(),
            }
            for name in names
        ]
        httpx.post(f"{self.url}/api/v2/alerts", json=body, timeout=10.0).raise_for_status()

    def states(self) -> dict[str, str]:
        """What Alertmanager says of each alert that is on."""
        found = httpx.get(f"{self.url}/api/v2/alerts", timeout=10.0).json()
        return {each["labels"]["alertname"]: each["status"]["state"] for each in found}

    def quiet(self) -> set[str]:
        return {name for name, state in self.states().items() if state == "suppressed"}

    def told(self) -> set[str]:
        """The alerts that the call-outs have been told of."""
        bodies = [json.loads(body) for path, _, body in self.callout.posted if path == TOLD]
        return {alert["labels"]["alertname"] for body in bodies for alert in body["alerts"]}


def labels_of(alert: Alert, labels: dict[str, str]) -> dict[str, str]:
    return {"alertname": alert.name, "severity": alert.severity, **labels}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Served({}) as callout:
        _, plan = planned(tmp_path, {}, callout=f"http://{callout.address}")
        url = f"http://{plan.address}"
        with alertmanager(plan):
            until(lambda: httpx.get(f"{url}/-/ready", timeout=5.0).is_success)
            yield Desk(url, callout)


def test_late_answers_are_kept_quiet_while_a_surge_is_on_and_are_said_once_it_is_over(
    desk: Desk,
) -> None:
    desk.raised("SurgeDeclared", key="country:JP")
    desk.raised(*EXPECTED_IN_A_SURGE, "CallbacksOverdue", "FeedOutage")
    desk.raised("ProcessDown", job="intake")
    during = desk.states()
    # All that page wait alike: what was to be said of the burn would have been said by then.
    until(lambda: desk.told() >= SAID_ALL_THE_SAME)
    told = desk.told()
    desk.raised("SurgeDeclared", over=True, key="country:JP")
    desk.raised("FeedOutage", over=True)
    until(lambda: not desk.quiet())
    until(lambda: "AnswerTimeBurnFast" in desk.told())

    assert {name for name, state in during.items() if state == "suppressed"} == EXPECTED_IN_A_SURGE
    assert {name for name, state in during.items() if state == "active"} == SAID_ALL_THE_SAME
    assert not told & EXPECTED_IN_A_SURGE


@pytest.mark.parametrize(
    ("job", "follows"),
    [
        ("boards", {"StaleData"}),
        ("callbacks", {"CallbacksNotServed"}),
        ("audit", {"AuditMissing"}),
        ("streams", {"StaleData", "PipelineBurnFast", "PipelineBurnSlow"}),
    ],
)
def test_a_part_that_is_down_says_so_once(desk: Desk, job: str, follows: set[str]) -> None:
    desk.raised("ProcessDown", job=job)
    desk.raised(*follows, "AnswerTimeBurnFast")

    assert desk.states() == {
        "ProcessDown": "active",
        "AnswerTimeBurnFast": "active",
    } | dict.fromkeys(follows, "suppressed")
