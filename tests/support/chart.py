"""The Helm chart, rendered for a test."""

import functools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.broker import ROOT

CHART = ROOT / "helm" / "surgeline"
HERE = ROOT / "tests" / "deploy"
CASES = sorted((CHART / "ci").glob("*-values.yaml"))


@functools.cache
def tools(name: str) -> Path:
    """The folder of programs; installed the first time."""
    script = str(ROOT / "deploy" / "machine" / "deploy-tools.sh")
    done = subprocess.run([script, name], stdout=subprocess.PIPE, check=True, text=True)
    return Path(done.stdout.strip()) / "bin"


@dataclass(frozen=True)
class Rendered:
    """What came out of one set of values."""

    error: str
    manifests: list[dict[str, Any]]
    notes: str
    complaints: list[str]

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        return (one for one in self.manifests if one["kind"] == kind)

    def one(self, kind: str, name: str) -> dict[str, Any]:
        [found] = [one for one in self.of(kind) if one["metadata"]["name"] == name]
        return found


def render(cases: dict[str, dict[str, Any]]) -> dict[str, Rendered]:
    """All of them in one process: loading the validators takes longest."""
    argv = [str(tools("deploy-tools") / "python"), str(HERE / "chart_tool.py")]
    done = subprocess.run(
        [*argv, str(CHART), str(HERE / "crds")],
        input=json.dumps(cases),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return {
        case: Rendered(
            found.get("error", ""),
            found.get("manifests", []),
            found.get("notes", ""),
            found["complaints"],
        )
        for case, found in json.loads(done.stdout).items()
    }


def values_of(case: str) -> dict[str, Any]:
    """A ci/ case's values, fresh."""
    text = (CHART / "ci" / f"{case}-values.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.safe_load(text)
    return values


def containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from pod["spec"]["template"]["spec"]["containers"]
