"""Renders and validates the chart, in the Python of deploy/machine/deploy-tools.sh.

    python chart_tool.py CHART CRDS < {"case": VALUES, ...}

prints {"case": {"manifests": [...], "notes": "..."} | {"error": "..."}, ...} with the complaints of
three Kubernetes versions and of the operators' schemas under "complaints".
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml

# Not on the project's own list of packages: its types are not known here.
helm_python: Any = importlib.import_module("helm_python")
kubernetes_validate: Any = importlib.import_module("kubernetes_validate")

VERSIONS = ("1.33", "1.35", "1.37")


def render(chart: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The manifests as the API server would get them, or what Helm said."""
    try:
        files = chart.render(values=values, name="line", namespace="hotline")
    except helm_python.HelmError as error:
        return {"error": str(error)}
    notes = [text for name, text in files.items() if name.endswith("NOTES.txt")]
    texts = [text for name, text in files.items() if not name.endswith("NOTES.txt")]
    loader = yaml.CSafeLoader
    manifests = [doc for text in texts for doc in yaml.load_all(text, Loader=loader) if doc]
    return {"manifests": manifests, "notes": "".join(notes)}


def complaints(manifest: dict[str, Any], crds: dict[tuple[str, str], Any]) -> list[str]:
    """What is wrong with one manifest."""
    kind = (manifest["apiVersion"], manifest["kind"])
    name = f"{manifest['kind']}/{manifest['metadata']['name']}"
    if kind in crds:
        return [
            f"{name} {e.json_path}: {e.message[:300]}" for e in crds[kind].iter_errors(manifest)
        ]
    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except Exception as error:  # noqa: BLE001  whatever the validator says is a complaint
            found.append(f"{name} on {version}: {str(error)[:300]}")
    return found


def main() -> None:
    chart = helm_python.Chart.load(sys.argv[1])
    crds = {
        (version, file.stem): jsonschema.Draft7Validator(schema)
        for file in Path(sys.argv[2]).glob("*.json")
        for version, schema in json.loads(file.read_text(encoding="utf-8")).items()
    }
    answer: dict[str, Any] = {}
    seen: dict[str, list[str]] = {}
    for case, values in json.load(sys.stdin).items():
        answer[case] = found = render(chart, values)
        found["complaints"] = []
        for manifest in found.get("manifests", []):
            text = json.dumps(manifest, sort_keys=True)
            if text not in seen:  # cases share most of what they hold
                seen[text] = complaints(manifest, crds)
            found["complaints"] += seen[text]
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
