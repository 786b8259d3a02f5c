"""How do the Grafana boards look? `make grafana-pictures`: PNGs into docs/pictures.

The story plays, a real Prometheus watches, and Grafana's own components (@grafana/ui, from npm)
draw what it answers, in Chromium. About 420 MB of npm packages: for pictures alone, not for CI.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from services.observability.grafana import kit, provisioning
from tests.support.broker import ROOT
from tests.support.promql import filled
from tests.support.scraped_story import ScrapedStory
from tests.support.watching import Asked, Served, planned, prometheus, until

SOURCE = ROOT / "deploy" / "grafana" / "pictures"
PICTURES = ROOT / "docs" / "pictures"
PARTS = 30
Drawn = tuple[dict[str, Any], list[Any], float, float]


def main(modules: Path) -> int:
    """Draw them all; `modules` is where npm put the packages."""
    answers = watched()
    with tempfile.TemporaryDirectory() as folder:
        bundle(modules, Path(folder))
        for uid, (board, found, start, end) in answers.items():
            page = Path(folder) / f"{uid}.html"
            page.write_text(_page(board, found, start, end), encoding="utf-8")
            _photograph(page, PICTURES / f"grafana-{uid.removeprefix('surgeline-')}.png", folder)
    return 0


def watched() -> dict[str, Drawn]:
    """Each board with its panels' answers, from the calm before the surge until its height."""
    told = ScrapedStory()
    told.settle()
    with contextlib.ExitStack() as stack:
        jobs = {
            job: stack.enter_context(Served({"/metrics": page})).address
            for job, page in told.pages().items()
        }
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plan, _ = planned(Path(folder), jobs)
        stack.enter_context(prometheus(plan))
        asked = Asked(plan.url)
        until(lambda: len(asked.now("up == 1")) == len(jobs))
        start = time.time()
        _play(told)
        boards = {board.uid: json.loads(kit.as_json(board)) for board in provisioning.BOARDS}
        return {
            uid: (board, _answers(asked, board, start), start, time.time())
            for uid, board in boards.items()
        }


def _play(told: ScrapedStory) -> None:
    for part, _ in enumerate(told.play(PARTS)):
        told.work()
        if part == PARTS // 2:
            told.declare()
        time.sleep(1.0)


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
    sys.exit(main(Path(sys.argv[1])))
