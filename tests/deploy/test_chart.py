"""Does the chart make what a cluster takes, for every situation it names, and refuse the rest?

No cluster: Helm's own engine renders, the schemas of three Kubernetes versions and of the
operators' own resources judge.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.supervisor.plan import SERVICES
from streams.acls import acls
from streams.retention import FORGOTTEN_BY_SERVICES, KEPT_FOR_A_TIME, retention_ms
from streams.topics import CATALOGUE, CONTACTS
from tests.support.broker import ROOT
from tests.support.chart import CASES, CHART, Rendered, containers, render, tools, values_of
from tests.support.mirror import AS_IN_THE_CHART

pytestmark = pytest.mark.integration
# How an installation names its image: by a digest, and whether it is pulled at every start. The
# examples leave both open; the hardened case has them, too.
CHOSEN = {"CKV_K8S_15", "CKV_K8S_43"}
NAMES = [file.name.removesuffix("-values.yaml") for file in CASES]
WRONG: list[tuple[str, Any, str]] = [
    ("kafka.strimzi", {}, "'/kafka': maxProperties"),
    ("kafka", {}, "'/kafka': minProperties"),
    ("kafka.external.security", "SASL_PLAINTEXT", "'/kafka/external/security'"),
    ("kafka.external.security", "SASL_SSL", "'/kafka/external': missing property"),
    ("kafka.external.users", {"intake": {}}, "'/kafka/external/users/intake': missing property"),
    ("kafka.external.users", {}, "'/kafka/external/users': missing properties"),
    (
        "kafka.external.users.kitchen",
        {},
        "'/kafka/external/users': additional properties 'kitchen'",
    ),
    ("redis.external", {"url": "redis://r:6379/0"}, "'/redis': maxProperties"),
    ("scaling.maxReplicas", 25, "'/scaling/maxReplicas': maximum"),
    ("scaling.minReplicas", 0, "'/scaling/minReplicas': minimum"),
    ("services.callbacks", {"replicas": 2}, "'/services/callbacks/replicas': maximum"),
    ("services.intake", {"replica": 2}, "'/services/intake': additional properties 'replica'"),
    ("consoles.publicUrl", "http://desk.example", "'/consoles/publicUrl'"),
    ("secrets.existingSecret", "", "'/secrets/existingSecret'"),
    ("prefix", "line", "'/prefix'"),
    ("topics.retentionDays", {"contacts": 1}, "'/topics/retentionDays/contacts': minimum"),
    ("sites", {}, "additional properties 'sites' not allowed"),
]


# Rights that are printed for whoever runs the command; the chart deploys no such process.
PEOPLE_RUN_THEM = {"export", "import", "learn"}


def changed(path: str, value: Any) -> dict[str, Any]:
    values = values_of("one-node")
    inner = values
    *folders, last = path.split(".")
    for folder in folders:
        inner = inner.setdefault(folder, {})
    inner[last] = value
    return values


def kafka_proof(workload: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """A process, who it says it is to the broker, and the secrets it could prove that with."""
    [container] = containers(workload)
    env = {one["name"]: one.get("value") for one in container["env"]}
    volumes = workload["spec"]["template"]["spec"]["volumes"]
    [kafka] = [one for one in volumes if one["name"] == "kafka"]
    secrets = tuple(one["secret"]["name"] for one in kafka["projected"]["sources"])
    return container["name"], env["SURGELINE_KAFKA_USER"], secrets


@pytest.fixture(scope="module")
def rendered() -> dict[str, Rendered]:
    cases = {name: values_of(name) for name in NAMES}
    wrong = {f"{path}={value}": changed(path, value) for path, value, _ in WRONG}
    return render(cases | wrong)


@pytest.mark.parametrize("case", NAMES)
def test_every_situation_is_taken_by_three_kubernetes_versions_and_the_operators(
    rendered: dict[str, Rendered], case: str
) -> None:
    found = rendered[case]
    assert (found.error, found.complaints) == ("", [])
    assert len(found.manifests) > 30


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_a_wrong_value_is_refused_with_its_path(
    rendered: dict[str, Rendered], path: str, value: Any, said: str
) -> None:
    assert said in rendered[f"{path}={value}"].error


def test_every_process_of_the_platform_is_deployed(rendered: dict[str, Rendered]) -> None:
    arguments = [
        " ".join(container["args"])
        for deployment in rendered["external-kafka"].of("Deployment")
        for container in containers(deployment)
    ]
    modules = {text.split()[1] for text in arguments}
    assert modules == set(SERVICES.values())
    assert {"-m streams --only tally", "-m streams --only surge,staffing"} <= set(arguments)


@pytest.mark.parametrize("case", NAMES)
def test_no_container_is_root_writes_its_root_or_holds_a_secret_in_its_environment(
    rendered: dict[str, Rendered], case: str
) -> None:
    found = rendered[case]
    for kind in ("Deployment", "StatefulSet", "Job"):
        for workload in found.of(kind):
            pod = workload["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"]
            assert pod["automountServiceAccountToken"] is False
            for container in pod["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"]
                assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
                assert not any("valueFrom" in one for one in container.get("env", []))


def test_probes_are_apart_and_liveness_never_asks_for_the_broker(
    rendered: dict[str, Rendered],
) -> None:
    for deployment in rendered["strimzi"].of("Deployment"):
        for container in containers(deployment):
            paths = {
                name: container[f"{name}Probe"]["httpGet"]["path"]
                for name in ("startup", "readiness", "liveness")
            }
            assert paths == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}


def test_who_owns_a_list_alone_is_replaced_before_the_next_one_starts(
    rendered: dict[str, Rendered],
) -> None:
    strategies = {
        one["metadata"]["name"]: one["spec"]["strategy"]["type"]
        for one in rendered["external-kafka"].of("Deployment")
    }
    alone = {name for name, strategy in strategies.items() if strategy == "Recreate"}
    assert alone == {"line-callbacks", "line-callout", "line-command", "line-audit"}


def test_the_surge_scales_first_and_the_lag_is_the_net_within_the_partitions(
    rendered: dict[str, Rendered],
) -> None:
    spec = rendered["external-kafka"].one("ScaledObject", "line-tally")["spec"]
    assert [trigger["type"] for trigger in spec["triggers"]] == ["prometheus", "kafka"]
    assert "surgeline_surge_level" in spec["triggers"][0]["metadata"]["query"]
    assert spec["minReplicaCount"] > 0
    assert CONTACTS.partitions % spec["maxReplicaCount"] == 0
    assert spec["fallback"]["replicas"] >= spec["minReplicaCount"]
    lag = spec["triggers"][1]["metadata"]
    assert (lag["consumerGroup"], lag["topic"]) == ("tally", "contacts")
    # Who scales must not also be told a number.
    assert "replicas" not in rendered["external-kafka"].one("Deployment", "line-tally")["spec"]


def test_rules_and_boards_are_the_same_as_everywhere(rendered: dict[str, Rendered]) -> None:
    found = rendered["strimzi"]
    for file in (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"):
        rule = found.one("PrometheusRule", f"line-{file.stem}")
        assert rule["spec"] == yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in (ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"):
        board = found.one("ConfigMap", f"line-{file.stem}")
        assert json.loads(board["data"][file.name]) == json.loads(file.read_text(encoding="utf-8"))


def test_strimzi_makes_the_topics_of_the_catalogue(rendered: dict[str, Rendered]) -> None:
    made = {
        one["spec"]["topicName"]: (one["spec"]["partitions"], one["spec"]["config"])
        for one in rendered["strimzi"].of("KafkaTopic")
    }
    days = retention_ms({"SURGELINE_RETENTION_DAYS": "contacts=7,audit=730"})
    wanted = {t.name: {"retention.ms": str(days.get(t.name, t.retention_ms))} for t in CATALOGUE}
    assert made == {
        f"hotline-{t.name}": (t.partitions, t.settings() | wanted[t.name]) for t in CATALOGUE
    }
    assert list(rendered["strimzi"].of("Job")) == []


def test_with_strimzi_each_process_is_a_user_of_its_own_with_its_own_rights(
    rendered: dict[str, Rendered],
) -> None:
    found = rendered["strimzi"]
    granted = {
        (user["metadata"]["name"], acl["resource"]["type"], acl["resource"]["name"], operation)
        for user in found.of("KafkaUser")
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }
    assert granted == {
        (f"line-user-{acl.process}", acl.resource, acl.name, acl.operation)
        for acl in acls("hotline-")
        if acl.process != "topics"
    }
    for deployment in found.of("Deployment"):
        [container] = containers(deployment)
        env = {one["name"]: one.get("value") for one in container["env"]}
        user = f"line-user-{container['name']}"
        assert env["SURGELINE_KAFKA_USER"] == user
        volumes = json.dumps(deployment["spec"]["template"]["spec"]["volumes"])
        assert f'"{user}"' in volumes
    [kafka] = found.of("Kafka")
    bootstrap = found.one("ConfigMap", "line-settings")["data"]["SURGELINE_KAFKA"]
    # As Strimzi names the service of a cluster.
    assert bootstrap == f"{kafka['metadata']['name']}-kafka-bootstrap:9093"


def test_with_users_at_an_external_broker_no_process_has_the_secret_of_another(
    rendered: dict[str, Rendered],
) -> None:
    found = rendered["external-users"]
    held = {kafka_proof(workload) for kind in ("Deployment", "Job") for workload in found.of(kind)}
    assert held == {
        (process, f"surgeline-{process}", (f"kafka-{process}",))
        for process in ({acl.process for acl in acls("")} - PEOPLE_RUN_THEM)
    }
    assert "SURGELINE_KAFKA_USER" not in found.one("ConfigMap", "line-settings")["data"]
    scaler = found.one("TriggerAuthentication", "line-kafka")["spec"]
    assert {one["name"] for one in scaler["secretTargetRef"]} == {"kafka-tally"}


def test_a_standby_at_an_external_broker_makes_the_topics_and_starts_nothing() -> None:
    values = values_of("external-users") | {"site": {"role": "standby"}}
    found = render({"standby": values})["standby"]
    assert {one["spec"]["replicas"] for one in found.of("Deployment")} == {0}
    [job] = found.of("Job")
    assert "--create" in next(containers(job))["args"]


def test_whoever_leaves_a_process_without_a_user_is_told_which() -> None:
    values = values_of("external-users")
    users = values["kafka"]["external"]["users"]
    without = {name: values_of("external-users") for name in ("audit", "topics")}
    for name, case in without.items():
        del case["kafka"]["external"]["users"][name]
    both = values_of("external-users")
    both["kafka"]["external"] |= {"user": "surgeline", "existingSecret": "surgeline-kafka"}
    nameless = values_of("external-users")
    del nameless["kafka"]["external"]["users"]["tally"]["user"]
    found = render(without | {"both": both, "nameless": nameless})
    assert users.keys() > without.keys()
    for name in without:
        assert f"'/kafka/external/users': missing property '{name}'" in found[name].error
    assert "'/kafka/external/user'" in found["both"].error
    assert "'/kafka/external/users/tally': missing property 'user'" in found["nameless"].error


def test_nothing_is_open_that_no_policy_opens(rendered: dict[str, Rendered]) -> None:
    policies = {
        one["metadata"]["name"]: one["spec"] for one in rendered["one-node"].of("NetworkPolicy")
    }
    deny = policies["line-deny"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & deny.keys()


def test_a_standby_site_runs_nothing_but_the_log_and_its_mirror(
    rendered: dict[str, Rendered],
) -> None:
    found = rendered["two-sites"]
    assert {one["spec"]["replicas"] for one in found.of("Deployment")} == {0}
    assert list(found.of("ScaledObject")) == []
    [mirror] = found.of("KafkaMirrorMaker2")
    connectors = mirror["spec"]["mirrors"][0]
    config = connectors["sourceConnector"]["config"] | connectors["checkpointConnector"]["config"]
    # So a failover is played on this machine: tests/chaos/test_failover.py.
    assert {name: str(config.get(name)) for name in AS_IN_THE_CHART} == AS_IN_THE_CHART
    assert "site.role=active" in found.notes


def test_every_setting_that_the_chart_gives_is_one_that_the_code_reads(
    rendered: dict[str, Rendered],
) -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("services", "streams")
        for file in (ROOT / folder).rglob("*.py")
    )
    # Some names are put together there: <prefix>_CA_FILE, <secret>_FILE.
    ends = ("_CA_FILE", "_CERT_FILE", "_KEY_FILE", "_FILE")
    given = set()
    for name in NAMES:
        given |= rendered[name].one("ConfigMap", "line-settings")["data"].keys()
        for deployment in rendered[name].of("Deployment"):
            for container in containers(deployment):
                given |= {one["name"] for one in container["env"]}
    unread = [
        name
        for name in sorted(given)
        if not any(f'"{name.removesuffix(end)}"' in code for end in ("", *ends))
    ]
    assert unread == []


def test_checkov_finds_nothing_in_any_situation(
    rendered: dict[str, Rendered], tmp_path: Path
) -> None:
    values = values_of("external-kafka")
    values["image"]["pullPolicy"] = "Always"
    cases = {name: rendered[name] for name in NAMES} | render({"hardened": values})
    for name, found in cases.items():
        file = tmp_path / f"{name}.yaml"
        file.write_text("---\n".join(json.dumps(one) + "\n" for one in found.manifests))
    argv = [str(tools("checkov") / "checkov"), "-d", str(tmp_path), "--framework", "kubernetes"]
    done = subprocess.run(
        [*argv, "--quiet", "--compact", "--skip-download", "-o", "json"],
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    report = json.loads(done.stdout)
    failed = {
        (Path(one["file_path"]).stem, one["check_id"])
        for one in report.get("results", {}).get("failed_checks", [])
    }
    assert {case for case, _ in failed} <= cases.keys()
    assert {one for one in failed if one[1] not in CHOSEN or one[0] == "hardened"} == set()
    assert report.get("summary", report)["passed"] > 500 * len(cases)


def test_the_chart_knows_the_topics_that_are_kept_for_a_time() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    retention = schema["properties"]["topics"]["properties"]["retentionDays"]
    assert retention["properties"].keys() == {*KEPT_FOR_A_TIME, *FORGOTTEN_BY_SERVICES}


def test_the_chart_names_the_version_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{chart["appVersion"]}"' in project
