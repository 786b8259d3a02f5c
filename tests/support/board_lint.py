"""What makes a Grafana board wrong for our wall? Judged from its JSON, not from what made it.

After grafana/dashboard-linter, and the rules a wall in a crisis centre needs.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from services.observability import metric_page, recording
from services.observability.grafana.panels import RAMP
from services.observability.rules import Recording
from tests.support.promql import filled, grouped, named

OFFLINE = {"stat", "timeseries", "state-timeline", "table"}
WALL_UNITS = 28
MOST_TILES = 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
HANGUL, LATIN = re.compile("[가-힣]"), re.compile("[A-Za-z]")
COLOUR = re.compile(r'"(?:fixedColor|color|iconColor)": "([^"]+)"')
OTHERS = {
    "up": {"job"},
    "process_cpu_seconds_total": {"job"},
    "process_resident_memory_bytes": {"job"},
}
RECORDED = {
    rule.record: rule.expr
    for group in recording.groups()
    for rule in group.rules
    if isinstance(rule, Recording)
}
METRICS = {name: metric for metric in metric_page.catalogue() for name in metric.sample_names}
COUNTED = {
    name
    for name, metric in METRICS.items()
    if metric.kind == "counter" or name.endswith(("_bucket", "_count", "_sum"))
}


def faults(text: str) -> list[str]:
    """Every fault, as rule: where."""
    board = json.loads(text)
    found = [*_board(board), *_colours(text)]
    for panel in board["panels"]:
        found += [f"{rule}: {panel.get('title')}" for rule in _panel(panel)]
    for query in queries(board):
        found += [f"{rule}: {query}" for rule in query_faults(query)]
    return found


def queries(board: dict[str, Any]) -> list[str]:
    """Every PromQL query of a board's panels and marks."""
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*asked, *(mark["expr"] for mark in board["annotations"]["list"])]


def variable_queries(board: dict[str, Any]) -> list[str]:
    """The series that the choices at the head are read from."""
    listed = [v["query"] for v in board["templating"]["list"] if v["type"] == "query"]
    return [re.sub(r"^label_values\((.+), \w+\)$", r"\1", query) for query in listed]


def query_faults(query: str) -> Iterator[str]:
    """What is wrong with one query."""
    try:
        selectors = named(filled(query))
    except ValueError:
        yield "valid-promql"
        return
    for selector in selectors:
        known = labels_of(selector.name)
        if known is None:
            yield f"known-metric {selector.name}"
        elif not selector.labels <= known | {"le"}:
            yield f"known-label {sorted(selector.labels - known)}"
        if selector.name in COUNTED and not selector.rated:
            yield f"counter-rated {selector.name}"
    by = set().union(*(labels_of(selector.name) or set() for selector in selectors))
    if not grouped(filled(query)) <= by | {"le"}:
        yield f"known-label {sorted(grouped(filled(query)) - by)}"
    if re.search(r"\[(\d+)s\]", query) and min(map(int, re.findall(r"\[(\d+)s\]", query))) < 20:
        yield "rate-interval"


def labels_of(name: str) -> set[str] | None:
    """The labels a metric may have; None when nobody shows it."""
    if name in RECORDED:
        made = grouped(RECORDED[name])
        return made | {"component"} if name.startswith("component:") else made
    if name in METRICS:
        return {*METRICS[name].labels, "job", "instance"}
    return OTHERS.get(name)


def _board(board: dict[str, Any]) -> Iterator[str]:
    if board.get("editable"):
        yield "uneditable"
    if int(board["refresh"].removesuffix("s")) < 5:
        yield "refresh"
    if not _both(board["title"]):
        yield "both-languages: title"
    places = [panel["gridPos"] for panel in board["panels"]]
    if board["uid"] == "surgeline-operations":
        if max(place["y"] + place["h"] for place in places) > WALL_UNITS:
            yield "one-screen"
        tiles = [p for p in board["panels"] if p["type"] == "stat" and p["gridPos"]["y"] < 16]
        if len(tiles) > MOST_TILES:
            yield "few-tiles"
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    if len(cells) != len(set(cells)) or any(x >= 24 for x, _ in cells):
        yield "overlap"
    if any(v["type"] == "query" and v["datasource"] != SOURCE for v in board["templating"]["list"]):
        yield "template-datasource: variable"
    if any(mark["datasource"] != SOURCE for mark in board["annotations"]["list"]):
        yield "template-datasource: mark"


def _panel(panel: dict[str, Any]) -> Iterator[str]:
    if panel["datasource"] != SOURCE:
        yield "template-datasource"
    if not _both(panel.get("title", "")):
        yield "both-languages"
    if not panel.get("description"):
        yield "description"
    defaults = panel["fieldConfig"]["defaults"]
    if not defaults.get("unit"):
        yield "unit"
    if panel["type"] not in OFFLINE:
        yield "no-internet"
    if defaults.get("custom", {}).get("stacking", {}).get("mode", "none") != "none":
        yield "no-stacking"
    if _unsaid(panel):
        yield "words-beside-colours"


def _unsaid(panel: dict[str, Any]) -> bool:
    """A colour that changes without a word that changes with it."""
    properties = [
        {p["id"]: p["value"] for p in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    ]
    for field in [panel["fieldConfig"]["defaults"], *properties]:
        steps = field.get("thresholds", {}).get("steps", [])
        words = [len(mapping["options"]) for mapping in field.get("mappings", [])]
        if len(steps) > 1 and max(words, default=0) < len(steps):
            return True
    return False


def _colours(text: str) -> Iterator[str]:
    for colour in sorted(set(COLOUR.findall(text)) - set(RAMP)):
        yield f"colour-blind-safe: {colour}"


def _both(text: str) -> bool:
    return bool(HANGUL.search(text) and LATIN.search(text))
