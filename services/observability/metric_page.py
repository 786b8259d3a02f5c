"""What would a person read about every metric on one page?"""

from collections.abc import Iterable, Sequence
from typing import Final

from streams.telemetry import metrics, metrics_board, metrics_callout
from streams.telemetry.families import CATALOGUE, EVERYWHERE, LABELS, Metric

# Who declares metrics must have been imported before the catalogue is whole.
DECLARING: Final = (metrics, metrics_board, metrics_callout)
HEAD: Final = """# Metrics

Made from `streams/telemetry` by `surgeline rules --write`. Every process shows its own at
`/metrics`, and what Python's client says of any process (`process_*`, `python_*`).

- Seconds, shares from 0 to 1; `_total` only grows; moments are Unix timestamps, so that
  `time() - x` is their age. In a rehearsal moments of the centre's clock are moved onto the wall's.
- Labels are closed sets and never name a contact, a caller or a person. "Series" is the most there
  can be of a metric; all of them together stay below {budget:,}.
- What is not known is absent, not 0.
"""
BUDGET: Final = 40_000


def catalogue() -> Sequence[Metric]:
    """Every metric of the house."""
    return CATALOGUE


def page() -> str:
    """docs/metrics.md."""
    parts = [HEAD.format(budget=BUDGET)]
    places: dict[tuple[str, ...], list[Metric]] = {}
    for metric in CATALOGUE:
        places.setdefault(metric.processes, []).append(metric)
    for processes, metrics_here in places.items():
        title = "every process" if processes == EVERYWHERE else ", ".join(processes)
        parts.append(f"\n## {title}\n\n{''.join(_entries(metrics_here))}")
    parts.append(f"\n## Labels\n\n{''.join(_labels())}")
    return "".join(parts)


def example(metric: Metric) -> str:
    """A line as Prometheus reads it."""
    labels = {label: LABELS[label].example for label in metric.labels}
    name = metric.sample_names[0]
    if metric.kind == "histogram":
        labels["le"] = str(float(metric.buckets[len(metric.buckets) // 2]))
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}} 1.0" if inside else f"{name} 1.0"


def _entries(found: Iterable[Metric]) -> Iterable[str]:
    for metric in found:
        yield f"- `{metric.name}` ({metric.kind}, {metric.series} series): {metric.help}"
        if metric.buckets:
            yield f" Buckets: {', '.join(f'{limit:g}' for limit in metric.buckets)}."
        yield f"\n  `{example(metric)}`\n"


def _labels() -> Iterable[str]:
    yield "| label | such as | at most |\n|---|---|---|\n"
    for name, label in LABELS.items():
        yield f"| `{name}` | `{label.example}` | {label.most} |\n"
