"""Is the page complete without scripts, strict with them, and legible?"""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from services.boards import vendored, words
from services.boards.build import build
from services.boards.fold import Fold
from services.boards.pages import Pages, is_old
from services.boards.routes import SECURITY
from services.boards.snapshot import Decision, Title
from services.boards.tiles import tiles
from streams.events.codec import decode
from streams.kafka import Outgoing
from tests.support.board_story import Story
from tests.unit.test_boards_fold import CENTRE, END, ROOT

STATIC = vendored.STATIC


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(CENTRE)


def board(*, surge: timedelta) -> Fold:
    fold = Fold(CENTRE)
    records: list[Outgoing] = list(Story(END, surge=surge, day="2026-03-11").records())
    for offset, record in enumerate(records):
        fold.observe(record.topic.name, 0, offset, END, decode(record.value or b""))
    return fold


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_first_paint_shows_the_current_numbers(pages: Pages) -> None:
    snapshot = build(board(surge=timedelta(minutes=27)), END, 1)

    html = pages.page(snapshot, "both")

    assert f'<p class="num">{snapshot.waiting}</p>' in html
    assert f'<p class="num">{snapshot.callbacks.open}</p>' in html
    assert "급증 · 일본" in html
    assert "Surge · Japan" in html


@pytest.mark.parametrize("language", ["both", "ko", "en"])
def test_nothing_on_the_page_is_styled_or_run_inline(pages: Pages, language: str) -> None:
    html = pages.page(build(board(surge=timedelta(minutes=27)), END, 1), language)

    for tag, attributes in Elements(html).found:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert "src" in attributes or attributes["type"] == "application/json"
    assert "unsafe" not in SECURITY["Content-Security-Policy"]


def test_what_a_title_holds_cannot_become_markup(pages: Pages) -> None:
    fold = board(surge=timedelta(minutes=27))
    fold.titles._known["country:JP"] = Title("</script><b>", "<img src=x>")

    html = pages.page(build(fold, END, 1), "both")

    assert "</script><b>" not in html
    assert "<img" not in html


def test_our_own_scripts_stay_small_all_together() -> None:
    scripts = [file for file in (ROOT / "services").rglob("*.js") if "vendor" not in file.parts]

    assert STATIC / "board.js" in scripts
    assert sum(len(file.read_text().splitlines()) for file in scripts) < 400


def test_a_number_is_old_after_five_seconds_or_when_its_age_is_not_known() -> None:
    assert [is_old(age) for age in (0.0, 5.0, 5.1, None)] == [False, False, True, True]


def test_calm_is_without_flags_and_a_surge_names_what_is_wrong() -> None:
    calm = tiles(build(board(surge=timedelta(0)), END, 1), CENTRE.timezone)
    surge = tiles(build(board(surge=timedelta(minutes=27)), END, 1), CENTRE.timezone)

    assert [tile.tone for tile in calm] == [""] * 6
    flags = {tile.name: tile.flag.en for tile in surge if tile.flag}
    assert flags["seats"] == "▼ 12 short"
    assert {"waiting", "longest_wait", "in_target"} <= flags.keys()


def test_who_was_overtaken_on_hold_is_counted_where_everybody_sees_it() -> None:
    fold = board(surge=timedelta(minutes=27))
    promise = next(iter(fold.promises.open.values()))
    lifted = msgspec.structs.replace(
        promise, version=promise.version + 1, out_of_turn="promise_near_deadline"
    )
    fold.promises.observe(lifted)
    fold.promises.observe(msgspec.structs.replace(lifted, version=lifted.version + 1))
    snapshot = build(fold, END, 1)
    [tile] = [tile for tile in tiles(snapshot, CENTRE.timezone) if tile.name == "callbacks"]
    assert snapshot.callbacks.out_of_turn == 1
    assert tile.note.en.endswith("· 1 out of turn")


def test_every_kind_of_decision_has_words_in_both_languages() -> None:
    for kind in words._SAID:
        names = (Title("일본", "Japan"),) * 4
        said = words.decision(
            Decision(at=END, kind=kind, number=2, of=1, names=names, counts={"promised": 3})
        )
        assert said.ko
        assert said.en
        assert not re.search(r"[가-힣]", said.en)


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "0:00"), (192, "3:12"), (3599.9, "59:59"), (3765, "1:02:45")]
)
def test_a_wait_is_said_as_a_clock_shows_it(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


def test_the_carried_files_are_those_of_the_manifest() -> None:
    assert vendored.problems() == []


def test_a_carried_file_that_was_changed_is_found(tmp_path: Path) -> None:
    for path in vendored.VENDOR.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "htmx.min.js").write_text("alert(1)")
    (tmp_path / "extra.js").write_text("")
    (tmp_path / "uPlot.min.css").unlink()

    assert vendored.problems(tmp_path) == [
        "extra.js is not in the manifest",
        "htmx.min.js differs from htmx.org 4.0.1",
        "uPlot.min.css is missing",
    ]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_colour_can_be_read_on_every_ground() -> None:
    css = (STATIC / "board.css").read_text()
    colour = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", css))
    grounds = [colour["bg"], colour["panel"], "#33211a", "#2e2714", "#2a2617"]

    for name in ("ink", "dim", "quiet", "alert", "watch"):
        for ground in grounds:
            assert contrast(colour[name], ground) >= 4.5, (name, ground)
    # Numbers that are old are large, which WCAG lets be fainter; they must still be legible.
    assert contrast(colour["old"], colour["panel"]) >= 3.0
    assert contrast("#1a0d06", colour["alert"]) >= 4.5


def test_rehearsals_say_how_fast_they_are(pages: Pages) -> None:
    fold = board(surge=timedelta(0))
    fold.clock = type(fold.clock)(wall=datetime.now(UTC), event=END, speed=12.0)

    html = pages.page(build(fold, datetime.now(UTC), 1), "both")

    assert "×12" in html
