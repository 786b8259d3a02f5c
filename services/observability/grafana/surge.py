"""One surge: on what evidence was it declared, and how is it going?"""

from typing import Final

from services.observability.grafana import words
from services.observability.grafana.panels import (
    ALARM,
    BLUE,
    CALM,
    LEVELS,
    Board,
    Panel,
    Query,
    Title,
    Variable,
    surge_marks,
)

CHOSEN: Final = '{key=~"total|$post|$channel|$language"}'

LEVEL: Final = Panel(
    kind="timeline",
    title=Title("단계", "Level"),
    about="0 normal, 1 watch, 2 surge, of what was chosen above.",
    place=(0, 0, 24, 7),
    queries=(Query(f"max by (key) (surgeline_surge_level{CHOSEN})", "{{key}}"),),
    steps=LEVELS,
    unit="none",
    words=words.KEYS,
)
SCORE: Final = Panel(
    kind="lines",
    title=Title("통계량 / 기준", "Statistic over threshold"),
    about="Above 1 the evidence is enough for a surge. Only keys that are up have one.",
    place=(0, 7, 12, 9),
    queries=(
        Query(
            f"max by (key) (surgeline_surge_score{CHOSEN} and on(key) surgeline_surge_level > 0)",
            "{{key}}",
        ),
        Query("vector(1)", "기준 · threshold", ALARM, True),
    ),
    unit="none",
    none=Title("급증 없음", "no surge"),
    words=words.KEYS,
)
ARRIVALS: Final = Panel(
    kind="lines",
    title=Title("분당 전화한 사람과 예상", "People a minute, and what is usual"),
    about="First attempts of what was chosen, and between which counts ordinary minutes lie.",
    place=(12, 7, 12, 9),
    queries=(
        Query(f"60 * key:surgeline_first_attempts:rate1m{CHOSEN}", "{{key}}"),
        Query(
            '60 * surgeline_arrivals_band_rate{key=~"total|$post",bound="high"}',
            "{{key}} 상한 · high",
            None,
            True,
        ),
    ),
    unit="none",
    words=words.KEYS,
)
DELAY: Final = Panel(
    kind="tile",
    title=Title("감지까지 걸린 시간", "Time to detect"),
    about="From the estimated start of an excess until it was declared: half took no longer.",
    place=(0, 16, 6, 5),
    queries=(
        Query(
            "histogram_quantile(0.5, sum by (le)"
            " (increase(surgeline_surge_detection_delay_seconds_bucket[$__range])))",
            "중앙값 · median",
        ),
    ),
    unit="dthms",
    decimals=0,
    none=Title("급증 없음", "no surge"),
)
TRANSITIONS: Final = Panel(
    kind="lines",
    title=Title("단계 변화", "Changes of level"),
    about="Many of them in an hour: the levels flap, and the thresholds want a look.",
    place=(6, 16, 9, 7),
    queries=(
        Query(
            "sum by (from, to) (increase(surgeline_surge_transitions_total[$__rate_interval]))",
            "{{from}} → {{to}}",
        ),
    ),
    unit="none",
    words=words.LEVELS,
)
SEATS: Final = Panel(
    kind="lines",
    title=Title("좌석: 근무와 필요", "Seats: staffed and needed"),
    about="The gap between the two lines is what is missing.",
    place=(15, 16, 9, 7),
    queries=(
        Query("centre:surgeline_counselors_staffed:sum", "근무 · staffed", BLUE),
        Query("max(surgeline_seats_needed)", "필요 · needed", CALM, True),
    ),
    unit="none",
)


def _choice(name: str, title: Title, every: str) -> Variable:
    query = f'label_values(surgeline_first_attempts_total{{key=~"{every}"}}, key)'
    return Variable(name=name, label=title, query=query, every=every)


BOARD: Final = Board(
    uid="surgeline-surge",
    title=Title("급증 상세", "Surge detail"),
    about="The evidence for a surge and the answer to it, by post, channel and language.",
    panels=(LEVEL, SCORE, ARRIVALS, DELAY, TRANSITIONS, SEATS),
    variables=(
        _choice("post", Title("공관", "Post"), "country:.*"),
        _choice("channel", Title("수단", "Channel"), "channel:.*"),
        _choice("language", Title("언어", "Language"), "language:.*"),
    ),
    marks=surge_marks(CHOSEN),
    since="now-3h",
)
