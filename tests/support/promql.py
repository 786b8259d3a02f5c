"""Which metrics and labels does a query name, and are its counters rated?"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser

RATES = {"rate", "increase", "irate", "resets"}
VARIABLES = {
    "$__rate_interval": "20s",
    "$__range": "1h",
    "$__interval": "15s",
    "$post": "country:.*",
    "$channel": "channel:.*",
    "$language": "language:.*",
}


class Named(NamedTuple):
    """A metric in a query: its labels in matchers, and whether a rate is taken of it."""

    name: str
    labels: frozenset[str]
    rated: bool


def filled(query: str) -> str:
    """With Grafana's variables as it would fill them in."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def named(query: str) -> list[Named]:
    """Every selector of a query; ValueError when it is no PromQL."""
    return list(_walk(promql_parser.parse(query), rated=False))


def grouped(query: str) -> set[str]:
    """Labels that the query groups or matches by."""
    return set(_grouped(promql_parser.parse(query)))


def _walk(node: Any, *, rated: bool) -> Iterator[Named]:
    if type(node).__name__ == "VectorSelector":
        labels = frozenset(matcher.name for matcher in node.matchers.matchers)
        yield Named(node.name, labels, rated)
        return
    function = getattr(node, "func", None)
    rated = rated or (function is not None and function.name in RATES)
    for child in _children(node):
        yield from _walk(child, rated=rated)


def _grouped(node: Any) -> Iterator[str]:
    modifier = getattr(node, "modifier", None)
    if type(node).__name__ == "AggregateExpr" and modifier is not None:
        yield from modifier.labels
    for child in _children(node):
        yield from _grouped(child)


def _children(node: Any) -> Iterator[Any]:
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        child = getattr(node, name, None)
        if child is not None and not isinstance(child, int | float | str):
            yield child
    yield from getattr(node, "args", None) or ()
