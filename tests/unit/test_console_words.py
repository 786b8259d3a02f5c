"""Is everything said in both languages, with the same blanks, and is nothing said for nobody?"""

import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.consoles import moments, pages
from services.consoles.words import WORDS, speaker, teller

ROOM = Path(pages.__file__).parent
SOURCE = "\n".join(
    file.read_text() for file in sorted([*ROOM.glob("*.py"), *ROOM.glob("templates/*.html")])
)
# Names put together from a code of the list: `tell("why", call.why)`.
BY_CODE = ("role", "urgency", "why", "state", "which", "cause", "outcome", "reason", "note")
SEOUL = ZoneInfo("Asia/Seoul")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_with_the_same_blanks() -> None:
    wrong = [n for n, s in WORDS.items() if not s.ko or not s.en or blanks(s.ko) != blanks(s.en)]
    assert wrong == []


def test_every_word_that_a_page_asks_for_is_there() -> None:
    asked = set(re.findall(r"""say\(["']([a-z_.]+[a-z_])["']""", SOURCE))
    assert asked - WORDS.keys() == set()
    assert len(asked) > 100


def test_no_word_is_there_that_no_page_asks_for() -> None:
    literal = set(re.findall(r"""["']([a-z]+\.[a-z_.]+)["']""", SOURCE))
    kinds = set(re.findall(r"""(?:tell|say)\(["']([a-z]+(?:\.[a-z]+)?)\.?["'](?:,| ~)""", SOURCE))
    unused = [
        name
        for name in WORDS
        if name not in literal
        and not any(name.startswith(f"{kind}.") for kind in (*kinds, *BY_CODE))
    ]
    assert unused == []


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert [teller("en")("why", code) for code in ("arrival", "brand_new", None)] == [
        "First to call, of equal urgency",
        "brand_new",
        "unknown",
    ]


def test_a_word_that_is_not_there_is_a_fault_and_no_empty_page() -> None:
    with pytest.raises(KeyError):
        speaker("ko")("desk.nothing")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-02T09:30", "Asia/Tokyo", "2026-03-02T00:30+00:00"),
        ("2026-03-02T09:30", "America/Los_Angeles", "2026-03-02T17:30+00:00"),
        # Clocks go forward: this half hour does not exist there.
        ("2026-03-08T02:30", "America/Los_Angeles", None),
        # Clocks go back: the first of the two.
        ("2026-11-01T01:30", "America/Los_Angeles", "2026-11-01T08:30+00:00"),
        ("2026-02-30T10:00", "Asia/Seoul", None),
        ("tomorrow", "Asia/Seoul", None),
    ],
)
def test_a_local_time_is_the_moment_it_is_there(text: str, zone: str, expected: str | None) -> None:
    at = moments.meant(text, ZoneInfo(zone))
    assert (at.isoformat(timespec="minutes") if at else None) == expected


@pytest.mark.parametrize(
    ("minutes", "ko", "en"),
    [
        (0, "0분", "0 min"),
        (42, "42분", "42 min"),
        (-12, "12분", "12 min"),
        (185, "3시간 05분", "3 h 05 min"),
        (3000, "2일 2시간", "2 d 2 h"),
    ],
)
def test_a_span_is_said_to_the_minute(minutes: int, ko: str, en: str) -> None:
    length = timedelta(minutes=minutes)
    assert (moments.span(length, "ko"), moments.span(length, "en")) == (ko, en)


def test_a_time_of_another_day_says_which() -> None:
    now = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    shown = [moments.clock(now - timedelta(hours=h), SEOUL, now) for h in (0, 1)]
    assert shown == ["00:30", "03-02 23:30"]


def test_a_zone_has_letters_or_its_distance() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    zones = ("Asia/Seoul", "Asia/Ho_Chi_Minh", "Europe/Paris")
    assert [moments.zone_name(now, ZoneInfo(z)) for z in zones] == ["KST", "UTC+07", "CET"]
