"""What is a rule, and how does Prometheus read it?

An alert names what is wrong, how urgent it is, and in one sentence what people feel of it. The
link to the runbook of the same name is put in here, so that no alert can be without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import yaml

Severity = Literal["page", "ticket", "notice", "none"]
# From the root of this repository; a centre that serves them elsewhere says where in its own copy.
RUNBOOKS: Final = "deploy/runbooks"
HEAD: Final = "# Made by `surgeline rules --write` from services/observability. Do not edit.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A result that is worked out once, however many screens show it."""

    record: str
    expr: str

    def as_rule(self) -> dict[str, object]:
        """As in a rules file."""
        return {"record": self.record, "expr": _tidy(self.expr)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`lasting` is how long it must be so; `keep` how long it goes on after it was last so."""

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    lasting: str = "0s"
    keep: str = "0s"

    def as_rule(self) -> dict[str, object]:
        """As in a rules file."""
        rule: dict[str, object] = {"alert": self.name, "expr": _tidy(self.expr)}
        if self.lasting != "0s":
            rule["for"] = self.lasting
        if self.keep != "0s":
            rule["keep_firing_for"] = self.keep
        return rule | {
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOKS}/{self.name}.md",
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are worked out together, every `interval`."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]

    def as_group(self) -> dict[str, object]:
        """As in a rules file."""
        rules = [rule.as_rule() for rule in self.rules]
        return {"name": self.name, "interval": self.interval, "rules": rules}


def as_yaml(groups: Sequence[Group]) -> str:
    """A rules file."""
    return HEAD + dump({"groups": [group.as_group() for group in groups]})


def dump(value: object) -> str:
    """As YAML in the order given, with long expressions as blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _tidy(expr: str) -> str:
    lines = [line.strip() for line in expr.strip().splitlines()]
    return "\n".join(lines)


class _Dumper(yaml.SafeDumper):
    """Many lines stay many lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
