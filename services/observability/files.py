"""Which files are made from code, and are those that are checked in what the code says?"""

from pathlib import Path
from typing import Final

from services.observability import alertmanager, alerts, chart, metric_page, recording, rules
from services.observability.grafana import kit, provisioning

ROOT: Final = Path(__file__).parents[2]
# Files here that are not made are stale: their board or rule is gone.
MADE_FOLDERS: Final = (*chart.COPIED, *chart.COPIED.values())


def made() -> dict[str, str]:
    """Every file by its path from the root."""
    first = _for_one_machine()
    return {**first, **chart.files(first)}


def _for_one_machine() -> dict[str, str]:
    return {
        "deploy/prometheus/rules/recording.yml": rules.as_yaml(recording.groups()),
        "deploy/prometheus/rules/alerts.yml": rules.as_yaml(alerts.groups()),
        "deploy/prometheus/rules/burn.yml": rules.as_yaml(alerts.burn_groups()),
        "deploy/alertmanager/alertmanager.yml": alertmanager.as_yaml(),
        "docs/metrics.md": metric_page.page(),
        "deploy/grafana/provisioning/datasources/surgeline.yml": provisioning.datasource(),
        "deploy/grafana/provisioning/dashboards/surgeline.yml": provisioning.boards(),
        "deploy/grafana/playlist.json": provisioning.playlist(),
        **{
            f"deploy/grafana/dashboards/{board.uid}.json": kit.as_json(board)
            for board in provisioning.BOARDS
        },
    }


def stale(root: Path = ROOT) -> dict[str, str | None]:
    """What has to be written (or, with None, removed) to be up to date."""
    wanted = made()
    present = {
        path.relative_to(root).as_posix()
        for folder in MADE_FOLDERS
        for path in (root / folder).glob("*")
    }
    differing = {
        name: text
        for name, text in wanted.items()
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != text
    }
    return {**differing, **dict.fromkeys(sorted(present - wanted.keys()))}


def write(found: dict[str, str | None], root: Path = ROOT) -> None:
    """Bring them up to date."""
    for name, text in found.items():
        path = root / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
