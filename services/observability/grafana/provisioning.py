"""What is Grafana told at its start: where the numbers are, where the boards are, what rotates?"""

import json
from typing import Any, Final

from services.observability.grafana import load_test, operations, pipeline, promises, surge
from services.observability.grafana.panels import Board
from services.observability.rules import HEAD, dump

BOARDS: Final[tuple[Board, ...]] = (
    operations.BOARD,
    surge.BOARD,
    promises.BOARD,
    pipeline.BOARD,
    load_test.BOARD,
)
# Grafana makes four of these its shortest rate window: with its default a short spike disappears.
SCRAPE: Final = "5s"
# What must always be seen never rotates; it has a screen of its own.
ROTATING: Final = (surge.BOARD, promises.BOARD, pipeline.BOARD)


def datasource() -> str:
    """The numbers."""
    source = {
        "name": "Surgeline",
        "uid": "surgeline",
        "type": "prometheus",
        "access": "proxy",
        "url": "$SURGELINE_PROMETHEUS",
        "isDefault": True,
        "editable": False,
        "jsonData": {"timeInterval": SCRAPE, "httpMethod": "POST"},
    }
    return HEAD + dump({"apiVersion": 1, "datasources": [source]})


def boards() -> str:
    """The boards."""
    provider = {
        "name": "surgeline",
        "folder": "Surgeline",
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "options": {"path": "/var/lib/grafana/dashboards/surgeline"},
    }
    return HEAD + dump({"apiVersion": 1, "providers": [provider]})


def playlist() -> str:
    """For a second screen, as Grafana 12 and later take it."""
    spec: dict[str, Any] = {
        "title": "급증·콜백·처리 경로 · Surge, callbacks, pipeline",
        "interval": "30s",
        "items": [{"type": "dashboard_by_uid", "value": board.uid} for board in ROTATING],
    }
    made = {
        "apiVersion": "playlist.grafana.app/v1",
        "kind": "Playlist",
        "metadata": {"name": "surgeline-second-screen"},
        "spec": spec,
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
