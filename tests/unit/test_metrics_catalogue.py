"""Is every metric named well, bounded, and shown by those who know its value alone?"""

import math
import re
import subprocess

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from services.observability import metric_page
from streams.telemetry.families import EVERYWHERE, LABELS, Metric, page_of

CATALOGUE = metric_page.catalogue()
NAMES = {metric.name for metric in CATALOGUE}


def shown(process: str) -> set[str]:
    families = text_string_to_metric_families(page_of(process).decode())
    return {family.name for family in families if family.name.startswith("surgeline_")}


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_follows_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"surgeline_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help.endswith(".")
    assert set(metric.labels) <= LABELS.keys(), "labels come from a closed list"


def test_no_metric_is_declared_twice() -> None:
    assert len(NAMES) == len(CATALOGUE)


def test_labels_name_no_contact_no_caller_and_no_person() -> None:
    forbidden = {
        "contact",
        "caller",
        "number",
        "phone",
        "agent",
        "person",
        "name",
        "callback",
        "id",
    }
    assert LABELS.keys().isdisjoint(forbidden)


def test_no_metric_has_more_than_1500_series_and_all_stay_in_the_budget() -> None:
    assert max(metric.series for metric in CATALOGUE) <= 1500
    assert sum(m.series * len(m.processes) for m in CATALOGUE) <= metric_page.BUDGET


def test_a_process_shows_its_own_metrics_and_never_a_zero_of_another_one() -> None:
    assert "surgeline_intake_held_bytes" in shown("intake")
    assert "surgeline_callbacks_epoch" not in shown("intake")
    for process in EVERYWHERE:
        mine = {m.name.removesuffix("_total") for m in CATALOGUE if process in m.processes}
        assert shown(process) <= mine
        assert "surgeline_build_info" in shown(process)


def test_nothing_of_ours_hides_in_the_registry_that_nobody_reads() -> None:
    assert [name for name in REGISTRY._names_to_collectors if name.startswith("surgeline")] == []


@pytest.mark.parametrize("process", EVERYWHERE)
def test_promtool_finds_nothing_to_say_about_a_process(process: str) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=page_of(process),
        capture_output=True,
        check=False,
    )
    ours = [line for line in done.stderr.decode().splitlines() if line.startswith("surgeline")]
    assert ours == []


def test_the_example_of_each_metric_can_be_read_by_prometheus() -> None:
    for metric in CATALOGUE:
        (family,) = text_string_to_metric_families(metric_page.example(metric) + "\n")
        assert family.samples[0].name in metric.sample_names
        assert math.isclose(family.samples[0].value, 1.0)
