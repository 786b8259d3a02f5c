"""How does the verdict appear in Locust's own page? A tab beside its statistics, and a page."""

from collections.abc import Iterator
from html import escape
from typing import Any

import orjson
from flask import Blueprint, Response, redirect, request
from locust.web import WebUI

from load.open_loop.leader import Leader
from load.verdict.report import bars_table, page, sentence, word
from load.verdict.result import Result

KEY = "verdict"
COLUMNS = {"what": "What", "wanted": "Wanted", "found": "Found", "holds": "Holds"}


def extend(web_ui: WebUI, leader: Leader) -> None:
    """Add the tab, its numbers, and the two pages."""
    web_ui.template_args["extended_tabs"] = [{"title": "Verdict", "key": KEY}]
    structure = [{"key": key, "title": title} for key, title in COLUMNS.items()]
    web_ui.template_args["extended_tables"] = [{"key": KEY, "structure": structure}]
    web_ui.template_args["extended_csv_files"] = [
        {"href": "./verdict", "title": "Open the verdict as a page of its own"},
        {"href": "./verdict.json", "title": "Download the verdict as JSON"},
    ]
    if web_ui.app is not None:
        web_ui.app.after_request(lambda response: _with_verdict(response, leader))
        web_ui.app.register_blueprint(_pages(leader))


def _pages(leader: Leader) -> Blueprint:
    pages = Blueprint("surgeline", __name__)

    @pages.route("/verdict")
    def verdict() -> Any:
        if leader.page is not None:
            return redirect("./verdict/report")
        result = leader.standing()
        if result is None:
            return page("Verdict", "<h1>No crisis has been played yet</h1>")
        body = (
            f"<meta http-equiv='refresh' content='2'><h1>{escape(result.title)}: it goes on</h1>"
            f"{bars_table(result.bars)}{_table(result)}"
        )
        return page("Verdict", body)

    @pages.route("/verdict/report")
    def report() -> Any:
        if leader.page is None:
            return redirect("../verdict")
        return Response(leader.page.read_text(encoding="utf-8"), mimetype="text/html")

    @pages.route("/verdict.json")
    def as_json() -> Response:
        rows = list(_rows(leader))
        return Response(orjson.dumps(rows), mimetype="application/json")

    return pages


def _with_verdict(response: Response, leader: Leader) -> Response:
    if request.path.endswith("/stats/requests") and response.status_code == 200:  # noqa: PLR2004
        told = orjson.loads(response.get_data())
        told["extended_stats"] = [{"key": KEY, "data": list(_rows(leader))}]
        response.set_data(orjson.dumps(told))
    return response


def _rows(leader: Leader) -> Iterator[dict[str, str]]:
    result = leader.standing()
    if leader.problem:
        yield {"what": leader.problem, "wanted": "", "found": "", "holds": "not played"}
    if result is None:
        return
    if result.audit is not None:
        yield {"what": sentence(result), "wanted": "", "found": "", "holds": ""}
    for bar in result.bars:
        yield {"what": bar.name, "wanted": bar.wanted, "found": bar.found, "holds": word(bar)}
    for name, found in result.shown.items():
        yield {"what": name, "wanted": "", "found": found, "holds": ""}


def _table(result: Result) -> str:
    rows = "".join(f"<tr><td>{name}</td><td>{found}</td></tr>" for name, found in _escaped(result))
    return f"<h2>On the board</h2><table>{rows}</table>"


def _escaped(result: Result) -> Iterator[tuple[str, str]]:
    for name, found in result.shown.items():
        yield escape(name), escape(found)
