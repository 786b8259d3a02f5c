"""Which shape has a resource of an operator? Strict JSON Schemas, made from the operators' CRDs.

    python -m tests.deploy.derive_crds CRD.yaml ...

writes tests/deploy/crds/<Kind>.json: what the API server would refuse is refused, and unknown
fields too, which it would drop without a word. Where the CRDs come from: tests/deploy/README.md.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent / "crds"
# Under these, fields are named once more that are already known.
AGAIN: Final = ("allOf", "anyOf", "oneOf", "not")
WORDS: Final = ("description", "default", "example", "format", "title")


def strict(schema: Any, *, close: bool = True) -> Any:
    """The same without words, and closed wherever fields are named for the first time."""
    if isinstance(schema, list):
        return [strict(part, close=close) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {
        key: {name: strict(part, close=close) for name, part in value.items()}
        if key == "properties"
        else strict(value, close=close and key not in AGAIN)
        for key, value in schema.items()
        if not key.startswith("x-kubernetes") and (key not in WORDS or key == "properties")
    }
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields", False)
    if close and "properties" in made and not open_ended:
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def derive(crd: dict[str, Any]) -> dict[str, Any]:
    """One schema that knows every served version by its apiVersion."""
    spec = crd["spec"]
    versions = {}
    for version in filter(lambda one: one["served"], spec["versions"]):
        schema = strict(version["schema"]["openAPIV3Schema"])
        schema["properties"]["metadata"] = {"type": "object"}
        versions[f"{spec['group']}/{version['name']}"] = schema
    return versions


def main(files: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for file in files:
        for crd in filter(None, yaml.safe_load_all(Path(file).read_text(encoding="utf-8"))):
            target = FOLDER / f"{crd['spec']['names']['kind']}.json"
            text = json.dumps(derive(crd), separators=(",", ":"), sort_keys=True)
            target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
