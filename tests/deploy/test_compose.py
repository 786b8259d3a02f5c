"""Is compose.yaml what compose takes, and does it hang together? Checked without an engine."""

import importlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from services.cli import keys
from services.supervisor.addresses import Ports
from services.supervisor.plan import SERVICES
from streams.processors.settings import StreamsSettings
from streams.secret_files import opened
from tests.support.broker import ROOT
from tests.support.chart import tools

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.integration
def test_compose_takes_the_file() -> None:
    program = str(tools("deploy-tools") / "check-jsonschema")
    argv = [program, "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
def test_prometheus_and_alertmanager_take_their_files() -> None:
    settings = DEPLOY / "compose" / "prometheus.yml"
    routes = DEPLOY / "alertmanager" / "alertmanager.yml"
    rules = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
    for argv in (
        ["promtool", "check", "config", "--syntax-only", str(settings)],
        ["promtool", "check", "rules", *map(str, rules)],
        ["amtool", "check-config", str(routes)],
    ):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_process_of_the_platform_is_there_on_its_usual_port(compose: dict[str, Any]) -> None:
    services, usual = compose["services"], Ports()
    for name, module in SERVICES.items():
        assert services[name]["command"] == ["python", "-m", module]
        assert services[name]["environment"]["SURGELINE_PORT"] == str(getattr(usual, name))
        assert services[name]["read_only"] is True


def test_the_profiles_are_core_observability_and_load(compose: dict[str, Any]) -> None:
    by_profile: dict[str, set[str]] = {}
    for name, service in compose["services"].items():
        for profile in service["profiles"]:
            by_profile.setdefault(profile, set()).add(name)
    core = by_profile["core"]
    assert by_profile.keys() == {"core", "observability", "load"}
    assert by_profile["observability"] - core == {"prometheus", "alertmanager", "grafana"}
    assert by_profile["load"] - core == {"phone"}
    assert (DEPLOY / ".env").read_text(encoding="utf-8").endswith("COMPOSE_PROFILES=core\n")


def test_only_this_machine_can_reach_what_is_published(compose: dict[str, Any]) -> None:
    published = [
        port for service in compose["services"].values() for port in service.get("ports", [])
    ]
    assert len(published) > 10
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_what_is_mounted_exists_and_is_not_written(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source, _, rest = volume.partition(":")
            if source.startswith("."):
                assert (DEPLOY / source).exists(), volume
                assert rest.endswith(":ro")
            else:
                assert source in compose["volumes"]
                assert rest.endswith(":ro") or name in {"keys", "kafka"}


def test_everyone_waits_for_what_they_need_and_can_be_asked(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, when in service.get("depends_on", {}).items():
            if when["condition"] == "service_healthy":
                ours = services[needed].get("image") == "surgeline"
                assert ours or "test" in services[needed]["healthcheck"], (name, needed)


def test_prometheus_asks_every_process_under_the_name_that_the_rules_know() -> None:
    text = (DEPLOY / "compose" / "prometheus.yml").read_text(encoding="utf-8")
    jobs = {
        job["job_name"]: job["static_configs"][0]["targets"]
        for job in yaml.safe_load(text)["scrape_configs"]
    }
    assert jobs == {name: [f"{name}:{getattr(Ports(), name)}"] for name in SERVICES}


def test_grafana_finds_its_boards_where_its_provisioning_looks(compose: dict[str, Any]) -> None:
    provider = yaml.safe_load(
        Path(DEPLOY / "grafana/provisioning/dashboards/surgeline.yml").read_text(encoding="utf-8")
    )
    path = provider["providers"][0]["options"]["path"]
    grafana = compose["services"]["grafana"]
    assert f"./grafana/dashboards:{path}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana" / "dashboards" / Path(home).name).exists()


def test_every_process_takes_the_settings_and_secrets_that_it_is_given(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    made = CliRunner().invoke(keys.command, [str(folder), "--people"])
    assert made.exit_code == 0, made.output
    for name, module in SERVICES.items():
        env = {
            key: value.replace("/etc/surgeline", str(folder)).replace("/app", str(ROOT))
            for key, value in compose["services"][name]["environment"].items()
        }
        if module == "streams":
            settings: Any = StreamsSettings.from_env(opened(env))
        else:
            settings = importlib.import_module(f"{module}.settings").Settings.from_env(opened(env))
        assert (settings.host, settings.connections.kafka) == ("0.0.0.0", "kafka:9092")  # noqa: S104


def test_the_secrets_are_made_once_and_are_what_the_chart_asks_for(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        made = CliRunner().invoke(keys.command, [str(tmp_path)])
        assert made.exit_code == 0, made.output
        texts.append({file.name: file.read_text() for file in tmp_path.iterdir()})
    assert texts[0] == texts[1]
    helpers = (ROOT / "helm" / "surgeline" / "templates" / "_helpers.tpl").read_text()
    asked = set(re.findall(r'"([a-z-]+-(?:key|keys|token))" "SURGELINE_', helpers))
    assert asked
    assert asked | {"tokens.json", "accounts.json", "prometheus-token"} <= texts[0].keys()
