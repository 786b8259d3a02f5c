"""How do the Grafana boards look? `make grafana-pictures`: PNGs into docs/pictures.

The demo plays, its Prometheus watches, and Grafana's own components (@grafana/ui, from npm) draw
what it answers, in Chromium. About 420 MB of npm packages: for pictures alone, not for CI.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from load.scenario import FOLDER
from services.observability.grafana import kit, provisioning
from tests.support.broker import ROOT
from tests.support.demo import Demo
from tests.support.promql import filled
from tests.support.watching import Asked

SOURCE = ROOT / "deploy" / "grafana" / "pictures"
PICTURES = ROOT / "docs" / "pictures"
# By then those who were called in have come, and the first promises are kept.
SECONDS_OF_SURGE = 75.0
Drawn = tuple[dict[str, Any], list[Any], float, float]


def main(modules: Path) -> int:
    """Draw them all; `modules` is where npm put the packages."""
    with tempfile.TemporaryDirectory() as folder:
        answers = asyncio.run(played(Path(folder) / "demo"))
        bundle(modules, Path(folder))
        for uid, (board, found, start, end) in answers.items():
            page = Path(folder) / f"{uid}.html"
            page.write_text(_page(board, found, start, end), encoding="utf-8")
            _photograph(page, PICTURES / f"grafana-{uid.removeprefix('surgeline-')}.png", folder)
    return 0


async def played(folder: Path) -> dict[str, Drawn]:
    """Each board with its panels' answers, from the demo's first calm until help has come."""
    demo = Demo(folder, FOLDER / "demo-quake.toml")
    try:
        await demo.start("--headless", "--keep")
        await demo.until("Surgeline is up", patience=120.0)
        start = time.time()
        await demo.until("surge declared on", patience=240.0)
        await asyncio.sleep(SECONDS_OF_SURGE)
        asked = Asked(demo.addresses()["SURGELINE_PROMETHEUS"])
        return await asyncio.to_thread(_all_boards, asked, start)
    finally:
        await demo.kill_if_running()


def _all_boards(asked: Asked, start: float) -> dict[str, Drawn]:
    boards = {board.uid: json.loads(kit.as_json(board)) for board in provisioning.BOARDS}
    return {
        uid: (board, _answers(asked, board, start), start, time.time())
        for uid, board in boards.items()
    }


def _answers(asked: Asked, board: dict[str, Any], start: float) -> list[Any]:
    return [
        [
            asked.now(filled(target["expr"]))
            if target.get("instant")
            else asked.over(filled(target["expr"]), start, time.time(), 1.0)
            for target in panel["targets"]
        ]
        for panel in board["panels"]
    ]


def bundle(modules: Path, folder: Path) -> None:
    """draw.jsx and all that it needs, as one script."""
    shutil.copy(SOURCE / "draw.jsx", modules / "draw.jsx")
    esbuild = modules / "node_modules" / ".bin" / "esbuild"
    argv = [
        *(str(esbuild), "draw.jsx", "--bundle", "--jsx=automatic", "--minify"),
        "--define:process.env.NODE_ENV='production'",
        *(f"--loader:.{kind}=dataurl" for kind in ("svg", "png", "woff2", "ttf")),
        f"--outfile={folder / 'draw.js'}",
        "--log-level=error",
    ]
    subprocess.run(argv, cwd=modules, check=True)


def _page(board: dict[str, Any], answers: list[Any], start: float, end: float) -> str:
    told = json.dumps({"board": board, "answers": answers, "start": start, "end": end})
    return (
        "<!doctype html><meta charset='utf-8'><style>body{margin:0;font-family:Inter,"
        "'Noto Sans CJK KR',sans-serif;color:#ccccdc}</style>"
        "<link rel='stylesheet' href='draw.css'><div id='board'></div>"
        f"<script>window.SURGELINE={told}</script><script src='draw.js'></script>"
    )


def _photograph(page: Path, picture: Path, folder: str) -> None:
    argv = [
        *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(
            "--window-size=1920,1080",
            "--virtual-time-budget=6000",
            "--allow-file-access-from-files",
        ),
        *(f"--user-data-dir={folder}/chromium", f"--screenshot={picture}", page.as_uri()),
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    print(picture.relative_to(ROOT))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
