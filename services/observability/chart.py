"""What does the Helm chart carry of what is made elsewhere? It may not reach outside itself."""

from pathlib import Path
from typing import Final

from streams.acls import acls
from streams.topics import CATALOGUE, Topic

ROOT: Final = Path(__file__).parents[2]
FILES: Final = "helm/surgeline/files"
# Rules and boards as everybody else gets them.
COPIED: Final = {
    "deploy/prometheus/rules": f"{FILES}/rules",
    "deploy/grafana/dashboards": f"{FILES}/dashboards",
}
SAMPLE: Final = ("centre.toml", "people.csv")


def files(made: dict[str, str]) -> dict[str, str]:
    """The chart's files by their paths, from those that are made for the other installations."""
    copies = {
        f"{target}/{Path(name).name}": text
        for name, text in made.items()
        for source, target in COPIED.items()
        if Path(name).parent.as_posix() == source
    }
    sample = {f"{FILES}/{name}": (ROOT / name).read_text(encoding="utf-8") for name in SAMPLE}
    catalogue = {f"{FILES}/topics.yaml": topics(), f"{FILES}/users.yaml": users()}
    return {**copies, **sample, **catalogue}


def topics() -> str:
    """The catalogue as the chart's KafkaTopics take it."""
    head = "# Made by `surgeline rules --write` from streams/topics.py. Do not edit.\n"
    return head + "".join(map(_topic, CATALOGUE))


def users() -> str:
    """The rights of each process as the chart's KafkaUsers take them; Strimzi makes the topics."""
    head = "# Made by `surgeline rules --write` from streams/acls.py. Do not edit.\n"
    rights: dict[str, dict[tuple[str, str], list[str]]] = {}
    for acl in acls():
        if acl.process != "topics":
            own = rights.setdefault(acl.process, {})
            own.setdefault((acl.resource, acl.name), []).append(acl.operation)
    return head + "".join(_user(process, own) for process, own in rights.items())


def _user(process: str, rights: dict[tuple[str, str], list[str]]) -> str:
    lines = "".join(
        f"    - {{type: {kind}, name: {name}, operations: [{', '.join(operations)}]}}\n"
        for (kind, name), operations in rights.items()
    )
    return f"- name: {process}\n  rights:\n{lines}"


def _topic(topic: Topic) -> str:
    config = "".join(f'    {name}: "{value}"\n' for name, value in topic.settings().items())
    return f"- name: {topic.name}\n  partitions: {topic.partitions}\n  config:\n{config}"
